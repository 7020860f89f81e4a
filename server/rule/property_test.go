package rule

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

func TestToUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		points, scale float64
		want          int64
	}{
		{0.5, 1, 0}, {1.5, 1, 2}, {2.5, 1, 2}, {-0.5, 1, 0}, {-1.5, 1, -2}, {-2.5, 1, -2},
		{0.125, 100, 12}, {0.375, 100, 38}, {2.675, 100, 268}, {0.00005, 10000, 0}, {0.00015, 10000, 1},
		{1e-300, 100, 0}, {float64(maxUnits), 1, maxUnits}, {-float64(maxUnits), 1, -maxUnits},
		{2438.85, 100, 243885}, {0.1 + 0.2, 10, 3},
	} {
		got, err := toUnits(c.points, c.scale)
		assert.NoError(t, err)
		assert.Equal(t, c.want, got, "%g × %g", c.points, c.scale)
	}
	for _, points := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e16, -1e16, math.MaxFloat64} {
		_, err := toUnits(points, 10)
		assert.Error(t, err, "%g", points)
	}
}

// TestRatioMicros compares with exact fractions.
func TestRatioMicros(t *testing.T) {
	t.Parallel()
	amount := rapid.OneOf(rapid.Uint64Range(1, 1<<53), rapid.Uint64Range(1, 5000),
		rapid.SampledFrom([]uint64{1, 2, 3, 1 << 53, 2_000_000, 4_000_000, 64, 128}))
	rapid.Check(t, func(t *rapid.T) {
		win, stake := amount.Draw(t, "win"), amount.Draw(t, "stake")
		exact := new(big.Int).Mul(new(big.Int).SetUint64(win), big.NewInt(2*microsPerOne))
		exact.Add(exact, new(big.Int).SetUint64(stake)) // floor((2·win·10⁶ + stake) / (2·stake)) rounds half up
		quotient, remainder := new(big.Int).QuoRem(exact, new(big.Int).SetUint64(2*stake), new(big.Int))
		if remainder.Sign() == 0 && quotient.Bit(0) == 1 {
			quotient.Sub(quotient, big.NewInt(1)) // it was a half: to even
		}
		want := maxUnits
		if quotient.IsInt64() && quotient.Int64() < maxUnits {
			want = quotient.Int64()
		}
		if got := ratioMicros(win, stake); got != want {
			t.Fatalf("%d / %d gives %d micros, want %d", win, stake, got, want)
		}
	})
}

// formulaOf draws a formula, as text and as what Go makes of it; NaN stands for an error.
func formulaOf(t *rapid.T, depth int, fields map[string]float64) (string, float64) {
	kind := rapid.IntRange(0, 11).Draw(t, "kind")
	if depth == 0 {
		kind %= 2
	}
	finiteOnly := func(value float64) float64 {
		if math.IsInf(value, 0) {
			return math.NaN()
		}
		return value
	}
	switch kind {
	case 0:
		value := rapid.OneOf(rapid.Float64Range(0, 1000), rapid.SampledFrom([]float64{0, 1, 2, 10, 0.5, 1e200})).Draw(t, "number")
		return strconv.FormatFloat(value, 'g', -1, 64), value
	case 1:
		names := []string{"win.amount", "bet.amount", "win.multiplier", "round.duration_ms", "win.amount_minor"}
		name := rapid.SampledFrom(names).Draw(t, "field")
		return name, fields[name]
	}
	x, xValue := formulaOf(t, depth-1, fields)
	if kind <= 6 {
		functions := []struct {
			name string
			of   func(float64) float64
		}{{"floor", math.Floor}, {"ceil", math.Ceil}, {"sqrt", math.Sqrt}, {"log10", math.Log10}, {"abs", math.Abs}}
		function := functions[kind-2]
		return function.name + "(" + x + ")", finiteOnly(function.of(xValue))
	}
	y, yValue := formulaOf(t, depth-1, fields)
	switch kind {
	case 7:
		return "(" + x + " + " + y + ")", finiteOnly(xValue + yValue)
	case 8:
		return "(" + x + " - " + y + ")", finiteOnly(xValue - yValue)
	case 9:
		return "(" + x + " * " + y + ")", finiteOnly(xValue * yValue)
	case 10:
		return "(" + x + ") / (" + y + ")", finiteOnly(xValue / yValue)
	default:
		if math.IsNaN(xValue) || math.IsNaN(yValue) {
			return "min(" + x + ", " + y + ")", math.NaN()
		}
		return "min(" + x + ", " + y + ")", math.Min(xValue, yValue)
	}
}

