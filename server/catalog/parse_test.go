package catalog

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestParseExample(t *testing.T) {
	t.Parallel()
	document := exampleDocument(t)
	want := &laurelv1.Contest{
		Kind: "Contest", Id: "t_october_sprint",
		Window: &laurelv1.Window{Start: "2025-10-25T18:00Z", End: "2025-10-25T19:00Z", Tz: "Europe/Kyiv"},
		Scope:  &laurelv1.Scope{Markets: []string{"DE", "SE"}, Providers: []string{"PragmaticPlay", "Hacksaw"}},
		Scoring: &laurelv1.Scoring{
			Formula: "min(win.amount / bet.amount, 50) * 100", MinBetMinor: 50, EligibleGames: []string{"g_*"},
		},
		Leaderboard: &laurelv1.Ranking{Type: "best_n_rounds", N: 20, Tiebreaker: []string{"highest_single_multiplier", "earliest_finish_ts"}},
		Prizes:      &laurelv1.Prizes{Pool: &laurelv1.PrizePool{Currency: "EUR", TotalMinor: 1000000}, Distribution: "ladder"},
		AntiAbuse: &laurelv1.AntiAbuse{
			MinRoundDurationMs: 800, MaxRpsPerUser: 0.5, ExcludeAsnCategories: []string{"hosting", "proxy"},
		},
	}
	assert.True(t, proto.Equal(want, document.Message), "got %v", document.Message)
	assert.Equal(t, KindContest, document.Kind)
	assert.Equal(t, "t_october_sprint", document.ID)
	assert.Equal(t, string(exampleYaml(t)), document.Yaml)
	// The hash is part of results: it must not change between versions of Laurel.
	assert.Equal(t, "e0d9f445119cbe5ccdeb0b48e8240b6b09e3d1348a4d03577112080f65dc906a", document.Hash)
}

func TestProblems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "problems", "*.yaml"))
	require.NoError(t, err)
	require.Greater(t, len(files), 10)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			document, problems := Parse(filepath.Base(file), text)
			problems = RunSteps(document, problems, nil)
			require.NotEmpty(t, problems)
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			got := wholeProblems(problems)
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	_, problems := Parse("big.yaml", []byte("kind: Contest\n#"+strings.Repeat("x", MaxDocumentBytes)))
	assert.Equal(t, "big.yaml: the document has 262159 bytes; at most 262144 are read\n", wholeProblems(problems))
	_, problems = Parse("", []byte("kind: Contest\nid: \xff\n"))
	assert.Equal(t, "the document is not valid UTF-8\n", wholeProblems(problems))
	many := "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: count}\n"
	for i := range 300 {
		many += strings.Repeat("z", i%40+3) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + ": 1\n"
	}
	_, problems = Parse("", []byte(many))
	assert.Len(t, problems, MaxProblems)
}

// TestHashIgnoresForm writes the same contest in other ways.
func TestHashIgnoresForm(t *testing.T) {
	t.Parallel()
	want := exampleDocument(t).Hash
	other := `
# another author
anti_abuse:
    exclude_asn_categories: ["hosting", 'proxy']
    max_rps_per_user: 5e-1
    min_round_duration_ms: 800
prizes: {distribution: ladder, pool: {total_minor: 1000000, currency: "EUR"}}
leaderboard: {tiebreaker: [highest_single_multiplier, earliest_finish_ts], n: 20, type: best_n_rounds}
scoring:
    eligible_games:
        - g_*
    min_bet_minor: 50
    formula: >-
        min(win.amount / bet.amount,
        50) * 100
scope: {providers: [PragmaticPlay, Hacksaw], markets: [DE, SE]}
window: {tz: Europe/Kyiv, end: "2025-10-25T19:00Z", start: "2025-10-25T18:00Z"}
id: 't_october_sprint'
kind: Contest
`
	document, problems := Parse("", []byte(other))
	require.Empty(t, problems)
	assert.Equal(t, want, document.Hash)
	document, problems = Parse("", []byte(strings.Replace(other, "800", "801", 1)))
	require.Empty(t, problems)
	assert.NotEqual(t, want, document.Hash)
}

