package board_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// patience bounds the waits of these tests; it is long because the machine may be busy, and nothing depends on it.
const patience = time.Minute

// world is one installation: a database with standings, and processes that share it.
type world struct {
	t       *testing.T
	store   *store.Store
	journal *journal.Journal
	// final tells that contest c0 is over, and behind what processes are told of events that aren't on boards.
	final, behind atomic.Bool
	nextID        int64
}

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	j, err := journal.Open(t.Context(), s, 0)
	require.NoError(t, err)
	return &world{t: t, store: s, journal: j}
}

// process returns the keeper of one process; it is not running yet.
func (w *world) process(engine board.Engine) *board.Keeper {
	return board.NewKeeper(board.KeeperConfig{
		Engine: engine, Store: w.store, Journal: w.journal, Rebuilt: func(string) {}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Boards: func() []string {
			if w.final.Load() {
				return nil
			}
			return []string{"c0"}
		},
		Final: func(string) bool { return w.final.Load() }, Behind: w.behind.Load,
	})
}

// run keeps a keeper going until the end of the test.
func (w *world) run(keeper *board.Keeper) *board.Keeper {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); keeper.Run(ctx) }()
	w.t.Cleanup(func() { cancel(); <-done })
	return keeper
}

// commit stores a player's standing as the fold does, and returns the batch that boards are told.
func (w *world) commit(partition int, seq int64, user string, units int64) board.Batch {
	w.t.Helper()
	w.nextID++
	_, err := w.store.Write().ExecContext(w.t.Context(), `INSERT INTO standing (id, contest_id, user_id, partition, units, tie, rounds,
		version, seq, state)
		VALUES ($1, 'c0', $2, $3, $4, $5, 1, 1, $6, $5) ON CONFLICT (contest_id, user_id) DO UPDATE SET units = $4, seq = $6`, w.nextID, user,
		partition, units, []byte{}, seq)
	require.NoError(w.t, err)
	return board.Batch{Board: "c0", Partition: partition, Seq: seq, Entries: []board.Entry{{UserID: user, Units: units}}}
}

// freeze makes the contest final with the standings it has.
func (w *world) freeze(closed string, users ...string) {
	w.t.Helper()
	ctx := w.t.Context()
	_, err := w.store.Write().ExecContext(ctx, `INSERT INTO contest (id, version, state, start_ts, end_ts, grace_end_ts, open_seq, close_seq,
		revision, result_hash, players, changed_at)
		VALUES ('c0', 1, $1, 1, 2, 3, '0', $2, 1, 'h', $3, 4)`, int(laurelv1.ContestState_CONTEST_STATE_FINAL), closed, len(users))
	require.NoError(w.t, err)
	for i, user := range users {
		_, err := w.store.Write().ExecContext(ctx, "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES ('c0', $1, $2, "+
			"$3, $4)", i+1, user, 100-i, []byte{})
		require.NoError(w.t, err)
	}
	w.final.Store(true)
}

// fresh waits until a keeper answers from its engine, without a doubt, and returns the board.
func (w *world) fresh(keeper *board.Keeper) board.Page {
	w.t.Helper()
	var page board.Page
	require.Eventually(w.t, func() bool {
		var err error
		page, err = keeper.Page(w.t.Context(), "c0", 0, 10)
		return err == nil && !page.Stale && keeper.Settled()
	}, patience, 5*time.Millisecond)
	return page
}

// sharedEngine returns engines of two processes on one Redis.
func sharedEngine(t *testing.T) (one, other board.Engine) {
	t.Helper()
	client := goredis.NewClient(redistest.Options(redistest.Start(t).Addr))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	one, err := redis.New(client, "laurel")
	require.NoError(t, err)
	other, err = redis.New(client, "laurel")
	require.NoError(t, err)
	return one, other
}

