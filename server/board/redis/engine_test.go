package redis_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/boardtest"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/journal"
)

func TestMain(m *testing.M) { redistest.Main(m) }

// engines gives every test of a suite a prefix of its own on one server, so that they can't see each other's boards.
func engines(client goredis.UniversalClient) func(t *testing.T) board.Engine {
	var count atomic.Int64
	return func(t *testing.T) board.Engine {
		t.Helper()
		engine, err := redis.New(client, fmt.Sprintf("laurel%d", count.Add(1)))
		require.NoError(t, err)
		return engine
	}
}

func connect(t *testing.T, server *redistest.Server) (board.Engine, *goredis.Client) {
	t.Helper()
	client := goredis.NewClient(redistest.Options(server.Addr))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	engine, err := redis.New(client, "laurel")
	require.NoError(t, err)
	return engine, client
}

func TestConformance(t *testing.T) {
	t.Parallel()
	client := goredis.NewClient(redistest.Options(redistest.Start(t).Addr))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	boardtest.Run(t, engines(client))
}

func TestConformanceOfCluster(t *testing.T) {
	t.Parallel()
	client := goredis.NewClusterClient(redistest.ClusterOptions(redistest.StartCluster(t)))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	boardtest.Run(t, engines(client))
}

var players = []board.Entry{{UserID: "u_1", Units: 10, Tie: "ab"}, {UserID: "u_2", Units: 10, Tie: "aa"}}

func load(t *testing.T, engine board.Engine, id string) {
	t.Helper()
	require.NoError(t, engine.Load(t.Context(), id, boardtest.Each(players...), journal.Positions{5}))
}

func requireLost(t *testing.T, engine board.Engine, id string) {
	t.Helper()
	_, err := engine.Page(t.Context(), id, 0, 10)
	require.ErrorIs(t, err, board.ErrLost)
	_, err = engine.Rank(t.Context(), id, []string{"u_1"})
	require.ErrorIs(t, err, board.ErrLost)
	results, err := engine.Apply(t.Context(), []board.Batch{{Board: id, Seq: 100, Entries: players[:1]}})
	require.NoError(t, err)
	require.Equal(t, []board.Result{board.Lost}, results)
}

// Fault 20: whatever an operator or a restart takes away, the engine says so and takes the board again.
func TestLostBoards(t *testing.T) {
	t.Parallel()
	harms := []struct {
		name string
		harm func(t *testing.T, server *redistest.Server)
	}{
		{"flushed", func(t *testing.T, server *redistest.Server) { server.Flush(t) }},
		{"restarted empty", func(t *testing.T, server *redistest.Server) { server.Restart(t) }},
		{"restarted from an old snapshot", func(t *testing.T, server *redistest.Server) {
			server.Save(t)
			server.Restart(t)
			require.NotZero(t, server.Client().DBSize(t.Context()).Val(), "the snapshot brought the board back")
		}},
		{"sorted set evicted", remove("laurel:{b}:rank")},
		{"members evicted", remove("laurel:{b}:member")},
		{"positions evicted", remove("laurel:{b}:position")},
		{"sorted set and members evicted", remove("laurel:{b}:rank", "laurel:{b}:member")},
		{"sorted set overwritten", overwrite("laurel:{b}:rank")},
		{"members overwritten", overwrite("laurel:{b}:member")},
		{"positions overwritten", overwrite("laurel:{b}:position")},
		{"a player removed by hand", func(t *testing.T, server *redistest.Server) {
			require.NoError(t, server.Client().ZRem(t.Context(), "laurel:{b}:rank", "abu_1").Err())
		}},
	}
	for _, h := range harms {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			engine, _ := connect(t, server)
			load(t, engine, "b")
			_, err := engine.Apply(t.Context(), []board.Batch{{Board: "b", Seq: 99}})
			require.NoError(t, err)
			h.harm(t, server)
			requireLost(t, engine, "b")
			require.NoError(t, engine.Load(t.Context(), "b", boardtest.Each(players...), journal.Positions{5}),
				"positions of a lost board don't count")
			page, err := engine.Page(t.Context(), "b", 0, 10)
			require.NoError(t, err)
			require.EqualValues(t, 2, page.Total)
			require.Equal(t, "u_2", page.Rows[0].UserID)
		})
	}
}

func remove(keys ...string) func(t *testing.T, server *redistest.Server) {
	return func(t *testing.T, server *redistest.Server) {
		t.Helper()
		require.NoError(t, server.Client().Del(t.Context(), keys...).Err())
	}
}

