package server_test

import (
	"bytes"
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	maxFileLines     = 500
	maxFunctionLines = 70
)

// TestEveryPackageHasDoc asks for a doc.go with a package comment in every package of server/.
func TestEveryPackageHasDoc(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, file := range goFiles(t) {
		if !strings.HasPrefix(file.dir, "server") {
			continue
		}
		if path.Base(file.path) != "doc.go" {
			documented[file.dir] = documented[file.dir] || false
			continue
		}
		documented[file.dir] = true
		want := "Package " + file.tree.Name.Name + " "
		if file.tree.Name.Name == "main" {
			want = "Command " + path.Base(file.dir) + " "
		}
		if !strings.HasPrefix(file.tree.Doc.Text(), want) {
			t.Errorf("%s: the package comment must start with %q", file.path, want)
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no doc.go: say what the package owns, what it never does, and its invariants", dir)
		}
	}
}

// TestNamesSayWhatTheyHold refuses the names under which anything can be filed.
func TestNamesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	refused := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "type", "types", "manager", "managers"}
	for _, file := range goFiles(t) {
		for _, name := range []string{path.Base(file.dir), file.tree.Name.Name, strings.TrimSuffix(path.Base(file.path), ".go")} {
			if slices.Contains(refused, name) {
				t.Errorf("%s: %q says nothing about what is inside; name it for the one thing it holds", file.path, name)
			}
		}
	}
}

// TestFilesAreShort counts the lines of Go, TypeScript and CSS files.
func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if file.lines > maxFileLines {
			t.Errorf("%s has %d lines, the limit is %d: split it by what it does", file.path, file.lines, maxFileLines)
		}
	}
	err := walkRepository(func(name string) error {
		extension := path.Ext(name)
		if !slices.Contains([]string{".ts", ".tsx", ".css", ".mjs"}, extension) || strings.Contains(name, ".gen.") || strings.Contains(name, "/locales/") {
			return nil
		}
		source, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			return err
		}
		if lines := bytes.Count(source, []byte("\n")); lines > maxFileLines {
			t.Errorf("%s has %d lines, the limit is %d: split it by what it does", name, lines, maxFileLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFunctionsAreShort counts the lines of functions outside tests, from func to closing brace.
func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if file.test {
			continue
		}
		for _, declaration := range file.tree.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Body == nil {
				continue
			}
			first, last := file.line(function), file.fset.Position(function.End()).Line
			if lines := last - first + 1; lines > maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines, the limit is %d", file.path, first, function.Name.Name, lines, maxFunctionLines)
			}
		}
	}
}

// TestClockIsHandedIn finds every reading of the wall clock outside the wiring. A test wires
// what it tests, so it may hand in the real clock.
func TestClockIsHandedIn(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if file.path == "server/cmd/laurel/wire.go" || file.test {
			continue
		}
		for _, use := range file.selectors("time", "Now", "Since", "Until") {
			t.Errorf("%s:%d: time.%s reads the wall clock; take `now func() time.Time` from wire.go", file.path, file.line(use), use.Sel.Name)
		}
	}
}

// TestMoneyHasNoFloats finds float types and float literals where money is handled.
func TestMoneyHasNoFloats(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if file.test || !slices.Contains(floatFree, lineOf(file.dir)) {
			continue
		}
		ast.Inspect(file.tree, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Ident:
				if node.Name == "float64" || node.Name == "float32" {
					t.Errorf("%s:%d: %s in a package that handles money; use int64 minor units", file.path, file.line(node), node.Name)
				}
			case *ast.BasicLit:
				if node.Kind == token.FLOAT {
					t.Errorf("%s:%d: the float %s in a package that handles money; use int64 minor units", file.path, file.line(node), node.Value)
				}
			}
			return true
		})
	}
}