// TestProblemLinesFollowTheText moves the document down and asks for the same problem further down.
func TestProblemLinesFollowTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		above := rapid.IntRange(0, 30).Draw(t, "above")
		within := rapid.IntRange(0, 30).Draw(t, "within")
		text := strings.Repeat("# comment\n", above) + "kind: Contest\nid: c\n" + strings.Repeat("\n", within) +
			"window: {start: 2025-10-25, end: 2025-10-25}\nleaderboard:\n  type: wrong\n"
		_, problems := Parse("", []byte(text))
		if len(problems) != 1 || problems[0].Line != above+within+5 || problems[0].Column != 9 || problems[0].Field != "leaderboard.type" {
			t.Fatalf("got %v", problems)
		}
	})
}

func TestReading(t *testing.T) {
	t.Parallel()
	got := Reading(exampleDocument(t))
	golden := filepath.Join("testdata", "reading.golden")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
	assert.Empty(t, Reading(nil))
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"formula", "min_bet_minor", "eligible_games", "id"}
	assert.Equal(t, "formula", word.Meant("fromula", names))
	assert.Equal(t, "min_bet_minor", word.Meant("min_bet", names))
	assert.Equal(t, "min_bet_minor", word.Meant("Min_Bet_Minr", names))
	assert.Empty(t, word.Meant("xyz", names))
	assert.Empty(t, word.Meant("", names))
	assert.Empty(t, word.Meant("zz", names))
}

func FuzzParse(f *testing.F) {
	f.Add(exampleYaml(f))
	files, err := filepath.Glob(filepath.Join("testdata", "problems", "*.yaml"))
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, problems := Parse("f.yaml", text)
		if len(problems) > MaxProblems {
			t.Fatalf("%d problems", len(problems))
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, problem := range problems {
			if problem.Line < 0 || problem.Line > lines+1 || problem.Message == "" || len(problem.Field) > maxProblemFieldBytes {
				t.Fatalf("bad problem %+v", problem)
			}
		}
		if len(problems) > 0 {
			return
		}
		if document == nil || document.Message == nil || document.ID == "" || len(document.Hash) != 64 || Reading(document) == "" {
			t.Fatalf("no problems, but %+v", document)
		}
		again, problems := Parse("f.yaml", []byte(document.Yaml))
		if len(problems) > 0 || again.Hash != document.Hash {
			t.Fatal("the same text reads differently the second time")
		}
	})
}

// TestParseIsNotSlowedDown gives Parse the largest documents with as many mistakes as fit. It ends by the time-out of the test when one of
// them takes a time that grows with the square of the document.
func TestParseIsNotSlowedDown(t *testing.T) {
	t.Parallel()
	const head = "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: count}\n"
	for name, body := range map[string]string{
		"mappings for texts": "scoring: {eligible_games: [" + strings.Repeat("{a: 1},", 35_000) + "]}\n",
		"empty texts":        "scoring: {eligible_games: [" + strings.Repeat("'',", 80_000) + "]}\n",
		"unknown events":     "scoring: {events: [" + strings.Repeat("zz,", 80_000) + "]}\n",
		"unknown fields":     strings.Repeat("zzzzzz: 1\n", 25_000),
		"deep lists":         "scope: " + strings.Repeat("[", 100_000),
		"deep mappings":      "scope: " + strings.Repeat("{markets: ", 9_000) + strings.Repeat("}", 9_000),
		"long key":           strings.Repeat("z", 250_000) + ": 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("", []byte(head+body))
			assert.NotEmpty(t, problems)
			assert.LessOrEqual(t, len(problems), MaxProblems)
		})
	}
}