// TestRevisionIsTheSameEverywhere reads one board on two processes, from Redis, from the database while the board is away, and rebuilt.
func TestRevisionIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		engine, second := sharedEngine(t)
		w.commit(1, 10, "a", 5)
		w.commit(3, 7, "b", 6)
		one, other := w.run(w.process(engine)), w.process(second)
		require.EqualValues(t, 17, w.fresh(one).Revision())
		require.NoError(t, one.Apply(t.Context(), []board.Batch{w.commit(1, 30, "a", 9)}))
		require.EqualValues(t, 37, w.fresh(one).Revision())
		require.EqualValues(t, 37, w.fresh(other).Revision(), "another process reads the same")
		require.NoError(t, other.Apply(t.Context(), []board.Batch{w.commit(3, 40, "b", 9)}))
		require.EqualValues(t, 70, w.fresh(one).Revision(), "and sees what that one applies")

		require.NoError(t, engine.Drop(t.Context(), "c0"))
		sorted, err := other.Page(t.Context(), "c0", 0, 10)
		require.NoError(t, err)
		require.True(t, sorted.Sorted && sorted.Stale)
		require.EqualValues(t, 70, sorted.Revision(), "the database says the same")
		require.EqualValues(t, 70, w.fresh(one).Revision(), "so does the board that was rebuilt from it")

		w.behind.Store(true)
		page, err := one.Page(t.Context(), "c0", 0, 10)
		require.NoError(t, err)
		require.True(t, page.Stale)
		require.False(t, page.Sorted, "a label only: the rows come from the board")
	})
}

// TestBoardInDoubtCatchesUpBesideAnotherOwner takes over a partition whose owner died between a commit and its boards, while another owner
// applies to the same board all the time: a load would never succeed, and would be the board of a moment long past.
func TestBoardInDoubtCatchesUpBesideAnotherOwner(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		first, second := sharedEngine(t)
		loads := &countedLoads{Engine: first}
		w.commit(0, 1, "a", 1)
		heir, other := w.run(w.process(loads)), w.process(second)
		w.fresh(heir)
		before := loads.count.Load()
		for i := range 5 {
			w.commit(0, int64(10+i), fmt.Sprint("lost_", i), int64(i)) // its owner dies here
		}
		for seq := int64(20); seq < 60; seq++ {
			require.NoError(t, other.Apply(t.Context(), []board.Batch{w.commit(5, seq, "b", seq)}))
			if seq == 30 {
				heir.Distrust("c0")
				require.False(t, heir.Settled())
			}
		}
		page := w.fresh(heir)
		require.EqualValues(t, 7, page.Total)
		require.Equal(t, "b", page.Rows[0].UserID)
		require.EqualValues(t, 14+59, page.Revision())
		require.Equal(t, before, loads.count.Load(), "the board was never loaded anew")
		places, difference, err := board.Verify(t.Context(), first, s, "c0")
		require.NoError(t, err)
		require.Nil(t, difference)
		require.EqualValues(t, 7, places)
	})
}

// countedLoads counts boards loaded whole.
type countedLoads struct {
	board.Engine
	count atomic.Int64
}

// TestFinalBoardIsReadFromItsFrozenPlaces and has no board any more, on any process.
func TestFinalBoardIsReadFromItsFrozenPlaces(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		engine := memory.New()
		w.commit(0, 10, "a", 100)
		w.commit(1, 40, "b", 99)
		keeper := w.run(w.process(engine))
		live := w.fresh(keeper)
		w.behind.Store(true)
		w.freeze("40", "a", "b", "c")
		page, err := keeper.Page(t.Context(), "c0", 1, 10)
		require.NoError(t, err)
		require.False(t, page.Stale || page.Sorted, "a result is never stale")
		require.EqualValues(t, 3, page.Total)
		require.Equal(t, []board.Row{{Entry: board.Entry{UserID: "b", Units: 99}, Place: 2},
			{Entry: board.Entry{UserID: "c", Units: 98}, Place: 3}}, page.Rows)
		require.GreaterOrEqual(t, page.Revision(), live.Revision())
		rows, err := keeper.Rank(t.Context(), "c0", []string{"c", "nobody", "a"})
		require.NoError(t, err)
		require.Equal(t, []int64{3, 0, 1}, []int64{rows[0].Place, rows[1].Place, rows[2].Place})
		require.Equal(t, "nobody", rows[1].UserID)
		require.Eventually(t, func() bool {
			_, err := engine.Page(t.Context(), "c0", 0, 0)
			return err != nil && keeper.Sizes.Of("c0") == 0
		}, patience, 5*time.Millisecond, "its board is dropped")
		keeper.Distrust("c0")
		require.NoError(t, keeper.Apply(t.Context(), []board.Batch{{Board: "c0", Seq: 1}}))
		require.True(t, keeper.Settled(), "nothing is built or missed for it any more")
		_, err = keeper.Page(t.Context(), "c0", -1, 10)
		require.ErrorContains(t, err, "from")
	})
}

