package api

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/identity"
)

// neighbour is one of several processes that share a Redis. Its clock stands unless it is moved, so that only Redis' own time passes.
type neighbour struct {
	limits *limits
	visits *visits
	clock  *atomic.Int64
	// commands counts what it asked of Redis.
	commands atomic.Int64
}

func newNeighbour(t *testing.T, server *redistest.Server) *neighbour {
	t.Helper()
	options := redistest.Options(server.Addr)
	options.MaxRetries, options.ContextTimeoutEnabled = -1, false
	client := goredis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	n := &neighbour{clock: &atomic.Int64{}}
	client.AddHook(n)
	common := newCommons(client, "laurel:", func() time.Time { return time.Unix(1_000_000, n.clock.Load()) }, slog.New(slog.DiscardHandler))
	var err error
	n.limits, err = newLimits(common.now, common, 0, 0)
	require.NoError(t, err)
	n.visits, err = newVisits(common)
	require.NoError(t, err)
	return n
}

// DialHook implements goredis.Hook.
func (n *neighbour) DialHook(next goredis.DialHook) goredis.DialHook { return next }

// ProcessHook implements goredis.Hook.
func (n *neighbour) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, command goredis.Cmder) error {
		if slices.Contains([]string{"set", "evalsha"}, command.Name()) {
			n.commands.Add(1)
		}
		// A busy machine may need longer than askTime, which would be no answer.
		return next(context.WithoutCancel(ctx), command)
	}
}

// ProcessPipelineHook implements goredis.Hook.
func (n *neighbour) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}

// slowly refills next to nothing while a test runs. A tenth of its burst is settled at once.
var slowly = redis_rate.Limit{Rate: 1000, Period: 1000 * time.Hour, Burst: 100}

// allowed counts how many of some calls of one caller go through.
func (n *neighbour) allowed(t *testing.T, calls int) (count int) {
	t.Helper()
	for range calls {
		wait := n.limits.take(t.Context(), "caller", slowly, 1)
		if wait == 0 {
			count++
		}
		require.GreaterOrEqual(t, wait, time.Duration(0))
	}
	return count
}

func TestProcessesShareALimit(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one, other := newNeighbour(t, server), newNeighbour(t, server)
	count := 0
	for range 100 {
		count += one.allowed(t, 1) + other.allowed(t, 1)
	}
	require.GreaterOrEqual(t, count, 100)
	require.LessOrEqual(t, count, 100+2*10, "each process lets at most what it settles at once through beyond the limit")
	require.LessOrEqual(t, one.commands.Load(), int64(12), "reads don't pay a round trip each")
}

func TestCallerOverTheLimitHereCostsNoRoundTrip(t *testing.T) {
	t.Parallel()
	one := newNeighbour(t, redistest.Start(t))
	require.Equal(t, 100, one.allowed(t, 100))
	before := one.commands.Load()
	require.Zero(t, one.allowed(t, 1000))
	require.Equal(t, before, one.commands.Load())
}

func TestProcessCountsAloneWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one, other := newNeighbour(t, server), newNeighbour(t, server)
	require.Equal(t, 50, one.allowed(t, 50))
	server.Kill()
	require.Equal(t, 50, one.allowed(t, 200), "its own limit holds")
	require.Equal(t, 100, other.allowed(t, 200))
	require.EqualValues(t, 1, other.commands.Load(), "it asks once and then rests")

	server.Restart(t)
	other.clock.Add(int64(askRest))
	require.LessOrEqual(t, other.allowed(t, 1000), 100+10, "and shares again when Redis is back")
	require.Greater(t, other.commands.Load(), int64(1))
}

func TestDeltaIsSharedByProcesses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one, other := newNeighbour(t, server), newNeighbour(t, server)
	player, key := identity.Caller{Kind: identity.PlayerCaller, UserID: "u"}, identity.Caller{Kind: identity.APIKeyCaller, ID: "k"}
	see := func(n *neighbour, caller identity.Caller, units int64) int64 {
		return n.visits.delta(t.Context(), caller, "c", "u", units)
	}
	require.Zero(t, see(one, player, 100), "the first read")
	require.EqualValues(t, 20, see(other, player, 120), "what another process showed last counts")
	require.EqualValues(t, -5, see(one, player, 115))
	require.Zero(t, see(other, key, 115), "each caller has his own last read")
	require.Zero(t, other.visits.delta(t.Context(), player, "another", "u", 7), "each contest too")
	require.EqualValues(t, 5, one.commands.Load()+other.commands.Load(), "one round trip each")
	for _, name := range server.Client().Keys(t.Context(), "*").Val() {
		require.Regexp(t, "^laurel:seen:[0-9a-f]{32}$", name)
		require.Positive(t, server.Client().TTL(t.Context(), name).Val())
	}

	server.Kill()
	require.EqualValues(t, 5, see(one, player, 120), "by itself a process goes on from what it showed last")
	require.EqualValues(t, 0, see(other, player, 120))
}

func TestCallerWhoGoesAwaySaysNothingOfRedis(t *testing.T) {
	t.Parallel()
	common := newCommons(goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:1"}), "laurel:", time.Now, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, common.client.Close()) })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, common.ask(gone, func(ctx context.Context) error { return ctx.Err() }))
	require.Zero(t, common.restUntil.Load())
	require.False(t, common.ask(t.Context(), func(ctx context.Context) error { return common.client.Ping(ctx).Err() }))
	require.NotZero(t, common.restUntil.Load())
	require.False(t, common.ask(t.Context(), func(context.Context) error { panic("it rests") }))
}

// TestWhoHasNoPlaceTakesNoRoomInRedis asks for names that nobody has, and for one that comes by a score later.
func TestWhoHasNoPlaceTakesNoRoomInRedis(t *testing.T) {
	t.Parallel()
	n := newNeighbour(t, redistest.Start(t))
	for i := range 10 {
		require.Zero(t, n.visits.placeless(identity.Caller{}, "c", strconv.Itoa(i)))
	}
	require.Zero(t, n.commands.Load())
	require.EqualValues(t, 7, n.visits.delta(t.Context(), identity.Caller{}, "c", "3", 7), "he had nothing when he was asked for")
	require.EqualValues(t, 1, n.visits.delta(t.Context(), identity.Caller{}, "c", "3", 8))
}
