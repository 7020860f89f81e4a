package journal

import (
	"math"
	"time"

	"github.com/laurelhq/laurel/server/event"
)

const (
	// DefaultHorizonDays is the horizon of an installation that has chosen none: a contest of a year, its appeals, and whatever is sent again
	// at its end.
	DefaultHorizonDays = 400
	// MaxHorizonDays bounds it: a hundred years.
	MaxHorizonDays = 36_500
	// HorizonMargin is how much longer than the horizon a key is kept. It covers events that are dated ahead and clocks that differ, so that
	// nobody is told "too old" earlier than the horizon says. That nothing counts twice does not hang on it.
	HorizonMargin = time.Hour
	// maxMarks bounds the marks that are kept, marksPerHorizon is how many are made while the horizon passes once.
	maxMarks, marksPerHorizon = 64, 32
	// sweepsPerHorizon is how many times keys are dropped while the horizon passes once: a key lies that much longer than it must, and each
	// time all are looked at.
	sweepsPerHorizon = 16
)

// Horizon is how old an event may be when it arrives.
type Horizon struct {
	// Days is what was chosen. An event that happened longer ago is refused.
	Days int
	// FloorMicros is the time below which keys may have been dropped: no event before it is taken in, however long the horizon is by now. 0
	// while none was.
	FloorMicros int64
}

// Span is the chosen time.
func (h Horizon) Span() time.Duration { return time.Duration(h.Days) * 24 * time.Hour }

// OldestMicros is the oldest event_ts that may come in at a time.
func (h Horizon) OldestMicros(now time.Time) int64 {
	return max(h.FloorMicros, now.Add(-h.Span()).UnixMicro())
}

// nextFloor is the floor to which keys may be dropped at a time, whether that is far enough above the present one to look at all keys for,
// and when the last events arrived whose keys are looked at: those that came later may have happened at the floor or later.
func (h Horizon) nextFloor(now time.Time) (micros, arrived int64, due bool) {
	micros = now.Add(-h.Span() - HorizonMargin).UnixMicro()
	return micros, micros - HorizonMargin.Microseconds(), micros-h.FloorMicros >= (h.Span() / sweepsPerHorizon).Microseconds()
}

// A mark says where the journal stood at a time: whatever arrived later stands above, however much of what lies below has been dropped
// since.
type mark struct {
	At       int64 `json:"at"`
	Position int64 `json:"at_or_below"`
}

// marks are in the order of time.
type marks []mark

// due tells whether another one is wanted.
func (m marks) due(now time.Time, h Horizon) bool {
	return len(m) == 0 || now.UnixMicro()-m[len(m)-1].At >= (h.Span()/marksPerHorizon).Microseconds()
}

// before is the position above which everything arrived at a time or later; 0 when no mark is so old.
func (m marks) before(micros int64) (position int64) {
	for _, at := range m {
		if at.At <= micros {
			position = at.Position + 1
		}
	}
	return position
}

// with adds a mark, and leaves out what is not asked for any more, since a later one is older than the horizon too, and every other one of
// too many.
func (m marks) with(next mark, floorMicros int64) marks {
	m = append(m, next)
	for len(m) > 1 && m[1].At <= floorMicros {
		m = m[1:]
	}
	if len(m) < maxMarks {
		return m
	}
	var fewer marks
	for i := range m {
		if i%2 == 0 || i == len(m)-1 {
			fewer = append(fewer, m[i])
		}
	}
	return fewer
}

// noFloor is the oldest event of entries that come in whatever the floor is.
const noFloor = math.MaxInt64

// oldest is the time of the oldest entry that the floor concerns: all but history, whose keys are kept for good.
func oldest(entries []Entry) int64 {
	least := int64(noFloor)
	for i := range entries {
		if entries[i].TsMicros < least && !event.IsHistory(entries[i].Source) {
			least = entries[i].TsMicros
		}
	}
	return least
}
