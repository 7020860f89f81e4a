package board_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// frozen is an engine that hangs: whatever it is asked, it answers when the caller has given up.
type frozen struct {
	board.Engine
	loading atomic.Int64
	applied atomic.Int64
}

func (e *frozen) Apply(ctx context.Context, _ []board.Batch) ([]board.Result, error) {
	e.applied.Add(1)
	<-ctx.Done()
	return nil, ctx.Err()
}

func (e *frozen) Load(ctx context.Context, _ string, _ iter.Seq2[board.Entry, error], _ journal.Positions) error {
	e.loading.Add(1)
	<-ctx.Done()
	return ctx.Err()
}

// keep returns a keeper of the given number of boards.
func keep(engine board.Engine, s *store.Store, j *journal.Journal, boards int) *board.Keeper {
	list := make([]string, boards)
	for i := range list {
		list[i] = fmt.Sprint("c", i)
	}
	return board.NewKeeper(board.KeeperConfig{
		Engine: engine, Store: s, Journal: j, Boards: func() []string { return list }, Rebuilt: func(string) {}, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
}

// TestEngineThatHangsDoesNotStarveIngest loses more boards than there are connections to the database, on an engine that hangs. Each
// rebuild reads the database for as long as the engine takes, and events must be accepted meanwhile.
func TestEngineThatHangsDoesNotStarveIngest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		engine := &frozen{Engine: memory.New()}
		ctx, cancel := context.WithCancel(t.Context())
		kept := make(chan struct{})
		keeper := keep(engine, s, j, 40)
		go func() { defer close(kept); keeper.Run(ctx) }()
		defer func() { cancel(); <-kept }()
		require.Eventually(t, func() bool { return engine.loading.Load() >= 2 }, 20*time.Second, 5*time.Millisecond)
		patience, stop := context.WithTimeout(ctx, 20*time.Second)
		defer stop()
		for i := range 10 {
			_, err := j.Append(patience, []journal.Entry{{EventID: fmt.Sprint(i), UserID: "u", Body: []byte{1}}}, 1)
			require.NoError(t, err, "%d reads are open", s.Read().Stats().InUse)
			backlog, _, err := j.Backlog(patience, 100)
			require.NoError(t, err, "readers beside the rebuilds get their turn too")
			require.EqualValues(t, i+1, backlog)
		}
		require.EqualValues(t, 2, engine.loading.Load(), "two rebuilds at a time")
	})
}

// TestEngineThatHangsIsTreatedAsAway gives a hanging engine one call's time. After that no batch waits for it.
func TestEngineThatHangsIsTreatedAsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &frozen{Engine: memory.New()}
		keeper := keep(engine, nil, nil, 2)
		begin := time.Now()
		require.ErrorIs(t, keeper.Apply(t.Context(), []board.Batch{{Board: "c0", Seq: 1}}), context.DeadlineExceeded)
		require.LessOrEqual(t, time.Since(begin), 5*time.Second)
		begin = time.Now()
		require.NoError(t, keeper.Apply(t.Context(), []board.Batch{{Board: "c0", Seq: 2}, {Board: "c1", Seq: 2}}))
		require.Zero(t, time.Since(begin), "the other board is known to be away too")
		require.EqualValues(t, 1, engine.applied.Load())
		require.False(t, keeper.Settled(), "nothing may be said of the batches that wait")
	})
}
