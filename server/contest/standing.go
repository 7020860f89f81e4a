package contest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/rule"
)

// MaxUnits bounds the absolute value of a score, as the boards do.
const MaxUnits = int64(1) << 53

// maxStamps bounds how many counted rounds of a player the rate limit looks back on.
const maxStamps = 128

// Standing is what the fold knows of one player in one contest.
type Standing struct {
	// Units is the score.
	Units int64
	// Rounds is how many rounds make up the score: all that counted for Sum and Count, the kept ones otherwise.
	Rounds int64
	// Counted is how many rounds an older version of Laurel says that it counted, when they are more than Rounds: it kept count of those as
	// well that are not among them. It is forgotten when the row is written again.
	Counted int64
	// MultiplierMicros, DurationMillis and FinishMicros are the tie-break values of the rounds that make up the score.
	MultiplierMicros, DurationMillis, FinishMicros int64
	// Kept are the rounds that make up the score, best first; empty for Sum and Count.
	Kept []rule.Round
	// Stamps are the times of the latest counted rounds in order; empty without a rate limit.
	Stamps []int64
	// Tie is the encoded tie-break values: eight bytes a tie-break, bytewise smaller is better.
	Tie string
}

// CopyTo implements fold.State.
func (s *Standing) CopyTo(into fold.State) {
	copied, ok := into.(*Standing)
	if !ok {
		return
	}
	kept, stamps := copied.Kept[:0], copied.Stamps[:0]
	*copied = *s
	copied.Kept, copied.Stamps = append(kept, s.Kept...), append(stamps, s.Stamps...)
}

// standingBytes is what a standing takes in memory without its lists, roundBytes what a round of them does.
const standingBytes, roundBytes = 120, 40

// Size implements fold.State.
func (s *Standing) Size() int {
	return standingBytes + roundBytes*cap(s.Kept) + 8*cap(s.Stamps) + len(s.Tie)
}

// Verdict says what the fold did with a round.
type Verdict uint8

// What may become of a round.
const (
	// Scored means the standing took the round into account.
	Scored Verdict = iota + 1
	// Unmoved means that the round counted and is not among those that make up the score.
	Unmoved
	// TooFast means the player's rate limit left the round out.
	TooFast
	// TooOld means the round lies before the rounds the rate limit can still look back on, or so close behind them that rounds before
	// those may share a window with it.
	TooOld
)

// Judge says what a round would do to a standing, and where its time belongs among the stamps, without changing anything. An error means
// that the score would leave the range of MaxUnits.
func (d *Definition) Judge(s *Standing, r rule.Round) (at int, verdict Verdict, err error) {
	at, verdict = d.admit(s, r.TsMicros)
	if verdict != Scored {
		return 0, verdict, nil
	}
	units := s.Units + r.Units
	if limit := d.keeps(); limit > 0 {
		full := len(s.Kept) == limit
		switch {
		case full && d.compareRounds(r, s.Kept[limit-1]) >= 0 && d.Rate.Rounds == 0:
			return 0, Unmoved, nil
		case full && d.compareRounds(r, s.Kept[limit-1]) >= 0:
			return at, Scored, nil // the rate limit must know of it
		case full:
			units -= s.Kept[limit-1].Units
		}
	}
	if outOfRange(r.Units) || outOfRange(units) {
		return 0, 0, fmt.Errorf("score of %d units is out of range", units)
	}
	return at, Scored, nil
}

// keeps is how many rounds make up a score; 0 means all.
func (d *Definition) keeps() int {
	switch d.Model {
	case BestN:
		return d.N
	case MaxMultiplier, Last:
		return 1
	case Sum, Count:
	}
	return 0
}

// Take takes a round that Judge has scored into a standing.
func (d *Definition) Take(s *Standing, r rule.Round, at int) {
	if limit := d.keeps(); limit > 0 {
		d.keep(s, r, limit)
	} else {
		s.Units += r.Units
		s.Rounds++
		s.MultiplierMicros = max(s.MultiplierMicros, r.MultiplierMicros)
		s.DurationMillis += r.DurationMillis
		if r.Units != 0 {
			s.FinishMicros = max(s.FinishMicros, r.TsMicros)
		}
	}
	if d.Rate.Rounds > 0 {
		s.Stamps = slices.Insert(s.Stamps, at, r.TsMicros)
		if len(s.Stamps) > maxStamps {
			s.Stamps = slices.Delete(s.Stamps, 0, len(s.Stamps)-maxStamps)
		}
	}
	s.Tie = d.encodeTie(s)
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
func (d *Definition) keep(s *Standing, r rule.Round, limit int) {
	if len(s.Kept) == limit {
		if d.compareRounds(r, s.Kept[limit-1]) >= 0 {
			return
		}
		s.Units -= s.Kept[limit-1].Units
		s.Kept = s.Kept[:limit-1]
	}
	at, _ := slices.BinarySearchFunc(s.Kept, r, d.compareRounds)
	if count := len(s.Kept); count == cap(s.Kept) {
		s.Kept = append(make([]rule.Round, 0, min(max(1, 2*count), limit)), s.Kept...) // no more room than it may ever need
	}
	s.Kept = slices.Insert(s.Kept, at, r)
	s.Units, s.Rounds, s.MultiplierMicros, s.DurationMillis, s.FinishMicros = s.Units+r.Units, int64(len(s.Kept)), 0, 0, 0
	for i := range s.Kept {
		kept := &s.Kept[i]
		if kept.Units == 0 && d.Model == BestN {
			continue // a round without points is no part of the score
		}
		s.MultiplierMicros = max(s.MultiplierMicros, kept.MultiplierMicros)
		s.DurationMillis += kept.DurationMillis
		s.FinishMicros = max(s.FinishMicros, kept.TsMicros)
	}
}

// compareRounds orders rounds by which is kept first: more points, then the contest's tie-breaks, then the earlier one. Last keeps the
// latest.
func (d *Definition) compareRounds(a, b rule.Round) int {
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

func (d *Definition) encodeTie(s *Standing) string {
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
