package server_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// goFile is one parsed, hand-written Go file of the repository.
type goFile struct {
	path  string // from the root of the repository, with slashes
	dir   string
	test  bool // a _test.go file, or a package that exists for tests (boardtest)
	lines int
	fset  *token.FileSet
	tree  *ast.File
}

type importLine struct {
	path string
	line int
}

// skippedFolders hold what nobody writes by hand, or nothing at all.
var skippedFolders = map[string]bool{
	".git": true, "node_modules": true, "dist": true, ".cache": true, "bin": true, "data": true,
	"gen": true, "test-results": true, "playwright-report": true,
}

var parseOnce = sync.OnceValues(parseRepository)

// goFiles parses the repository once for all the tests of this package.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	files, err := parseOnce()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found only %d Go files: the walk is looking in the wrong place", len(files))
	}
	return files
}

func parseRepository() ([]goFile, error) {
	var files []goFile
	err := walkRepository(func(name string) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		source, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if ast.IsGenerated(tree) {
			return nil
		}
		dir := path.Dir(name)
		files = append(files, goFile{
			path: name, dir: dir, fset: fset, tree: tree,
			test:  strings.HasSuffix(name, "_test.go") || strings.HasSuffix(dir, "test"),
			lines: strings.Count(string(source), "\n"),
		})
		return nil
	})
	return files, err
}

// walkRepository calls visit with the path of every file from the root of the repository.
func walkRepository(visit func(name string) error) error {
	return filepath.WalkDir("..", func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && skippedFolders[entry.Name()] {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		relative, err := filepath.Rel("..", full)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(relative))
	})
}

func (f goFile) imports() []importLine {
	lines := make([]importLine, 0, len(f.tree.Imports))
	for _, spec := range f.tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so it can't be
		}
		lines = append(lines, importLine{path: imported, line: f.line(spec)})
	}
	return lines
}

func (f goFile) line(node ast.Node) int { return f.fset.Position(node.Pos()).Line }

// localName is the name under which the file knows a package, or "" when it doesn't import it.
func (f goFile) localName(importPath string) string {
	for _, spec := range f.tree.Imports {
		if spec.Path.Value != strconv.Quote(importPath) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// selectors returns every use of packagePath.name in the file, called or passed on as a value.
func (f goFile) selectors(packagePath string, names ...string) []*ast.SelectorExpr {
	local := f.localName(packagePath)
	if local == "" {
		return nil
	}
	var found []*ast.SelectorExpr
	ast.Inspect(f.tree, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if receiver, ok := selector.X.(*ast.Ident); ok && receiver.Name == local {
			for _, name := range names {
				if selector.Sel.Name == name {
					found = append(found, selector)
				}
			}
		}
		return true
	})
	return found
}
