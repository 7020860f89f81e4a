package pipeline

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
)

const (
	// maxUnpublished bounds the committed batches that wait to be put on the boards.
	maxUnpublished = 4
	// drainTime bounds how long a lane that gives partitions back waits for its batches to be on the boards.
	drainTime = 2 * time.Second
)

// published is what the boards and the sockets learn of a committed batch.
type published struct {
	batches []board.Batch
	// oldest is, by board, when the oldest event behind the change arrived, or one before it, in microseconds.
	oldest map[string]int64
	// partitions and end are how far the batch goes.
	partitions []int
	end        journal.Positions
	// drained, when set, is closed in place of all that: everything before it is done.
	drained chan struct{}
}

// published groups the changed standings by board and partition. A group goes by the highest position among its standings, so that what a
// board has applied follows from its standings alone; boards skip a group they have applied before.
func (b *batch) published() published {
	type group struct {
		board     string
		partition int
	}
	at := map[group]int{}
	out := published{oldest: map[string]int64{}, partitions: b.partitions, end: slices.Clone(b.end)}
	oldest := int64(math.MaxInt64)
	for i := range b.events {
		oldest = min(oldest, b.events[i].IngestMicros)
	}
	b.scratch.Changes(fold.Standing, func(_, after *fold.Row) {
		g := group{after.Definition, after.Partition}
		i, known := at[g]
		if !known {
			i = len(out.batches)
			at[g] = i
			out.batches = append(out.batches, board.Batch{Board: g.board, Partition: g.partition})
			out.oldest[g.board] = oldest
		}
		standing := contest.Of(after)
		out.batches[i].Seq = max(out.batches[i].Seq, after.Seq)
		out.batches[i].Entries = append(out.batches[i].Entries, board.Entry{UserID: after.Subject, Units: standing.Units, Tie: standing.Tie})
	})
	return out
}

// publishAll puts committed batches on the boards, in order, while the next ones are being folded. An engine that is away holds nothing
// up: its boards are rebuilt from standings when it is back.
func (p *Pipeline) publishAll(ctx context.Context) {
	for out := range p.publish {
		if out.drained != nil {
			close(out.drained)
			continue
		}
		if len(out.batches) > 0 {
			p.show(ctx, out)
		}
		if p.Boards.Settled() {
			p.shown.advance(out.partitions, out.end)
		}
	}
}

func (p *Pipeline) show(ctx context.Context, out published) {
	start := p.Now()
	if err := p.Boards.Apply(ctx, out.batches); err != nil {
		p.Log.WarnContext(ctx, "boards not updated, they will be rebuilt", "error", err.Error())
	}
	p.Ranked(p.Now().Sub(start))
	for contestID, oldest := range out.oldest {
		p.Changed(contestID, oldest)
	}
}

// drain waits until the lane's batches are on the boards, or drainTime is over.
func (l *lane) drain(ctx context.Context) {
	done := make(chan struct{})
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case l.publish <- published{drained: done}:
	case <-timer.C:
		return
	}
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// shown is, by partition, the position up to which boards have what was folded.
type shown struct {
	mu        sync.Mutex
	positions map[int]int64
}

func (s *shown) reset(partition int, position int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions[partition] = position
}

func (s *shown) advance(partitions []int, to journal.Positions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, partition := range partitions {
		s.positions[partition] = max(s.positions[partition], to[partition])
	}
}

func (s *shown) at(partition int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.positions[partition]
}
