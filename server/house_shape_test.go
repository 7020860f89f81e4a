package server_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"path"
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
	judge(t, packagesHaveDoc)
}

func packagesHaveDoc(source *tree) (problems []string, err error) {
	documented := map[string]bool{}
	for _, file := range source.goFiles {
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
			problems = say(problems, "%s: the package comment must start with %q", file.path, want)
		}
	}
	for dir, ok := range documented {
		if !ok {
			problems = say(problems, "%s has no doc.go: say what the package owns, what it never does, and its invariants", dir)
		}
	}
	return problems, nil
}

// TestNamesSayWhatTheyHold refuses the names under which anything can be filed.
func TestNamesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	judge(t, namesSayWhatTheyHold)
}

func namesSayWhatTheyHold(source *tree) (problems []string, err error) {
	refused := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "type", "types", "manager", "managers"}
	for _, file := range source.goFiles {
		for _, name := range []string{path.Base(file.dir), file.tree.Name.Name, strings.TrimSuffix(path.Base(file.path), ".go")} {
			if slices.Contains(refused, name) {
				problems = say(problems, "%s: %q says nothing about what is inside; name it for the one thing it holds", file.path, name)
			}
		}
	}
	return problems, nil
}

// TestFilesAreShort counts the lines of Go, TypeScript and CSS files.
func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	judge(t, filesAreShort)
}

func filesAreShort(source *tree) (problems []string, err error) {
	const limit = "%s has %d lines, the limit is %d: split it by what it does"
	for _, file := range source.goFiles {
		if file.lines > maxFileLines {
			problems = say(problems, limit, file.path, file.lines, maxFileLines)
		}
	}
	for _, name := range source.names {
		if !slices.Contains([]string{".ts", ".tsx", ".css", ".mjs"}, path.Ext(name)) || generatedScript(name) {
			continue
		}
		text, err := fs.ReadFile(source.files, name)
		if err != nil {
			return nil, err
		}
		if lines := bytes.Count(text, []byte("\n")); lines > maxFileLines {
			problems = say(problems, limit, name, lines, maxFileLines)
		}
	}
	return problems, nil
}

// TestFunctionsAreShort counts the lines of functions outside tests, from their first line to the closing brace, in Go and in TypeScript.
func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	judge(t, functionsAreShort)
}

func functionsAreShort(source *tree) (problems []string, err error) {
	const limit = "%s:%d: %s has %d lines, the limit is %d"
	for _, file := range source.goFiles {
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
				problems = say(problems, limit, file.path, first, function.Name.Name, lines, maxFunctionLines)
			}
		}
	}
	for _, name := range source.names {
		if !slices.Contains([]string{".ts", ".tsx"}, path.Ext(name)) || generatedScript(name) || testScript(name) {
			continue
		}
		text, err := fs.ReadFile(source.files, name)
		if err != nil {
			return nil, err
		}
		for _, function := range scriptFunctions(string(text)) {
			if function.lines > maxFunctionLines {
				problems = say(problems, limit, name, function.first, function.name, function.lines, maxFunctionLines)
			}
		}
	}
	return problems, nil
}

// TestClockIsHandedIn finds every reading of the wall clock outside the wiring. A test wires
// what it tests, so it may hand in the real clock.
func TestClockIsHandedIn(t *testing.T) {
	t.Parallel()
	judge(t, clockIsHandedIn)
}

func clockIsHandedIn(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		if file.path == "server/cmd/laurel/wire.go" || file.test {
			continue
		}
		for _, use := range file.selectors("time", "Now", "Since", "Until") {
			problems = say(problems, "%s:%d: time.%s reads the wall clock; take `now func() time.Time` from wire.go", file.path, file.line(use),
				use.Sel.Name)
		}
	}
	return problems, nil
}

// TestMoneyHasNoFloats finds float types and float literals where money is handled.
func TestMoneyHasNoFloats(t *testing.T) {
	t.Parallel()
	judge(t, moneyHasNoFloats)
}

func moneyHasNoFloats(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		if file.test || !slices.Contains(floatFree, lineOf(file.dir)) {
			continue
		}
		ast.Inspect(file.tree, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Ident:
				if node.Name == "float64" || node.Name == "float32" {
					problems = say(problems, "%s:%d: %s in a package that handles money; use int64 minor units", file.path, file.line(node), node.Name)
				}
			case *ast.BasicLit:
				if node.Kind == token.FLOAT {
					problems = say(problems, "%s:%d: the float %s in a package that handles money; use int64 minor units", file.path, file.line(node),
						node.Value)
				}
			}
			return true
		})
	}
	return problems, nil
}

// say adds a problem.
func say(problems []string, format string, args ...any) []string {
	return append(problems, fmt.Sprintf(format, args...))
}
