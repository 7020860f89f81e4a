package rule

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestProblems shows what an author reads: formula problems at their line and column in the document.
func TestProblems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "problems", "*.yaml"))
	require.NoError(t, err)
	require.Greater(t, len(files), 5)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			document, problems := catalog.Parse(filepath.Base(file), text)
			problems = catalog.RunSteps(document, problems, nil, Step())
			require.NotEmpty(t, problems)
			var got strings.Builder
			for _, problem := range problems {
				got.WriteString(problem.String() + "\n")
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got.String())
		})
	}
}

// TestShippedRulesCompile compiles every definition under rules/.
func TestShippedRulesCompile(t *testing.T) {
	t.Parallel()
	found, _, err := catalog.ReadFolder(os.DirFS(filepath.Join("..", "..", "rules")), "rules", nil, Step())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(found), 4)
	for _, one := range found {
		assert.Empty(t, one.Problems)
	}
}

// TestCostIsBounded writes expressions that would take long and asks for a refusal, whatever the refusal is.
func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	for name, formula := range map[string]string{
		"nested brackets":    strings.Repeat("(", 900) + "1" + strings.Repeat(")", 900),
		"nested functions":   strings.Repeat("abs(", 400) + "1" + strings.Repeat(")", 400),
		"many additions":     "1" + strings.Repeat("+1", 1000),
		"too long":           strings.Repeat(" ", 2048) + "1",
		"comprehension":      "[1,2,3].map(x, [1,2,3].map(y, x * y))[0][0]",
		"exploding text":     `size(payload.a + payload.a + payload.a) + [payload.a, payload.a].all(x, true)`,
		"large regex":        `game.id.matches("` + strings.Repeat("(a|b)*", 50) + `") ? 1 : 2`,
		"repeated regex":     `game.id.matches("((a{100}){100}){100}") ? 1 : 2`,
		"regex over payload": `payload.a.matches("(a+)+(b+)+(c+)+(d+)+") ? 1 : 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, problems := Compile(contestOf(formula, ""))
			assert.Nil(t, program)
			require.NotEmpty(t, problems)
			for _, problem := range problems {
				assert.Equal(t, "scoring.formula", problem.Field)
				assert.NotEmpty(t, problem.Message)
			}
		})
	}
}

// TestUsefulExpressionsAreWithinBounds keeps the bounds from refusing what people write.
func TestUsefulExpressionsAreWithinBounds(t *testing.T) {
	t.Parallel()
	for _, formula := range []string{
		`min(win.amount / bet.amount, 50) * 100`,
		`floor((payload.win / payload.bet) * 3)`,
		`clamp(log10(1 + win.amount) * 10, 0, 40) + (user.payer ? 1 : 0)`,
		`game.id.matches("^g_[0-9]+$") && market in ["DE", "SE", "FI"] ? round(sqrt(win.amount)) : 0`,
		`payload.country in ["TR", "BR", "PE"] && payload.note.contains("vip") ? 2 : 1`,
		`max(1, 2, 3, 4, 5, 6, 7, 8) + min(1, 2, 3) - ceil(0.5) * abs(-1)`,
		`payload.tags[0] == "a" && size(payload.tags) > 1 && "b" in payload.tags ? 1 : 0`,
		`has(payload.bonus) ? double(payload.bonus) : 0`,
		`"vpn" in user.risk_flags || user.kyc_level < 2 || device.headless ? 0 : 1`,
		strings.Repeat("win.amount > 1 ? 2 : ", 40) + "3",
	} {
		_, problems := Compile(contestOf(formula, ""))
		assert.Empty(t, problems, formula)
	}
}

// TestCompileSurvivesWhatParseRefuses gives Compile contests that are wrong elsewhere: an editor shows all problems at once.
func TestCompileSurvivesWhatParseRefuses(t *testing.T) {
	t.Parallel()
	precision, most := int32(99), -1.0
	for _, contest := range []*laurelv1.Contest{
		nil, {}, {Scoring: &laurelv1.Scoring{}},
		{Scoring: &laurelv1.Scoring{Formula: "1", Precision: &precision, CapPerRound: &most, EligibleGames: []string{""}},
			Leaderboard: &laurelv1.Ranking{Type: "x"}},
	} {
		assert.NotPanics(t, func() { Compile(contest) })
	}
}

func FuzzCompile(f *testing.F) {
	for _, formula := range []string{
		"min(win.amount / bet.amount, 50) * 100", "payload.a[0].b == null ? 1 : -2.5e3", `game.id.matches("a+")`, "has(payload.x)",
		"'x' in payload", "1u + 2", "[1,2][0]", "((((", "win.", "a.b().c[d]{e:1}",
	} {
		f.Add(formula, "bet.amount > 0.5 && market == 'DE'")
	}
	e := roundEnd()
	f.Fuzz(func(t *testing.T, formula, filter string) {
		program, problems := Compile(contestOf(formula, filter))
		if (program == nil) == (len(problems) == 0) {
			t.Fatalf("program %v with problems %v", program, problems)
		}
		for _, problem := range problems {
			if problem.Message == "" || !strings.HasPrefix(problem.Field, "scoring.") {
				t.Fatalf("bad problem %+v", problem)
			}
		}
		if program == nil {
			return
		}
		round, outcome, err := program.Score(e)
		if err == nil && outcome == Counted && (round.Units > maxUnits || round.Units < -maxUnits) {
			t.Fatalf("%d units", round.Units)
		}
		again, outcomeAgain, errAgain := program.Score(e)
		if again != round || outcomeAgain != outcome || (errAgain == nil) != (err == nil) {
			t.Fatal("the same event scores differently the second time")
		}
	})
}