// overwrite puts a text where the engine keeps something else, as another program on a shared server may.
func overwrite(key string) func(t *testing.T, server *redistest.Server) {
	return func(t *testing.T, server *redistest.Server) {
		t.Helper()
		require.NoError(t, server.Client().Set(t.Context(), key, "something else", 0).Err())
	}
}

// A cluster has one run id for each node; boards of several nodes are loaded and lost node by node.
func TestClusterLosesOneNode(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t)
	client := goredis.NewClusterClient(redistest.ClusterOptions(nodes))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	engine, err := redis.New(client, "laurel")
	require.NoError(t, err)
	// The hash slots of these ids lie in the three thirds of the slot space.
	ids := []string{"a", "b", "c"}
	for _, id := range ids {
		load(t, engine, id)
	}
	nodes[0].Flush(t)
	lost := 0
	for _, id := range ids {
		if _, err := engine.Page(t.Context(), id, 0, 1); err != nil {
			require.ErrorIs(t, err, board.ErrLost)
			lost++
		}
	}
	require.Equal(t, 1, lost)
}

// FLUSHALL in the middle of a load takes away what was staged before it.
func TestFlushDuringLoad(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	engine, client := connect(t, server)
	const many = 20_000
	err := engine.Load(t.Context(), "b", func(yield func(board.Entry, error) bool) {
		for i := range many {
			if i == many-1 {
				server.Flush(t)
			}
			if !yield(board.Entry{UserID: string(rune('a' + i)), Units: int64(i)}, nil) {
				return
			}
		}
	}, nil)
	require.ErrorIs(t, err, board.ErrLost)
	requireLost(t, engine, "b")
	require.Zero(t, client.DBSize(t.Context()).Val(), "nothing staged is left behind")
}

func TestLoadLeavesNothingStaged(t *testing.T) {
	t.Parallel()
	engine, client := connect(t, redistest.Start(t))
	load(t, engine, "b")
	require.ErrorIs(t, engine.Load(t.Context(), "b", boardtest.Each(players...), nil), board.ErrBehind)
	keys, err := client.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"laurel:{b}:rank", "laurel:{b}:member", "laurel:{b}:position"}, keys)
	for _, key := range keys {
		require.EqualValues(t, -1, client.TTL(t.Context(), key).Val(), "%s must not expire", key)
	}
	require.NoError(t, engine.Drop(t.Context(), "b"))
	require.Zero(t, client.DBSize(t.Context()).Val())
}

// A server that forgot the scripts gets them again, and a batch is still applied once.
func TestForgottenScripts(t *testing.T) {
	t.Parallel()
	engine, client := connect(t, redistest.Start(t))
	load(t, engine, "b")
	for seq := int64(6); seq < 10; seq++ {
		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		results, err := engine.Apply(t.Context(), []board.Batch{{Board: "b", Seq: seq, Entries: players}})
		require.NoError(t, err)
		require.Equal(t, []board.Result{board.Applied}, results)
	}
}

// One Apply is one command on the wire once the script is known, whatever the number of boards and players.
func TestOneRoundTrip(t *testing.T) {
	t.Parallel()
	engine, client := connect(t, redistest.Start(t))
	var batches []board.Batch
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		load(t, engine, id)
		batches = append(batches, board.Batch{Board: id, Seq: 6, Entries: players})
	}
	_, err := engine.Apply(t.Context(), batches)
	require.NoError(t, err)
	trips := &counter{}
	client.AddHook(trips)
	_, err = engine.Apply(t.Context(), batches)
	require.NoError(t, err)
	require.EqualValues(t, 1, trips.pipelines.Load())
	require.EqualValues(t, 1, trips.commands.Load())
}

// counter counts what a client sends.
type counter struct {
	pipelines, commands atomic.Int64
}

func (c *counter) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (c *counter) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		c.commands.Add(1)
		return next(ctx, cmd)
	}
}

func (c *counter) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		c.pipelines.Add(1)
		c.commands.Add(int64(len(cmds)))
		return next(ctx, cmds)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	for _, prefix := range []string{"", "a{b", "a}b"} {
		_, err := redis.New(client, prefix)
		require.ErrorContains(t, err, "prefix")
	}
	ring := goredis.NewRing(&goredis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	t.Cleanup(func() { require.NoError(t, ring.Close()) })
	_, err := redis.New(ring, "laurel")
	require.ErrorContains(t, err, "Ring")
}
