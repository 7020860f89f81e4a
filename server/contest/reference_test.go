package contest

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/rule"
)

// better compares rounds as the rules are told to players: more points first, then the contest's tie-breaks, then the earlier one.
func better(d *Definition, a, b rule.Round) int {
	if d.Model == Last {
		return cmp.Or(-cmp.Compare(a.TsMicros, b.TsMicros), -cmp.Compare(a.Seq, b.Seq))
	}
	orders := []int{-cmp.Compare(a.Units, b.Units)}
	for _, tie := range d.TieBreaks {
		orders = append(orders, map[TieBreak]int{
			HighestMultiplier: -cmp.Compare(a.MultiplierMicros, b.MultiplierMicros), FastestRounds: cmp.Compare(a.DurationMillis, b.DurationMillis),
			EarliestFinish: cmp.Compare(a.TsMicros, b.TsMicros),
		}[tie])
	}
	return cmp.Or(append(orders, cmp.Compare(a.TsMicros, b.TsMicros), cmp.Compare(a.Seq, b.Seq))...)
}

// reference makes a standing of all rounds of a player at once, as one would by hand.
func reference(d *Definition, rounds []rule.Round) (s Standing) {
	made := slices.SortedFunc(slices.Values(rounds), func(a, b rule.Round) int { return better(d, a, b) })
	if most := map[Model]int{BestN: d.N, MaxMultiplier: 1, Last: 1}[d.Model]; most > 0 {
		made = made[:min(most, len(made))]
		s.Kept = made
	}
	s.Rounds = int64(len(made))
	for _, r := range made {
		s.Units += r.Units
		pointless := r.Units == 0
		if pointless && d.Model == BestN {
			continue // a round without points is no part of the score
		}
		s.MultiplierMicros = max(s.MultiplierMicros, r.MultiplierMicros)
		s.DurationMillis += r.DurationMillis
		if !pointless || s.Kept != nil {
			s.FinishMicros = max(s.FinishMicros, r.TsMicros)
		}
	}
	s.Tie = d.encodeTie(&s)
	return s
}

// TestStandingsAreWhatTheRulesSay folds rounds as they come, in any order and with many equal values, and compares with a standing made of
// all of them at once.
func TestStandingsAreWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		d.TieBreaks = d.TieBreaks[:rapid.IntRange(0, len(d.TieBreaks)).Draw(t, "ties that count")]
		rounds := make([]rule.Round, rapid.IntRange(0, 15).Draw(t, "rounds"))
		for i := range rounds {
			rounds[i] = drawRound(t, int64(i+1))
		}
		want := reference(d, rounds)
		var got Standing
		for _, r := range rapid.Permutation(rounds).Draw(t, "arrival") {
			_, err := foldRound(d, &got, r)
			require.NoError(t, err)
		}
		if len(rounds) == 0 {
			want.Tie = ""
		}
		require.Equal(t, len(want.Kept), len(got.Kept))
		if len(got.Kept) == 0 {
			want.Kept, got.Kept = nil, nil
		}
		require.Equal(t, want, got)
	})
}

// TestOrderOfPlayersIsThatOfTheTieBreaks compares the order of boards, by score and encoded ties, with the tie-breaks asked one after the
// other.
func TestOrderOfPlayersIsThatOfTheTieBreaks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		d.TieBreaks = d.TieBreaks[:rapid.IntRange(0, len(d.TieBreaks)).Draw(t, "ties that count")]
		few := rapid.Int64Range(0, 2)
		draw := func(name string) *Standing {
			s := &Standing{
				Units: few.Draw(t, name+" units"), MultiplierMicros: few.Draw(t, name+" multiplier"), DurationMillis: few.Draw(t, name+" duration"),
				FinishMicros: few.Draw(t, name+" finish"),
			}
			s.Tie = d.encodeTie(s)
			return s
		}
		a, b := draw("a"), draw("b")
		orders := []int{-cmp.Compare(a.Units, b.Units)}
		for _, tie := range d.TieBreaks {
			orders = append(orders, map[TieBreak]int{
				HighestMultiplier: -cmp.Compare(a.MultiplierMicros, b.MultiplierMicros), FastestRounds: cmp.Compare(a.DurationMillis, b.DurationMillis),
				EarliestFinish: cmp.Compare(a.FinishMicros, b.FinishMicros),
			}[tie])
		}
		require.Equal(t, cmp.Or(orders...), cmp.Or(-cmp.Compare(a.Units, b.Units), cmp.Compare(a.Tie, b.Tie)))
		require.Len(t, a.Tie, 8*len(d.TieBreaks))
	})
}

// TestRateLimitLeavesOutNoMoreThanItMust asks of each round whether it would be one too many in any window beside those that have counted:
// it is left out then, and only then.
func TestRateLimitLeavesOutNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := &Definition{Model: Count, Rate: rateLimit(rapid.SampledFrom([]float64{0.5, 1, 2.5, 3}).Draw(t, "rate"))}
		var s Standing
		var counted []int64
		for i := range rapid.IntRange(1, 40).Draw(t, "rounds") {
			r := drawRound(t, int64(i+1))
			verdict, err := foldRound(d, &s, r)
			require.NoError(t, err)
			with, tooMany := append(slices.Clone(counted), r.TsMicros), false
			for _, from := range with {
				inside := 0
				for _, at := range with {
					if at >= from && at < from+d.Rate.WindowMicros {
						inside++
					}
				}
				tooMany = tooMany || inside > d.Rate.Rounds
			}
			if tooMany {
				require.Equal(t, TooFast, verdict)
				continue
			}
			require.Equal(t, Scored, verdict)
			counted = with
		}
	})
}
