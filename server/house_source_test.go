package server_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// goFile is one parsed, hand-written Go file of the repository.
type goFile struct {
	path  string // from the root of the repository, with slashes
	dir   string
	test  bool // a _test.go file, or one of a package that exists for tests; see supportsTests
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

// tree is source to judge: the repository, or a small one that a test makes up.
type tree struct {
	files   fs.FS
	names   []string // of every file, from the root, with slashes
	goFiles []goFile
}

// repository reads the repository once for all the tests of this package.
var repository = sync.OnceValues(func() (*tree, error) { return readTree(os.DirFS("..")) })

// judge reports everything that a check finds in the repository.
func judge(t *testing.T, check func(*tree) ([]string, error)) {
	t.Helper()
	found, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	if len(found.goFiles) < 10 {
		t.Fatalf("found only %d Go files: the walk is looking in the wrong place", len(found.goFiles))
	}
	problems, err := check(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

func readTree(files fs.FS) (*tree, error) {
	read := &tree{files: files}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skippedFolders[entry.Name()]:
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		read.names = append(read.names, name)
		if strings.HasSuffix(name, ".go") {
			return read.parse(name)
		}
		return nil
	})
	return read, err
}

func (t *tree) parse(name string) error {
	source, err := fs.ReadFile(t.files, name)
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if ast.IsGenerated(parsed) {
		return nil
	}
	dir := path.Dir(name)
	t.goFiles = append(t.goFiles, goFile{
		path: name, dir: dir, fset: fset, tree: parsed,
		test:  strings.HasSuffix(name, "_test.go") || supportsTests(dir),
		lines: strings.Count(string(source), "\n"),
	})
	return nil
}

// supportsTests reports whether a folder holds code for tests only: it stands inside the package that it tests and is called after it, as
// board/boardtest is. A name that merely ends so, as contest does, says nothing.
func supportsTests(dir string) bool {
	return path.Base(dir) == path.Base(path.Dir(dir))+"test"
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
