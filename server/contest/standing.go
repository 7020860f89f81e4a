package contest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// MaxUnits bounds the absolute value of a score, as the boards do.
const MaxUnits = int64(1) << 53

// maxStamps bounds how many counted rounds of a player the rate limit looks back on.
const maxStamps = 128

// Round is a counted round.
type Round struct {
	// Units are points in 10^-precision.
	Units int64
	// MultiplierMicros is the multiplier in millionths.
	MultiplierMicros int64
	DurationMillis   int64
	// TsMicros is when it happened.
	TsMicros int64
	// Seq is the journal position of its event.
	Seq int64
}

// Standing is what the fold knows of one player in one contest.
type Standing struct {
	// Units is the score.
	Units int64
	// Rounds is how many rounds counted, whether the score keeps them or not.
	Rounds int64
	// MultiplierMicros, DurationMillis and FinishMicros are the tie-break values of the rounds that make up the score.
	MultiplierMicros, DurationMillis, FinishMicros int64
	// Kept are the rounds that make up the score, best first; empty for Sum and Count.
	Kept []Round
	// Stamps are the times of the latest counted rounds in order; empty without a rate limit.
	Stamps []int64
}

// Verdict says what the fold did with a round.
type Verdict uint8

// What may become of a round.
const (
	// Scored means the standing took the round into account.
	Scored Verdict = iota + 1
	// TooFast means the player's rate limit left the round out.
	TooFast
	// TooOld means the round lies before the rounds the rate limit can still look back on, or so close behind them that rounds before
	// those may share a window with it.
	TooOld
)

// Fold takes one round into a standing. An error means that the score would leave the range of MaxUnits; the standing is unchanged then.
func (d *Definition) Fold(s *Standing, r Round) (Verdict, error) {
	at, verdict := d.admit(s, r.TsMicros)
	if verdict != Scored {
		return verdict, nil
	}
	switch d.Model {
	case Sum, Count:
		total := s.Units + r.Units
		if outOfRange(r.Units) || outOfRange(total) {
			return 0, fmt.Errorf("score of %d units is out of range", total)
		}
		s.Units = total
		s.MultiplierMicros = max(s.MultiplierMicros, r.MultiplierMicros)
		s.DurationMillis += r.DurationMillis
		if r.Units != 0 {
			s.FinishMicros = max(s.FinishMicros, r.TsMicros)
		}
	case BestN, MaxMultiplier, Last:
		if err := d.keep(s, r); err != nil {
			return 0, err
		}
	}
	s.Rounds++
	if d.Rate.Rounds > 0 {
		s.Stamps = slices.Insert(s.Stamps, at, r.TsMicros)
		if len(s.Stamps) > maxStamps {
			s.Stamps = slices.Delete(s.Stamps, 0, len(s.Stamps)-maxStamps)
		}
	}
	return Scored, nil
}

// admit applies the rate limit and returns where the round's time belongs among the stamps.
func (d *Definition) admit(s *Standing, ts int64) (at int, verdict Verdict) {
	k := d.Rate.Rounds
	if k == 0 {
		return 0, Scored
	}
	at, _ = slices.BinarySearch(s.Stamps, ts+1) // after equal times
	if len(s.Stamps) == maxStamps && (at == 0 || at < k && ts-s.Stamps[0] < d.Rate.WindowMicros) {
		return 0, TooOld
	}
	// With the round in place, some k+1 rounds in a row that include it must not lie within the window.
	stamp := func(i int) int64 {
		switch {
		case i < at:
			return s.Stamps[i]
		case i == at:
			return ts
		default:
			return s.Stamps[i-1]
		}
	}
	for first := max(0, at-k); first <= at && first+k <= len(s.Stamps); first++ {
		if stamp(first+k)-stamp(first) < d.Rate.WindowMicros {
			return at, TooFast
		}
	}
	return at, Scored
}

// keep puts a round among the kept ones when it belongs there and recomputes what they add up to.
func (d *Definition) keep(s *Standing, r Round) error {
	limit := 1
	if d.Model == BestN {
		limit = d.N
	}
	if len(s.Kept) == limit && d.compareRounds(r, s.Kept[limit-1]) >= 0 {
		return nil
	}
	at, _ := slices.BinarySearchFunc(s.Kept, r, d.compareRounds)
	units := s.Units + r.Units
	if len(s.Kept) == limit {
		units -= s.Kept[limit-1].Units
	}
	if outOfRange(r.Units) || outOfRange(units) {
		return fmt.Errorf("score of %d units is out of range", units)
	}
	if len(s.Kept) == limit {
		s.Kept = s.Kept[:limit-1]
	}
	s.Kept = slices.Insert(s.Kept, at, r)
	s.Units, s.MultiplierMicros, s.DurationMillis, s.FinishMicros = units, 0, 0, 0
	for i := range s.Kept {
		kept := &s.Kept[i]
		if kept.Units == 0 && d.Model == BestN {
			continue // a round without points is no part of the score
		}
		s.MultiplierMicros = max(s.MultiplierMicros, kept.MultiplierMicros)
		s.DurationMillis += kept.DurationMillis
		s.FinishMicros = max(s.FinishMicros, kept.TsMicros)
	}
	return nil
}

// compareRounds orders rounds by which is kept first: more points, then the contest's tie-breaks, then the earlier one. Last keeps the latest.
func (d *Definition) compareRounds(a, b Round) int {
	if d.Model == Last {
		return firstNonZero(compare(b.TsMicros, a.TsMicros), compare(b.Seq, a.Seq))
	}
	if c := compare(b.Units, a.Units); c != 0 {
		return c
	}
	for _, tie := range d.TieBreaks {
		c := 0
		switch tie {
		case HighestMultiplier:
			c = compare(b.MultiplierMicros, a.MultiplierMicros)
		case FastestRounds:
			c = compare(a.DurationMillis, b.DurationMillis)
		case EarliestFinish, ByUserID:
			c = compare(a.TsMicros, b.TsMicros)
		}
		if c != 0 {
			return c
		}
	}
	return firstNonZero(compare(a.TsMicros, b.TsMicros), compare(a.Seq, b.Seq))
}

// Tie encodes the tie-break values so that bytewise smaller is better: eight bytes a tie-break.
func (d *Definition) Tie(s *Standing) string {
	var buffer [24]byte
	encoded := buffer[:0]
	for _, tie := range d.TieBreaks {
		encoded = binary.BigEndian.AppendUint64(encoded, uint64(d.tieValue(s, tie, true)))
	}
	return string(encoded)
}

// tieValue is the value of one tie-break; ascending turns it so that smaller is better.
func (d *Definition) tieValue(s *Standing, tie TieBreak, ascending bool) int64 {
	switch tie {
	case HighestMultiplier:
		if ascending {
			return math.MaxInt64 - s.MultiplierMicros
		}
		return s.MultiplierMicros
	case FastestRounds:
		return s.DurationMillis
	case EarliestFinish:
		return s.FinishMicros
	case ByUserID:
	}
	return 0
}

func outOfRange(units int64) bool { return units > MaxUnits || units < -MaxUnits }

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func firstNonZero(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}
