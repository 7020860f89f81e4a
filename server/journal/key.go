package journal

import (
	"math"
	"time"

	"github.com/laurelhq/laurel/server/event"
)

const (
	// DefaultHorizonDays is the horizon of an installation that has chosen none: a contest of a year, its appeals, and whatever is sent again at its end.
	DefaultHorizonDays = 400
	// MaxHorizonDays bounds it: a hundred years.
	MaxHorizonDays = 36_500
	// HorizonMargin is how much longer than the horizon a key is kept. It covers events that are dated ahead and clocks that differ, so that nobody is told
	// "too old" earlier than the horizon says. That nothing counts twice does not hang on it.
	HorizonMargin = time.Hour
	// sweepsPerHorizon is how many times keys are dropped while the horizon passes once: a key lies that much longer than it must, and each time all are looked at.
	sweepsPerHorizon = 16
)

// Horizon is how old an event may be when it arrives.
type Horizon struct {
	// Days is what was chosen. An event that happened longer ago is refused.
	Days int
	// FloorMicros is the time below which keys may have been dropped: no event before it is taken in, however long the horizon is by now. 0 while none was.
	FloorMicros int64
}

// Span is the chosen time.
func (h Horizon) Span() time.Duration { return time.Duration(h.Days) * 24 * time.Hour }

// OldestMicros is the oldest event_ts that may come in at a time.
func (h Horizon) OldestMicros(now time.Time) int64 {
	return max(h.FloorMicros, now.Add(-h.Span()).UnixMicro())
}

// nextFloor is the floor to which keys may be dropped at a time, and whether that is far enough above the present one to look at all keys for.
func (h Horizon) nextFloor(now time.Time) (micros int64, due bool) {
	micros = now.Add(-h.Span() - HorizonMargin).UnixMicro()
	return micros, micros-h.FloorMicros >= (h.Span() / sweepsPerHorizon).Microseconds()
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
