package pipeline

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/player"
	"github.com/laurelhq/laurel/server/store"
)

// FoldOn is CatchUp for a process that does not know yet that others took it for dead: it gives no heartbeat first.
func (p *Pipeline) FoldOn(ctx context.Context) error { return p.foldAll(ctx) }

// Beat gives one heartbeat and folds nothing.
func (p *Pipeline) Beat(ctx context.Context) error { return p.beat(ctx) }

// Turn has one lane fold one batch, of what was read now, and returns how many events it had. It gives no heartbeat.
func (p *Pipeline) Turn(ctx context.Context, lane int) (int, error) {
	done := make(chan struct{})
	go func() { defer close(done); p.publishAll(context.WithoutCancel(ctx)) }()
	defer func() { close(p.publish); <-done; p.publish = make(chan published, maxUnpublished) }()
	if p.feed.full() == nil {
		if _, err := p.feed.fill(ctx); err != nil {
			return 0, err
		}
	}
	return p.lanes[lane%len(p.lanes)].cycle(ctx)
}

// Snapshot keeps the top of a contest's board, as KeepSnapshots does at every interval.
func (p *Pipeline) Snapshot(ctx context.Context, contestID string) error {
	return p.snapshot(ctx, p.Contests.Set().Get(contestID), map[string]int64{})
}

// Observed is what a snapshot of a contest under a number appends.
func (p *Pipeline) Observed(ctx context.Context, contestID string, number int64) error {
	c := p.Contests.Set().Get(contestID)
	page, err := p.Boards.Page(ctx, contestID, 0, contest.SnapshotRows)
	if err != nil {
		return err
	}
	return p.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return p.observed(c, page.Rows)(ctx, tx, number) })
}

// Sizes is how large the batches of a lane become that meets one outcome after another; each batch has as many events as it may.
func (p *Pipeline) Sizes(outcomes ...Outcome) (sizes []int) {
	l := p.newLane(0)
	for _, o := range outcomes {
		l.adjust(make([]fold.Event, min(l.size, o.Waiting)), o.Took, o.Err)
		sizes = append(sizes, l.size)
	}
	return sizes
}

// Outcome is what became of a batch: how many events waited, how long it took, and how it failed.
type Outcome struct {
	Waiting int
	Took    time.Duration
	Err     error
}

// SlowBatch is what a batch may take.
const SlowBatch = slowBatch

// The beginnings of the ids of players whose page can't be read or written, by a fault of the program.
const (
	UnreadablePlayer = "unreadable"
	UnwritablePlayer = "unwritable"
)

// BreakPages has reading and writing the pages of some players panic. Call it before any test runs.
func BreakPages() { Tables[fold.PlayerPage] = brokenPages{} }

type brokenPages struct{ player.Pages }

var errBroken = errors.New("broken page")

func (t brokenPages) Load(ctx context.Context, s *store.Store, keys []fold.Key) ([]*fold.Row, error) {
	for _, k := range keys {
		if strings.HasPrefix(k.Subject, UnreadablePlayer) {
			panic(errBroken)
		}
	}
	return t.Pages.Load(ctx, s, keys)
}

func (t brokenPages) Store(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	for _, row := range rows {
		if strings.HasPrefix(row.Subject, UnwritablePlayer) {
			panic(errBroken)
		}
	}
	return t.Pages.Store(ctx, tx, rows)
}
