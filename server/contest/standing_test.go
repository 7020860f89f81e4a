package contest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/rule"
)

// foldRound takes a round into a standing, as the fold does.
func foldRound(d *Definition, s *Standing, r rule.Round) (Verdict, error) {
	at, verdict, err := d.Judge(s, r)
	if verdict == Scored {
		d.Take(s, r, at)
	}
	return verdict, err
}

func drawRound(t *rapid.T, seq int64) rule.Round {
	return rule.Round{
		Units: int64(rapid.IntRange(-3, 5).Draw(t, "units")), MultiplierMicros: int64(rapid.IntRange(0, 3).Draw(t, "multiplier")),
		DurationMillis: int64(rapid.IntRange(1, 3).Draw(t, "duration")), TsMicros: int64(rapid.IntRange(1, 40).Draw(t, "ts")) * 100_000, Seq: seq,
	}
}

func drawDefinition(t *rapid.T) *Definition {
	return &Definition{
		Model:     rapid.SampledFrom([]Model{Sum, BestN, MaxMultiplier, Count, Last}).Draw(t, "model"),
		N:         rapid.IntRange(1, 5).Draw(t, "n"),
		TieBreaks: rapid.Permutation([]TieBreak{HighestMultiplier, FastestRounds, EarliestFinish}).Draw(t, "ties"),
	}
}

func TestStandingSurvivesItsEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &Standing{
			Units: rapid.Int64Range(-MaxUnits, MaxUnits).Draw(t, "units"), Rounds: rapid.Int64Range(0, math.MaxInt64).Draw(t, "rounds"),
			FinishMicros: rapid.Int64().Draw(t, "finish"), Stamps: rapid.SliceOfN(rapid.Int64(), 0, 5).Draw(t, "stamps"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "kept") {
			s.Kept = append(s.Kept, rule.Round{
				Units: rapid.Int64().Draw(t, "u"), MultiplierMicros: rapid.Int64().Draw(t, "m"), DurationMillis: rapid.Int64().Draw(t, "d"),
				TsMicros: rapid.Int64().Draw(t, "t"), Seq: rapid.Int64().Draw(t, "s"),
			})
		}
		if len(s.Stamps) == 0 {
			s.Stamps = nil
		}
		encoded := s.AppendBinary(nil)
		if len(s.Kept) > 0 {
			if s.Rounds > int64(len(s.Kept)) {
				s.Counted = s.Rounds // as an older version did
			}
			s.Rounds = int64(len(s.Kept))
		}
		back, err := UnmarshalStanding(encoded)
		require.NoError(t, err)
		require.Equal(t, s, back)
	})
}

func FuzzUnmarshalStanding(f *testing.F) {
	f.Add((&Standing{Units: 5, Kept: []rule.Round{{Units: 1, MultiplierMicros: 2, DurationMillis: 3, TsMicros: 4, Seq: 5}},
		Stamps: []int64{7}}).AppendBinary(nil))
	f.Add([]byte{})
	f.Add([]byte{codecVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := UnmarshalStanding(b)
		if err != nil {
			return
		}
		again, err := UnmarshalStanding(s.AppendBinary(nil))
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}

// TestBestDoesNotDependOnArrival folds the same rounds in two orders: the models that keep the best rounds give the same score and ties.
func TestBestDoesNotDependOnArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		rounds := make([]rule.Round, rapid.IntRange(1, 12).Draw(t, "rounds"))
		for i := range rounds {
			rounds[i] = drawRound(t, int64(i+1))
		}
		var one, other Standing
		for _, r := range rounds {
			_, err := foldRound(d, &one, r)
			require.NoError(t, err)
		}
		for _, r := range rapid.Permutation(slices.Clone(rounds)).Draw(t, "order") {
			_, err := foldRound(d, &other, r)
			require.NoError(t, err)
		}
		require.Equal(t, one.Units, other.Units)
		require.Equal(t, d.encodeTie(&one), d.encodeTie(&other))
		require.Equal(t, one.Kept, other.Kept)
	})
}

// TestKeptRoundsMakeUpTheStanding recomputes every value of a standing from the rounds it keeps.
func TestKeptRoundsMakeUpTheStanding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		d.Model = rapid.SampledFrom([]Model{BestN, MaxMultiplier, Last}).Draw(t, "kept model")
		var s Standing
		for i := range rapid.IntRange(1, 12).Draw(t, "rounds") {
			_, err := foldRound(d, &s, drawRound(t, int64(i+1)))
			require.NoError(t, err)
		}
		var want Standing
		for _, r := range s.Kept {
			want.Units += r.Units
			if r.Units == 0 && d.Model == BestN {
				continue
			}
			want.MultiplierMicros, want.FinishMicros = max(want.MultiplierMicros, r.MultiplierMicros), max(want.FinishMicros, r.TsMicros)
			want.DurationMillis += r.DurationMillis
		}
		require.Equal(t, []int64{want.Units, want.MultiplierMicros, want.DurationMillis, want.FinishMicros},
			[]int64{s.Units, s.MultiplierMicros, s.DurationMillis, s.FinishMicros})
	})
}

