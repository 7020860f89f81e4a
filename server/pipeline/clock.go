package pipeline

import (
	"context"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// ticks move the event clock over one batch. With any other clock it is nil, and does nothing.
type ticks struct {
	marks *contest.Marks
	// closings are the contests that the batch closes, with the positions.
	closings map[string]journal.Positions
}

func newTicks(clock *contest.EventClock) *ticks {
	return &ticks{marks: clock.Begin(), closings: map[string]journal.Positions{}}
}

// tick moves the clock; a contest whose grace it passes closes right before this event. It reports whether one did.
func (t *ticks) tick(set *contest.Set, j *journal.Journal, e *fold.Event) (closed bool) {
	if !t.marks.Observe(e.GetMarket(), e.GetBrand(), e.TsMicros) {
		return false
	}
	for _, c := range set.All() {
		due := c.CloseSeq == nil && e.TsMicros >= c.GraceEnd && !c.Paused()
		if _, known := t.closings[c.ID]; !known && due && c.InScope(e.GetMarket(), e.GetBrand()) {
			t.closings[c.ID] = j.Before(e.Seq)
			closed = true
		}
	}
	return closed
}

// closes reports whether the batch closes a contest.
func (t *ticks) closes() bool { return t != nil && len(t.closings) > 0 }

func (t *ticks) store(ctx context.Context, tx *store.Tx) error {
	if t == nil {
		return nil
	}
	for contestID, at := range t.closings {
		if _, err := contest.Close(ctx, tx, contestID, at); err != nil {
			return err
		}
	}
	return t.marks.Store(ctx, tx)
}

func (t *ticks) commit() {
	if t != nil {
		t.marks.Commit()
	}
}