// Load implements board.Engine.
func (e *countedLoads) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	e.count.Add(1)
	return e.Engine.Load(ctx, id, entries, positions)
}

// TestEngineThatWasAwayIsBroughtUpToDate tells of batches that nobody can say are on boards, until they are.
func TestEngineThatWasAwayIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		server := redistest.Start(t)
		client := goredis.NewClient(&goredis.Options{Addr: server.Addr, DialerRetries: 1, MaxRetries: -1})
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		engine, err := redis.New(client, "laurel")
		require.NoError(t, err)
		w.commit(0, 1, "a", 1)
		keeper := w.run(w.process(engine))
		w.fresh(keeper)
		server.Kill()
		require.Error(t, keeper.Apply(t.Context(), []board.Batch{w.commit(0, 2, "a", 2)}))
		require.False(t, keeper.Settled())
		require.NoError(t, keeper.Apply(t.Context(), []board.Batch{w.commit(1, 3, "b", 5)}), "it is known to be away")
		page, err := keeper.Page(t.Context(), "c0", 0, 10)
		require.NoError(t, err)
		require.True(t, page.Sorted)
		require.EqualValues(t, 5, page.Revision())
		server.Restart(t)
		page = w.fresh(keeper)
		require.False(t, page.Sorted)
		require.EqualValues(t, 2, page.Total)
		require.EqualValues(t, 5, page.Revision())
	})
}

// TestEngineThatStoppedAnsweringIsInDoubt has an engine that has the batch, perhaps, and doesn't say so. Readers get what is stored until
// it has said so.
func TestEngineThatStoppedAnsweringIsInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.Open(t, store.SQLite))
	server := redistest.Start(t)
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr, ReadTimeout: -1, WriteTimeout: -1, MaxRetries: -1,
		ContextTimeoutEnabled: true})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	engine, err := redis.New(client, "laurel")
	require.NoError(t, err)
	w.commit(0, 1, "a", 1)
	keeper := w.run(w.process(engine))
	w.fresh(keeper)
	server.Freeze(t)
	forever := context.WithoutCancel(t.Context())
	require.Error(t, keeper.Apply(forever, []board.Batch{w.commit(0, 2, "a", 2)}))
	require.False(t, keeper.Settled())
	require.NoError(t, keeper.Apply(forever, []board.Batch{w.commit(1, 3, "b", 5)}), "no further batch waits for it")
	page, err := keeper.Page(forever, "c0", 0, 10)
	require.NoError(t, err)
	require.True(t, page.Sorted)
	require.EqualValues(t, 2, page.Total)
	server.Thaw(t)
	page = w.fresh(keeper)
	require.False(t, page.Sorted)
	require.EqualValues(t, 2, page.Total)
	require.EqualValues(t, 5, page.Revision())
	require.Eventually(t, keeper.Settled, patience, time.Millisecond)
}

// TestMoreBatchesThanMayWait come while a board is being read: it is read once more, and lacks none of them.
func TestMoreBatchesThanMayWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.Open(t, store.SQLite))
	slow := &slowLoad{Engine: memory.New(), begun: make(chan struct{}), finish: make(chan struct{})}
	keeper := w.run(w.process(slow))
	<-slow.begun
	for seq := int64(1); seq <= 1500; seq++ {
		require.NoError(t, keeper.Apply(t.Context(), []board.Batch{w.commit(0, seq, fmt.Sprint("u_", seq%7), seq)}))
	}
	close(slow.finish)
	page := w.fresh(keeper)
	require.EqualValues(t, 7, page.Total)
	require.EqualValues(t, 1500, page.Revision())
	require.EqualValues(t, 1500, page.Rows[0].Units)
}

// slowLoad takes its time over the first load, whose entries it has read before.
type slowLoad struct {
	board.Engine
	once          sync.Once
	begun, finish chan struct{}
}

// Load implements board.Engine.
func (e *slowLoad) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	err := e.Engine.Load(ctx, id, entries, positions)
	e.once.Do(func() { close(e.begun); <-e.finish })
	return err
}