// TestScoreEqualsGo compares scores with the same formula computed by Go.
func TestScoreEqualsGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := roundEnd()
		e.Bet.AmountMinor = rapid.Int64Range(1, 100_000).Draw(t, "bet")
		e.Win.AmountMinor = rapid.Int64Range(0, 1_000_000).Draw(t, "win")
		e.Win.Multiplier = nil
		fields := map[string]float64{
			"win.amount": float64(e.Win.AmountMinor) / 100, "bet.amount": float64(e.Bet.AmountMinor) / 100,
			"win.amount_minor": float64(e.Win.AmountMinor),
			"win.multiplier":   float64(e.Win.AmountMinor) / float64(e.Bet.AmountMinor), "round.duration_ms": 2400,
		}
		text, value := formulaOf(t, 3, fields)
		program, problems := Compile(contestOf(text, ""))
		if len(problems) > 0 {
			t.Fatalf("%s: %v", text, problems)
		}
		round, outcome, err := program.Score(e)
		if outcome != Counted {
			t.Fatalf("%s: %s", text, outcome)
		}
		want := math.RoundToEven(value * 100)
		if math.IsNaN(want) || math.Abs(want) > float64(maxUnits) {
			if err == nil {
				t.Fatalf("%s gives %d units, want an error", text, round.Units)
			}
			return
		}
		if err != nil || float64(round.Units) != want {
			t.Fatalf("%s gives %d units and %v, want %g", text, round.Units, err, want)
		}
	})
}

// TestGlobEqualsRegexp compares with the same pattern as a regular expression.
func TestGlobEqualsRegexp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab_é*?.]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab_é.]{0,10}`).Draw(t, "text")
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile("^(?s:" + expression + ")$").MatchString(text)
		if got := newGlob(pattern).match(text); got != want {
			t.Fatalf("%q on %q gives %t, want %t", pattern, text, got, want)
		}
	})
}

// TestIndexEqualsAskingAll compares the index with asking every program.
func TestIndexEqualsAskingAll(t *testing.T) {
	t.Parallel()
	values := func(t *rapid.T, label string) []string {
		few := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 3, rapid.ID).Draw(t, label)
		if rapid.IntRange(0, 9).Draw(t, label+" many") == 0 {
			for i := range 150 {
				few = append(few, fmt.Sprintf("%s%d", label, i))
			}
		}
		return few
	}
	rapid.Check(t, func(t *rapid.T) {
		var programs []*Program
		for i := range rapid.IntRange(0, 12).Draw(t, "programs") {
			programs = append(programs, &Program{
				ContestID: fmt.Sprint(i), events: rapid.SampledFrom([][]string{{"spin"}, {"round_end", "spin"}, {"purchase"}}).Draw(t, "events"),
				markets: values(t, "market"), brands: values(t, "brand"), providers: values(t, "provider"),
			})
		}
		index := NewIndex(programs)
		for range 5 {
			one := rapid.SampledFrom([]string{"", "a", "b", "c", "e", "market7", "provider149"})
			e := &laurelv1.Event{
				Name: rapid.SampledFrom([]string{"spin", "purchase", "login"}).Draw(t, "name"), Market: one.Draw(t, "of market"),
				Brand: one.Draw(t, "of brand"),
				Game:  &laurelv1.Game{Provider: one.Draw(t, "of provider")},
			}
			var want []string
			for _, program := range programs {
				if slices.Contains(program.events, e.Name) && program.outOfScope(e) == Counted {
					want = append(want, program.ContestID)
				}
			}
			for range 2 { // twice: matching must not change the index
				var got []string
				for _, program := range index.Match(e) {
					got = append(got, program.ContestID)
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("got %v, want %v for %v", got, want, e)
				}
			}
		}
	})
}

// TestIndexIsBounded gives the index a scope with more combinations than it may keep keys for.
func TestIndexIsBounded(t *testing.T) {
	t.Parallel()
	many := func(prefix string, count int) []string {
		values := make([]string, count)
		for i := range values {
			values[i] = fmt.Sprint(prefix, i)
		}
		return values
	}
	program := &Program{events: []string{"spin"}, markets: many("m", 200), brands: many("b", 200), providers: many("p", 500)}
	index := NewIndex([]*Program{program})
	assert.LessOrEqual(t, len(index.names["spin"].programs), maxKeys)
	assert.Len(t, index.Match(&laurelv1.Event{Name: "spin", Market: "m1", Brand: "b199", Game: &laurelv1.Game{Provider: "p7"}}), 1)
	assert.Empty(t, index.Match(&laurelv1.Event{Name: "spin", Market: "m1", Brand: "b199", Game: &laurelv1.Game{Provider: "q"}}))
	assert.Empty(t, index.Match(&laurelv1.Event{Name: "spin", Market: "m1"}))
}
