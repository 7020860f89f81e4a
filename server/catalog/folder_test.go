package catalog

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/rules"
	"github.com/laurelhq/laurel/server/word"
)

const smallContest = "kind: Contest\nid: ID\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: count}\n"

func contestNamed(id string) string { return strings.Replace(smallContest, "ID", id, 1) }

func folderOf(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func TestReadFolder(t *testing.T) {
	t.Parallel()
	found, skipped, err := ReadFolder(folderOf(map[string]string{
		"a.yaml":         contestNamed("a") + "---\n# nothing\n---\n" + contestNamed("b"),
		"below/c.yml":    contestNamed("c"),
		"mapping.yaml":   "columns: {}\n",
		"mission.yaml":   "kind: Mission\nmission_id: m\n",
		"notes.txt":      "kind: Nonsense",
		"other.yaml":     "some: thing\n",
		".git/x.yaml":    "kind: Nonsense\n",
		".hidden.yaml":   "kind: Nonsense\n",
		"empty.yaml":     "",
		"z_wrong.yaml":   contestNamed("z") + "---\nkind: Contest\nid: W\n",
		"z_twice.yaml":   contestNamed("a"),
		"z_unknown.yaml": "kind: Contst\n",
	}), "rules", nil)
	require.NoError(t, err)
	var lines []string
	for _, one := range found {
		if len(one.Problems) == 0 {
			lines = append(lines, one.Document.Name+": "+one.Document.ID)
		}
		for _, problem := range one.Problems {
			lines = append(lines, word.Clip(problem.String(), 90))
		}
	}
	assert.Equal(t, []string{
		"rules/a.yaml: a", "rules/a.yaml: b", "rules/below/c.yml: c",
		"rules/z_twice.yaml:2:5: id: is taken by rules/a.yaml:2:5; ids are unique within a kind",
		"rules/z_unknown.yaml:1:7: kind: \"Contst\" is not a kind; did you mean Contest? the kinds…",
		"rules/z_wrong.yaml: z",
		"rules/z_wrong.yaml:6:1: window: is missing: it takes start, end, tz, grace_seconds",
		"rules/z_wrong.yaml:6:1: leaderboard: is missing: it takes type, n, tiebreaker, observe_…",
		"rules/z_wrong.yaml:7:5: id: must start with a lower-case letter, then lower-case letter…",
	}, lines)
	assert.Equal(t, []Skipped{
		{File: "rules/mapping.yaml", Reason: "a mapping, not a definition", Mapping: true},
		{File: "rules/mission.yaml", Reason: "line 1: Mission is a known kind, but this version of Laurel does not support it; supported: " +
			"Contest, ExchangeRates, Currency"},
		{File: "rules/other.yaml", Reason: "line 1: a document without kind"},
	}, skipped)
}

// TestReadFileRefusesASecondOfAnID has a file that says two things of one currency.
func TestReadFileRefusesASecondOfAnID(t *testing.T) {
	t.Parallel()
	const eight, seven = "kind: Currency\nid: XBT\nexponent: 8\n", "kind: Currency\nid: XBT\nexponent: 7\n"
	found, _ := ReadFile("a.yaml", []byte(eight+"---\n"+seven+"---\n"+contestNamed("a")), nil)
	require.Len(t, found, 3)
	assert.Empty(t, found[0].Problems)
	require.Len(t, found[1].Problems, 1)
	assert.Equal(t, "a.yaml:6:5: id: is taken by a.yaml:2:5; ids are unique within a kind", found[1].Problems[0].String())
	assert.Empty(t, found[2].Problems)
}

func TestReadFolderBounds(t *testing.T) {
	t.Parallel()
	_, _, err := ReadFolder(folderOf(map[string]string{"a.yaml": strings.Repeat("#", MaxFileBytes+1)}), "rules", nil)
	require.EqualError(t, err, "read definitions in rules: a.yaml has 4194305 bytes; at most 4194304 are read")
}

func TestDemoRulesCheck(t *testing.T) {
	t.Parallel()
	found, skipped, err := ReadFolder(rules.Demo, "rules", nil)
	require.NoError(t, err)
	assert.Empty(t, skipped)
	require.Len(t, found, 3)
	for _, one := range found {
		assert.Empty(t, one.Problems)
	}
}

// TestSplitKeepsText joins what split cut and gets every line of the documents back, at its own place.
func TestSplitKeepsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.SampledFrom([]string{"a: 1\n", "# note\n", "\n", "---\n", "--- \n", "---\r\n", " ---\n", "----\n"})).
			Draw(t, "lines")
		last := rapid.SampledFrom([]string{"", "end", "---"}).Draw(t, "last")
		text := strings.Join(lines, "") + last
		all := strings.SplitAfter(text, "\n")
		for _, one := range split([]byte(text)) {
			for i, line := range strings.SplitAfter(string(one.text), "\n") {
				if line != "" && all[one.offset+i] != line {
					t.Fatalf("line %d of %q is %q, not %q", one.offset+i, text, all[one.offset+i], line)
				}
				if strings.TrimRight(line, " \r\n") == "---" {
					t.Fatalf("a mark was kept in %q", one.text)
				}
			}
		}
	})
}
