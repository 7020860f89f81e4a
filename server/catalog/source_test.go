package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const beforeFormula = "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: sum}\nscoring:\n"

// TestPlaceWithinValue asks for the place of a mark that stands in a formula, whatever way the formula is written.
func TestPlaceWithinValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scoring string
		uncertain     bool // only the place of the value is known
	}{
		{name: "plain", scoring: "  formula: win.amount + § * 2\n"},
		{name: "double quotes", scoring: "  formula: \"win.amount + § * 2\" # why\n"},
		{name: "single quotes", scoring: "  formula: 'game.id == \"a\" && §'\n"},
		{name: "escaped double quotes", scoring: "  formula: \"game.id == \\\"a\\\" && \\u0031 § \"\n"},
		{name: "escaped single quotes", scoring: "  formula: 'game.id == ''a'' && §'\n"},
		{name: "other letters", scoring: "  formula: \"game.id == 'гра' && §\"\n"},
		{name: "literal", scoring: "  formula: |\n    win.amount +\n      § * 2\n"},
		{name: "literal with a chomping mark", scoring: "  formula: |-\n\n    §\n"},
		{name: "folded", scoring: "  formula: >-\n    win.amount\n    + 3\n    - § * 2\n"},
		{name: "flow mapping", scoring: "  {formula: \"1 + §\", precision: 2}\n"},
		{name: "plain on two lines", scoring: "  formula: win.amount\n    + § * 2\n", uncertain: true},
		{name: "folded with an empty line", scoring: "  formula: >-\n    win.amount\n\n    - § * 2\n", uncertain: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := beforeFormula + c.scoring
			document, problems := Parse("", []byte(text))
			require.Empty(t, problems)
			line, column := markIn(contestOf(t, document.Message).GetScoring().GetFormula())
			got := document.Place([]Problem{{Line: line, Column: column, Field: "scoring.formula", Message: "here"}})
			require.Len(t, got, 1)
			wantLine, wantColumn := markIn(text)
			if c.uncertain {
				value := document.source.nodes["scoring.formula"].value
				wantLine, wantColumn = value.Line, value.Column
			}
			assert.Equal(t, [2]int{wantLine, wantColumn}, [2]int{got[0].Line, got[0].Column})
		})
	}
}

// markIn is the line and column of § in a text, counted from 1 in characters.
func markIn(text string) (int, int) {
	before, _, _ := strings.Cut(text, "§")
	line := strings.Count(before, "\n") + 1
	return line, len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
}

// TestPlaceInDoubleQuotes writes random texts in double quotes and finds each of their characters again.
func TestPlaceInDoubleQuotes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.StringMatching(`[a-zé"\\ \t0-9#:]{0,20}`).Draw(t, "before") + "§" + rapid.StringMatching(`[a-z"\\]{0,5}`).Draw(t, "after")
		written := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(plain)
		text := beforeFormula + "  formula: \"" + written + "\"\n"
		document, problems := Parse("", []byte(text))
		if len(problems) > 0 || contestOf(t, document.Message).GetScoring().GetFormula() != plain {
			t.Fatalf("%q reads as %q: %v", text, contestOf(t, document.Message).GetScoring().GetFormula(), problems)
		}
		line, column := markIn(plain)
		got := document.Place([]Problem{{Line: line, Column: column, Field: "scoring.formula", Message: "here"}})[0]
		if wantLine, wantColumn := markIn(text); got.Line != wantLine || got.Column != wantColumn {
			t.Fatalf("got %d:%d, want %d:%d in %s", got.Line, got.Column, wantLine, wantColumn, text)
		}
	})
}

func TestPlaceOfWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	document, problems := Parse("a.yaml", []byte(beforeFormula+"  formula: 1\n"))
	require.Empty(t, problems)
	got := document.Place([]Problem{
		{Field: "scoring.filter", Message: "below scoring"},
		{Field: "prizes.pool", Message: "nowhere"},
		{Field: "scoring", Message: "a mapping is placed at its key"},
	})
	assert.Equal(t, "a.yaml:1:1: prizes.pool: nowhere\na.yaml:5:1: scoring.filter: below scoring\na.yaml:5:1: scoring: a mapping is placed "+
		"at its key\n", wholeProblems(got))
}

func TestRunStepsLeavesOutKnownFields(t *testing.T) {
	t.Parallel()
	text := beforeFormula + "  formula: 1\n  precision: 9\n"
	document, problems := Parse("", []byte(text))
	require.Len(t, problems, 1)
	check := Step{Kind: KindContest, Check: func(Message) []Problem {
		return []Problem{{Field: "scoring.precision", Message: "again"}, {Line: 1, Column: 1, Field: "scoring.formula", Message: "new"}}
	}}
	got := RunSteps(document, problems, nil, check)
	assert.Equal(t, []string{"scoring.formula", "scoring.precision"}, []string{got[0].Field, got[1].Field})
	assert.Len(t, got, 2)
	assert.Nil(t, RunSteps(nil, nil, nil, check))
}