// TestRateLimitHoldsInEveryWindow checks the limit's own words: any window holds at most so many counted rounds.
func TestRateLimitHoldsInEveryWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		perSecond := rapid.SampledFrom([]float64{0.5, 1, 2.5, 5}).Draw(t, "rate")
		d := &Definition{Model: Count, Rate: rateLimit(perSecond)}
		var s Standing
		var counted []int64
		for i := range rapid.IntRange(1, 40).Draw(t, "rounds") {
			r := drawRound(t, int64(i+1))
			verdict, err := foldRound(d, &s, r)
			require.NoError(t, err)
			if verdict == Scored {
				counted = append(counted, r.TsMicros)
			}
		}
		for _, from := range counted {
			inside := 0
			for _, at := range counted {
				if at >= from && at < from+d.Rate.WindowMicros {
					inside++
				}
			}
			require.LessOrEqual(t, inside, d.Rate.Rounds)
		}
		require.EqualValues(t, len(counted), s.Rounds)
	})
}

func TestRateHistoryIsBounded(t *testing.T) {
	t.Parallel()
	d := &Definition{Model: Count, Rate: rateLimit(1)}
	var s Standing
	for i := range 3 * maxStamps {
		verdict, err := foldRound(d, &s, rule.Round{Units: 1, TsMicros: int64(i+100) * 1_000_000})
		require.NoError(t, err)
		require.Equal(t, Scored, verdict)
	}
	require.Len(t, s.Stamps, maxStamps)
	verdict, err := foldRound(d, &s, rule.Round{Units: 1, TsMicros: 1})
	require.NoError(t, err)
	require.Equal(t, TooOld, verdict)
}

// TestRateLimitHoldsForWhatItForgot has a player use up a window, and play on until half of it is forgotten. A late round of that window
// can't be judged any more.
func TestRateLimitHoldsForWhatItForgot(t *testing.T) {
	t.Parallel()
	const perSecond, later = 100, 60
	d := &Definition{Model: Count, Rate: rateLimit(perSecond)}
	var s Standing
	fold := func(tsMicros int64) Verdict {
		verdict, err := foldRound(d, &s, rule.Round{Units: 1, TsMicros: tsMicros})
		require.NoError(t, err)
		return verdict
	}
	for i := range int64(perSecond) {
		require.Equal(t, Scored, fold(1_000_000+i*10_000))
	}
	for i := range int64(later) {
		require.Equal(t, Scored, fold(60_000_000+i*1_000_000))
	}
	require.Equal(t, TooOld, fold(1_995_000), "100 rounds of the second before it have counted")
	require.Equal(t, Scored, fold(60_500_000), "what it remembers is judged as ever")
}

func TestAnyRateBelowOneLimits(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * 3600 * 1_000_000
	for _, perSecond := range []float64{1e-8, 1e-13, 1e-14, 1e-300, math.SmallestNonzeroFloat64} {
		d := &Definition{Model: Count, Rate: rateLimit(perSecond)}
		var s Standing
		for i, want := range []Verdict{Scored, TooFast} {
			verdict, err := foldRound(d, &s, rule.Round{Units: 1, TsMicros: int64(i) * year})
			require.NoError(t, err)
			require.Equal(t, want, verdict, "round %d at %g rounds a second", i, perSecond)
		}
	}
}

func TestScoreOutOfRangeLeavesTheStandingAlone(t *testing.T) {
	t.Parallel()
	for _, model := range []Model{Sum, BestN} {
		d := &Definition{Model: model, N: 5}
		var s Standing
		_, err := foldRound(d, &s, rule.Round{Units: MaxUnits, Seq: 1})
		require.NoError(t, err)
		before := fmt.Sprintf("%+v", s)
		_, err = foldRound(d, &s, rule.Round{Units: 1, Seq: 2})
		require.ErrorContains(t, err, "out of range")
		require.Equal(t, before, fmt.Sprintf("%+v", s))
	}
}

func TestTieOrdersLikeItsValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *Standing {
			return &Standing{
				MultiplierMicros: rapid.Int64Range(0, 1<<53).Draw(t, name+" multiplier"), DurationMillis: rapid.Int64Range(0, 1<<53).
							Draw(t, name+" duration"),
				FinishMicros: rapid.Int64Range(0, 1<<53).Draw(t, name+" finish"),
			}
		}
		a, b := draw("a"), draw("b")
		higher := (&Definition{TieBreaks: []TieBreak{HighestMultiplier}}).encodeTie
		require.Equal(t, a.MultiplierMicros > b.MultiplierMicros, higher(a) < higher(b))
		faster := (&Definition{TieBreaks: []TieBreak{FastestRounds}}).encodeTie
		require.Equal(t, a.DurationMillis < b.DurationMillis, faster(a) < faster(b))
		earlier := (&Definition{TieBreaks: []TieBreak{EarliestFinish}}).encodeTie
		require.Equal(t, a.FinishMicros < b.FinishMicros, earlier(a) < earlier(b))
	})
}

func BenchmarkFoldBestTwenty(b *testing.B) {
	d := &Definition{Model: BestN, N: 20, TieBreaks: []TieBreak{HighestMultiplier, EarliestFinish}}
	var s Standing
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := foldRound(d, &s, rule.Round{Units: int64(i*7919) % 1000, MultiplierMicros: int64(i), TsMicros: int64(i),
			Seq: int64(i)}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeBestTwenty(b *testing.B) {
	d := &Definition{Model: BestN, N: 20}
	var s Standing
	for i := range int64(20) {
		if _, err := foldRound(d, &s, rule.Round{Units: 100 + i, MultiplierMicros: 2_500_000, DurationMillis: 2400,
			TsMicros: 1_761_415_200_000_000 + i, Seq: 1 << 40}); err != nil {
			b.Fatal(err)
		}
	}
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = s.AppendBinary(buffer[:0])
	}
	b.ReportMetric(float64(len(buffer)), "B")
}
