package pipeline_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// overtaken is a standby's engine: before each of its loads goes in, the owner has folded and applied another batch.
type overtaken struct {
	board.Engine
	loads    atomic.Int64
	overtake func()
}

func (e *overtaken) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	e.loads.Add(1)
	e.overtake()
	return e.Engine.Load(ctx, id, entries, positions)
}

// TestStandbyLeavesAHealthyBoardAlone has a standby rebuild a board that its owner applies batches to faster than standings are read. It
// gives up as soon as it knows that the board is there, and does not read the contest again and again for ever.
func TestStandbyLeavesAHealthyBoardAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		engine, _ := redisEngine(t)
		owner := start(t, s, options{eventClock: true, engine: engine})
		owner.publish(t, sprint("c", "type: sum"))
		owner.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		owner.fold(t)
		owner.equalsStandings(t, engine, "c", "the board is built")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		slow := &overtaken{Engine: engine}
		slow.overtake = func() {
			id := fmt.Sprint("standby read ", slow.loads.Load())
			if _, err := owner.ingest.Accept(ctx, event.SourceMain,
				[]*laurelv1.Event{spin{id: id, user: "a", at: at(2), bet: 100, win: 100}.event()}); err != nil {
				t.Error(err)
			}
			for waiting := int64(1); waiting > 0 && ctx.Err() == nil; waiting, _, _ = owner.journal.Backlog(ctx, 1) {
				if err := owner.pipeline.CatchUp(ctx); err != nil {
					t.Error(err)
				}
			}
		}
		rebuilt := make(chan struct{})
		standby := board.NewKeeper(board.KeeperConfig{
			Engine: slow, Store: s, Journal: owner.journal, Boards: func() []string { return []string{"c"} },
			Rebuilt: func(string) { close(rebuilt) }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		standby.Distrust("c")
		running := make(chan struct{})
		go func() { defer close(running); standby.Run(ctx) }()
		require.Eventually(t, func() bool {
			select {
			case <-rebuilt:
				return true
			default:
				return false
			}
		}, patience, 5*time.Millisecond, "after %d loads the standby still goes on", slow.loads.Load())
		require.LessOrEqual(t, slow.loads.Load(), int64(3))
		owner.equalsStandings(t, engine, "c", "the owner's board is as it was")
		cancel()
		<-running
	})
}

// hanging is an engine that answers nothing from its first batch on, until it is let go.
type hanging struct {
	board.Engine
	letGo chan struct{}
	hangs atomic.Bool
}

func (e *hanging) wait(ctx context.Context) error {
	if !e.hangs.Load() {
		return nil
	}
	select {
	case <-e.letGo:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *hanging) Apply(ctx context.Context, batches []board.Batch) ([]board.Result, error) {
	e.hangs.Store(true)
	if err := e.wait(ctx); err != nil {
		return nil, err
	}
	return e.Engine.Apply(ctx, batches)
}

func (e *hanging) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	return e.Engine.Load(ctx, id, entries, positions)
}

// TestEngineThatHangsDoesNotStopTheFold folds more batches than may wait for the boards while the engine hangs, and lets it go then.
func TestEngineThatHangsDoesNotStopTheFold(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	engine := &hanging{Engine: memory.New(), letGo: make(chan struct{})}
	p := start(t, s, options{eventClock: true, engine: engine, batch: 1})
	p.publish(t, sprint("c", "type: sum"))
	require.Eventually(t, func() bool { _, err := engine.Page(t.Context(), "c", 0, 1); return err == nil }, patience, 5*time.Millisecond)
	for i := range 12 {
		p.send(t, spin{id: fmt.Sprint(i), user: "a", at: at(1), bet: 100, win: 100}.event())
	}
	ctx, cancel := context.WithCancel(t.Context())
	folding := make(chan struct{})
	go func() { defer close(folding); p.pipeline.Run(ctx) }()
	defer func() { cancel(); <-folding }()
	require.Eventually(t, func() bool {
		lines := p.standings(t, "c")
		return len(lines) == 1 && lines[0] == "a 120000"
	}, patience, 5*time.Millisecond)
	require.True(t, engine.hangs.Load())
	close(engine.letGo)
	p.equalsStandings(t, engine, "c", "the board is built when the engine answers again")
}
