package pipeline

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
)

// maxLoggedPerBatch bounds the dead letters of a batch that are logged one by one; all of them are stored.
const maxLoggedPerBatch = 10

// hit is a round of an event that counts in a contest.
type hit struct {
	key
	record *journal.Record
	event  *laurelv1.Event
	round  rule.Round
}

// batch is some records on their way through the stages, with one set of contests.
type batch struct {
	p       *Pipeline
	set     *contest.Set
	records []journal.Record
	// end is the last position of the batch.
	end  int64
	hits []hit
	// known are the standings of all hits.
	known map[key]*contest.Row
	// rows are the changed standings, each once; oldest is the arrival of the oldest event that changed a contest.
	rows   []*contest.Row
	oldest map[string]int64
	dead   []journal.DeadLetter
	late   []contest.Late
	// marks and closings move the event clock and close contests by it; unused with any other clock.
	marks    *contest.Marks
	closings map[string]int64
}

func (p *Pipeline) newBatch(records []journal.Record) *batch {
	b := &batch{p: p, set: p.Contests.Set(), records: records, end: records[len(records)-1].Seq, oldest: map[string]int64{}, closings: map[string]int64{}}
	if p.EventClock != nil {
		b.marks = p.EventClock.Begin()
	}
	return b
}

// score finds the contests each event counts in and what it is worth there.
func (b *batch) score() {
	b.hits = make([]hit, 0, len(b.records))
	for i := range b.records {
		record := &b.records[i]
		if record.Seq <= b.p.lease.Cursors[record.Partition] {
			continue // folded by the partition's owner before
		}
		e := &laurelv1.Event{}
		if err := proto.Unmarshal(record.Body, e); err != nil {
			b.bury(record, e, "journal", "", fmt.Errorf("decode event: %w", err))
			continue
		}
		if b.marks != nil {
			b.tick(record.Seq, e)
		}
		b.scoreEvent(record, e)
		if len(b.hits)+len(b.dead)+len(b.late) >= maxHits {
			b.records, b.end = b.records[:i+1], record.Seq
			return
		}
	}
}

func (b *batch) scoreEvent(record *journal.Record, e *laurelv1.Event) {
	ts := event.TsMicros(e)
	for _, program := range b.set.Match(e) {
		c := b.set.Get(program.ContestID)
		if !c.InWindow(ts) {
			continue
		}
		round, outcome, err := program.Score(e)
		switch {
		case err != nil:
			b.bury(record, e, "rule", c.ID, err)
		case outcome != rule.Counted:
		case b.afterClose(c, record.Seq):
			b.late = append(b.late, contest.Late{Seq: record.Seq, ContestID: c.ID, EventID: e.GetEventId(), UserID: e.GetUser().GetId(), Reason: "after_close"})
		default:
			b.hits = append(b.hits, hit{key{c.ID, e.GetUser().GetId()}, record, e, round})
		}
	}
}

// afterClose reports whether a position lies after the one the contest closed at.
func (b *batch) afterClose(c *contest.Live, seq int64) bool {
	closeSeq := c.CloseSeq
	if at, ok := b.closings[c.ID]; ok {
		closeSeq = at
	}
	return closeSeq != 0 && seq > closeSeq
}

// tick moves the event clock; a contest whose grace it passes closes right before this event.
func (b *batch) tick(seq int64, e *laurelv1.Event) {
	ts := event.TsMicros(e)
	if !b.marks.Observe(e.GetMarket(), e.GetBrand(), ts) {
		return
	}
	for _, c := range b.set.All() {
		if _, closed := b.closings[c.ID]; !closed && c.CloseSeq == 0 && ts >= c.GraceEnd && c.InScope(e.GetMarket(), e.GetBrand()) {
			b.closings[c.ID] = max(seq-1, 1)
		}
	}
}

