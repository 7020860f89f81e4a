package server_test

import (
	"go/ast"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// maxColumns is the longest line, in characters. The formatters leave texts and comments as they are, and those of Go all lines.
const maxColumns = 140

// TestLinesAreShort counts the columns of lines, so that a short function is short.
func TestLinesAreShort(t *testing.T) {
	t.Parallel()
	judge(t, linesAreShort)
}

func linesAreShort(source *tree) (problems []string, err error) {
	raw := map[string]map[int]bool{}
	for _, file := range source.goFiles {
		raw[file.path] = rawLines(file)
	}
	for _, name := range source.names {
		written := slices.Contains([]string{".ts", ".tsx", ".css", ".mjs", ".js", ".html"}, path.Ext(name))
		if raw[name] == nil && (!strings.HasPrefix(name, "frontend/") || !written || generatedScript(name)) {
			continue
		}
		text, err := fs.ReadFile(source.files, name)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if columns := utf8.RuneCountInString(line); columns > maxColumns && !raw[name][i+1] {
				problems = say(problems, "%s:%d has %d columns, the limit is %d: break the text or the comment",
					name, i+1, columns, maxColumns)
			}
		}
	}
	return problems, nil
}

// rawLines are those of a file that hold a raw string, such as a tag of a field or an event: they can't be broken without another meaning.
func rawLines(file goFile) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(file.tree, func(n ast.Node) bool {
		if text, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(text.Value, "`") {
			for line := file.fset.Position(text.Pos()).Line; line <= file.fset.Position(text.End()).Line; line++ {
				lines[line] = true
			}
		}
		return true
	})
	return lines
}

func TestTheHouseFindsLongLinesOfGo(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxColumns)
	for text, finds := range map[string]bool{
		"package a\n\n// " + long:                                          true,
		"package a\n\nconst a = \"" + long + "\"":                          true,
		"package a\n\nconst a = `" + long + "`":                            false,
		"package a\n\ntype a struct {\n\tb int `help:\"" + long + "\"`\n}": false,
		"package a\n\n// " + long[3:]:                                      false,
	} {
		found, err := linesAreShort(madeUp(t, map[string]string{"server/a/a.go": text + "\n"}))
		require.NoError(t, err)
		if !finds {
			require.Empty(t, found, text)
			continue
		}
		require.Len(t, found, 1, text)
		require.Contains(t, found[0], "server/a/a.go:3 has ")
	}
}

func TestTheHouseFindsLongLinesOfScripts(t *testing.T) {
	t.Parallel()
	for name, finds := range map[string]bool{
		"frontend/studio/src/contest/a.tsx":      true,
		"frontend/studio/src/contest/a.test.ts":  true,
		"frontend/widget/demo/demo.html":         true,
		"frontend/studio/src/ui/a.css":           true,
		"frontend/pack.mjs":                      true,
		"frontend/studio/src/locales/fa.ts":      false, // written by a tool
		"frontend/studio/src/routeTree.gen.ts":   false,
		"frontend/client/src/gen/laurel/a_pb.ts": false,
		"frontend/studio/README.md":              false,
	} {
		// Columns are characters: Persian takes two bytes for most of its own.
		for text, long := range map[string]bool{strings.Repeat("ب", 140): false, strings.Repeat("ب", 141): true} {
			found, err := linesAreShort(madeUp(t, map[string]string{name: "a;\n" + text + "\n"}))
			require.NoError(t, err)
			if !finds || !long {
				require.Empty(t, found, name)
				continue
			}
			require.Len(t, found, 1, name)
			require.Contains(t, found[0], name+":2 has 141 columns, the limit is 140")
		}
	}
}
