package pipeline_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// gated is an engine that has read what it is to load and waits to be let on.
type gated struct {
	board.Engine
	in, out chan struct{}
}

func (g *gated) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	var list []board.Entry
	for e, err := range entries {
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	if g.in != nil {
		g.in <- struct{}{}
		<-g.out
	}
	return g.Engine.Load(ctx, id, func(yield func(board.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}, positions)
}

// TestReplyLostDuringARebuildReachesTheBoard loses the reply of a commit while the board is being rebuilt from standings read before it.
func TestReplyLostDuringARebuildReachesTheBoard(t *testing.T) {
	t.Parallel()
	line, s := overLine(t)
	g := &gated{Engine: memory.New(), in: make(chan struct{}), out: make(chan struct{})}
	p := start(t, s, options{eventClock: true, engine: g, now: still})
	p.publish(t, sprint("c", "type: sum"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
	p.fold(t)
	<-g.in // the rebuild has read standings
	p.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
	lost := line.next(fault{text: []byte(commit), loseReply: true})
	require.Eventually(t, func() bool { return p.pipeline.CatchUp(t.Context()) != nil }, patience, 5*time.Millisecond)
	<-lost.caught
	p.fold(t)
	g.out <- struct{}{}
	go func() {
		for {
			select {
			case <-g.in:
				g.out <- struct{}{}
			case <-t.Context().Done():
				return
			}
		}
	}()
	p.equalsStandings(t, g, "c", "the batch is on the board")
}

// TestFirstEventOfAllDoesNotCountInAFinalContest closes a contest of the past on an empty journal, as a new installation with old
// definitions does.
func TestFirstEventOfAllDoesNotCountInAFinalContest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(90_000)
		p := start(t, s, options{now: clock.now})
		p.publish(t, sprint("c", "type: sum"))
		p.settle(t, "c")
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		p.send(t, spin{id: "2", user: "b", at: at(1), bet: 100, win: 100}.event())
		p.fold(t)
		require.Empty(t, p.standings(t, "c"), "close %s", p.contest(t, "c").CloseSeq)
	})
}

// TestTitlePublishedDuringAFreezeLeavesTheResultTrue publishes a new title while a result is being copied: the hash must be that of the
// definition which the final contest shows.
func TestTitlePublishedDuringAFreezeLeavesTheResultTrue(t *testing.T) {
	t.Parallel()
	line, s := overLine(t)
	clock := clockAt(60)
	p := start(t, s, options{now: clock.now})
	p.publish(t, sprint("c", "type: sum", "title: First"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
	p.fold(t)
	clock.set(90_000)
	letGo := make(chan struct{})
	f := line.next(fault{text: []byte("INSERT INTO final_standing"), passOn: letGo})
	done := make(chan error, 1)
	go func() { done <- p.finish("c") }()
	select {
	case <-f.caught:
	case err := <-done:
		require.FailNow(t, "the freeze wrote nothing", "%v", err)
	}
	p.publish(t, sprint("c", "type: sum", "title: Second")) // this process follows it at once
	close(letGo)
	require.NoError(t, <-done)
	c := p.contest(t, "c")
	require.NotEmpty(t, c.ResultHash)
	result := newHash(t, s, c.Hash, c.CloseSeq)
	require.Equal(t, result, c.ResultHash, "version %d title %s", c.Version, c.Title)
}

// finish steps until a contest is final. Another test's open transaction on the same server may hold that back for a moment.
func (p *process) finish(contestID string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if err := p.contests.Step(ctx); err != nil {
			return err
		}
		if c, err := p.contests.Get(ctx, contestID); err != nil || c.ResultHash != "" {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

// frozenReads is an engine that never answers a reader.
type frozenReads struct{ board.Engine }

func (e frozenReads) Page(ctx context.Context, _ string, _, _ int64) (board.Page, error) {
	<-ctx.Done()
	return board.Page{}, ctx.Err()
}

// TestReaderOfAHangingEngineGetsStandings reads while the engine hangs: rows come from the database, marked stale.
func TestReaderOfAHangingEngineGetsStandings(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	p := start(t, s, options{eventClock: true, engine: frozenReads{memory.New()}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	page, err := p.boards.Page(ctx, "c", 0, 10)
	require.NoError(t, err)
	require.True(t, page.Stale)
}

func newHash(t *testing.T, s *store.Store, hash string, at journal.Positions) string {
	t.Helper()
	ranked, _, _, err := contest.SortedPage(t.Context(), s, "c", 0, 100, len(at))
	require.NoError(t, err)
	result := contest.NewResultHash(hash, at)
	for i, row := range ranked {
		result.Add(int64(i)+1, row)
	}
	return result.Sum()
}

// TestCommitThatArrivesLateReachesTheBoard holds a commit back on its way to the server until the process has given it up and found that it
// did not happen.
func TestCommitThatArrivesLateReachesTheBoard(t *testing.T) {
	t.Parallel()
	line, s := overLine(t)
	engine := memory.New()
	p := start(t, s, options{eventClock: true, engine: engine, now: still})
	p.publish(t, sprint("c", "type: sum"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
	p.fold(t)
	p.equalsStandings(t, engine, "c", "the board is built")
	p.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
	arrive := make(chan struct{})
	late := line.next(fault{text: []byte(commit), hangUp: true, passOn: arrive})
	require.Eventually(t, func() bool { return p.pipeline.CatchUp(t.Context()) != nil }, patience, 5*time.Millisecond,
		"the commit fails as far as the process knows")
	<-late.caught
	lines := p.standings(t, "c")
	close(arrive)
	require.Equal(t, []string{"a 10000"}, lines, "the batch was not committed yet")
	p.foldDespite(t) // it may come while the batch is folded again
	require.Equal(t, []string{"a 20000"}, p.standings(t, "c"), "the batch that came late counts once")
	p.equalsStandings(t, engine, "c", "and is on the board")
}