// stand takes the rounds into the players' standings, in order.
func (b *batch) stand(ctx context.Context) error {
	if err := b.load(ctx); err != nil {
		return err
	}
	changed := make(map[*contest.Row]struct{}, len(b.hits))
	for i := range b.hits {
		h := &b.hits[i]
		c := b.set.Get(h.contestID)
		row := b.known[h.key]
		verdict, err := c.Fold(row.State, contest.Round{
			Units: h.round.Units, MultiplierMicros: h.round.MultiplierMicros, DurationMillis: h.round.DurationMillis, TsMicros: h.round.TsMicros, Seq: h.record.Seq,
		})
		switch {
		case err != nil:
			b.bury(h.record, h.event, "contest", c.ID, err)
			continue
		case verdict == contest.TooOld:
			b.late = append(b.late, contest.Late{Seq: h.record.Seq, ContestID: c.ID, EventID: h.event.GetEventId(), UserID: h.userID, Reason: "before_rate_history"})
			continue
		case verdict == contest.TooFast:
			continue
		}
		row.Seq, row.Version = h.record.Seq, c.Version
		if _, known := changed[row]; !known {
			changed[row] = struct{}{}
			b.rows = append(b.rows, row)
		}
		if oldest, ok := b.oldest[c.ID]; !ok || h.record.IngestMicros < oldest {
			b.oldest[c.ID] = h.record.IngestMicros
		}
	}
	for _, row := range b.rows {
		row.Tie = b.set.Get(row.ContestID).Tie(row.State)
	}
	return nil
}

// load finds the standings of all hits: in the cache, in the database with one query a contest, or new.
func (b *batch) load(ctx context.Context) error {
	b.known = make(map[key]*contest.Row, len(b.hits))
	missing := map[string][]string{}
	for i := range b.hits {
		h := &b.hits[i]
		if _, known := b.known[h.key]; known {
			continue
		}
		row := b.p.cache.get(h.key)
		if row == nil {
			row = &contest.Row{ContestID: h.contestID, UserID: h.userID, Partition: h.record.Partition, State: &contest.Standing{}}
			missing[h.contestID] = append(missing[h.contestID], h.userID)
		}
		b.known[h.key] = row
	}
	for contestID, users := range missing {
		rows, err := contest.LoadRows(ctx, b.p.Store, contestID, users)
		if err != nil {
			return err
		}
		for _, row := range rows {
			b.known[key{contestID, row.UserID}] = row
		}
		for _, user := range users {
			k := key{contestID, user}
			b.p.cache.put(k, b.known[k])
		}
	}
	return nil
}

// commit stores everything the batch did, and the cursor, or nothing.
func (b *batch) commit(ctx context.Context) error {
	now := b.p.Now().UnixMicro()
	err := b.p.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := b.set.CheckRevision(ctx, tx); err != nil {
			return err
		}
		if err := contest.StoreRows(ctx, tx, b.rows); err != nil {
			return err
		}
		if err := journal.Bury(ctx, tx, b.dead, now); err != nil {
			return err
		}
		if err := contest.StoreLate(ctx, tx, b.late, now); err != nil {
			return err
		}
		if err := b.moveClock(ctx, tx); err != nil {
			return err
		}
		return b.p.Journal.Advance(ctx, tx, b.p.lease, b.end)
	})
	if err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	if b.marks != nil {
		b.marks.Commit()
	}
	for range b.dead {
		b.p.Buried()
	}
	return nil
}

func (b *batch) moveClock(ctx context.Context, tx *store.Tx) error {
	if b.marks == nil {
		return nil
	}
	for contestID, position := range b.closings {
		if _, err := contest.Close(ctx, tx, contestID, position); err != nil {
			return err
		}
	}
	return b.marks.Store(ctx, tx)
}

// distrustBoards has the boards of a batch rebuilt when it is not known whether it was committed: they may miss it for good.
func (b *batch) distrustBoards(err error) {
	if errors.Is(err, contest.ErrStale) || errors.Is(err, journal.ErrFenced) {
		return // rolled back for certain
	}
	for contestID := range b.oldest {
		b.p.Boards.Distrust(contestID)
	}
}

// closed reports whether the batch closed a contest by the event clock.
func (b *batch) closed() bool { return len(b.closings) > 0 }

func (b *batch) bury(record *journal.Record, e *laurelv1.Event, stage, subject string, err error) {
	if len(b.dead) < maxLoggedPerBatch {
		b.p.Log.Warn("event not folded", "event_id", e.GetEventId(), "stage", stage, "contest", subject, "error", err.Error(), "trace_id", e.GetTraceId())
	}
	b.dead = append(b.dead, journal.DeadLetter{Seq: record.Seq, EventID: e.GetEventId(), Stage: stage, Subject: subject, Reason: err.Error()})
}
