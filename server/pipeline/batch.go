package pipeline

import (
	"context"
	"fmt"
	"slices"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// batch is some events of a lane on their way through the program.
type batch struct {
	*lane
	set     *contest.Set
	program *Program
	events  []fold.Event
	// end are the lane's positions after the batch.
	end journal.Positions
	out fold.Effects
	// clock moves the event clock and closes contests by it; nil with any other clock.
	clock *ticks
}

func (l *lane) newBatch(events []fold.Event, end journal.Positions) *batch {
	set := l.Contests.Set()
	b := &batch{lane: l, set: set, program: NewProgram(set), events: events, end: end}
	if l.EventClock != nil {
		b.clock = newTicks(l.EventClock)
	}
	return b
}

// fold takes the events through the program, in order.
func (b *batch) fold(ctx context.Context) error {
	for i := range b.events {
		b.program.Need(&b.events[i], b.scratch)
		if b.scratch.Len() >= maxRows {
			b.cut(i)
			break
		}
	}
	if err := b.scratch.Load(ctx, b.Store); err != nil {
		return err
	}
	for i := range b.events {
		e := &b.events[i]
		if b.clock != nil && b.clock.tick(b.set, b.Journal, e) {
			b.program = NewProgram(b.set.WithClosed(b.clock.closings))
		}
		if err := b.program.apply(e, b.scratch, &b.out); err != nil {
			b.bury(e, stageOf(e, b.scratch), err)
		}
		if b.out.Len() >= maxEffects || len(b.out.Emitted) >= maxEmitted {
			b.cut(i)
			break
		}
	}
	return nil
}

// cut ends the batch with its event number i: the events behind it are for the next one.
func (b *batch) cut(i int) {
	if i == len(b.events)-1 {
		return
	}
	b.events = b.events[:i+1]
	b.end = slices.Clone(b.positions)
	for j := range b.events {
		e := &b.events[j]
		b.end[e.Partition] = max(b.end[e.Partition], e.Seq)
	}
}

// The stages in which an event may be buried as a whole: its record can't be decoded, the program can't fold it, or what is stored of its
// state can't be read or written. The last is the one in which the same event may fare otherwise another time.
const stageJournal, stageFold, stageCommit = "journal", "fold", "commit"

// stageOf tells where an event failed that the program did not fold.
func stageOf(e *fold.Event, s *fold.Scratch) string {
	switch {
	case e.Broken != nil:
		return stageJournal
	case s.Damaged() != nil:
		return stageCommit
	default:
		return stageFold
	}
}

// maxLogged bounds the dead letters of a batch that are logged one by one; all of them are stored.
const maxLogged = 10

func (b *batch) bury(e *fold.Event, stage string, err error) {
	if len(b.out.Dead) < maxLogged {
		b.Log.Warn("event not folded", "event_id", e.GetEventId(), "stage", stage, "error", err.Error(), "trace_id", e.GetTraceId())
	}
	b.out.Bury(e, stage, "", err)
}

// commit stores everything the batch did, and how far it goes, or nothing.
func (b *batch) commit(ctx context.Context, moves []journal.Move) error {
	now := b.Now().UnixMicro()
	emitted := entries(b.out.Emitted)
	err := b.Store.FoldTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := b.checkRevision(ctx, tx); err != nil {
			return err
		}
		if err := b.Journal.AppendTx(ctx, tx, emitted, now); err != nil {
			return err
		}
		if err := b.scratch.Store(ctx, tx); err != nil {
			return err
		}
		if err := journal.Bury(ctx, tx, b.out.Dead, now); err != nil {
			return err
		}
		if err := contest.StoreLate(ctx, tx, b.out.Late, now); err != nil {
			return err
		}
		if err := b.clock.store(ctx, tx); err != nil {
			return err
		}
		return b.Journal.Advance(ctx, tx, moves)
	})
	if err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	b.clock.commit()
	if len(emitted) > 0 {
		b.Journal.Wake()
	}
	for range b.out.Dead {
		b.Buried()
	}
	b.tellUnrated()
	return nil
}

// tellUnrated counts, by contest, the events that did not count since there is no rate of their day.
func (b *batch) tellUnrated() {
	if len(b.out.Unrated) == 0 || b.Unrated == nil {
		return
	}
	events := map[string]int64{}
	for _, contestID := range b.out.Unrated {
		events[contestID]++
	}
	for contestID, count := range events {
		b.Unrated(contestID, count)
	}
}

// checkRevision returns catalog.ErrStale when contests have changed since the batch began. It keeps them from changing until the
// transaction ends.
func (b *batch) checkRevision(ctx context.Context, tx *store.Tx) error {
	if b.clock.closes() {
		return b.set.TakeRevision(ctx, tx) // the batch changes contests itself
	}
	return b.set.CheckRevision(ctx, tx)
}

// entries are emitted events as the journal takes them.
func entries(emitted []*laurelv1.Event) []journal.Entry {
	list := make([]journal.Entry, len(emitted))
	for i, e := range emitted {
		body, hash := event.Content(nil, e)
		list[i] = journal.EntryOf(e, hash, body)
	}
	return list
}
