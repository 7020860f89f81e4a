package server_test

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// maxScriptColumns is the longest line of the front end, in characters. The formatter breaks what it can at 110; texts and comments it leaves as they are.
const maxScriptColumns = 140

// TestScriptLinesAreShort counts the columns of the front end's lines, so that a short function is short.
func TestScriptLinesAreShort(t *testing.T) {
	t.Parallel()
	judge(t, scriptLinesAreShort)
}

func scriptLinesAreShort(source *tree) (problems []string, err error) {
	for _, name := range source.names {
		written := slices.Contains([]string{".ts", ".tsx", ".css", ".mjs", ".js", ".html"}, path.Ext(name))
		if !strings.HasPrefix(name, "frontend/") || !written || generatedScript(name) {
			continue
		}
		text, err := fs.ReadFile(source.files, name)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if columns := utf8.RuneCountInString(line); columns > maxScriptColumns {
				problems = say(problems, "%s:%d has %d columns, the limit is %d: break the text or the comment",
					name, i+1, columns, maxScriptColumns)
			}
		}
	}
	return problems, nil
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
			found, err := scriptLinesAreShort(madeUp(t, map[string]string{name: "a;\n" + text + "\n"}))
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
