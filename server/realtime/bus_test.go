package realtime_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/realtime"
)

// busSuite is what every bus must do.
func busSuite(t *testing.T, open func(t *testing.T) (one, other realtime.Bus)) {
	t.Helper()
	t.Run("a change reaches every hub", func(t *testing.T) {
		t.Parallel()
		one, other := open(t)
		heard := listenTo(t, other)
		require.Equal(t, []realtime.Change{{}}, <-heard, "first it says that changes may have been missed")
		sent := []realtime.Change{{Channel: realtime.Board("a"), OldestIngestMicros: 12345, Hub: "x"}, {Channel: realtime.Board("b")}}
		require.NoError(t, one.Publish(t.Context(), sent))
		require.Equal(t, sent, <-heard)
	})
	t.Run("a board changed in one process moves in another", func(t *testing.T) {
		t.Parallel()
		one, other := open(t)
		writer := newWorld(t, func(c *realtime.Config) { c.Bus = one })
		writer.run(t)
		reader := newWorld(t, func(c *realtime.Config) {
			c.Bus = other
			c.Boards = writer.boards
			c.Limits.Refresh = time.Hour
		})
		reader.run(t)
		c := dial(t, reader.serve(t), realtime.ProtocolProto)
		c.greet("")
		c.subscribe(contestID, 10, 0)
		c.awaitSnapshot()
		// The reader listens from some moment on, and looks at every board then. Once a delta is no older than the newest change, that change
		// came by the bus, and none before it is under way any more.
		for units := int64(1); ; units++ {
			before := time.Now()
			writer.score(t, map[string]int64{"zoe": units})
			if c.next().GetDelta().GetOldestIngestMicros() >= before.UnixMicro() {
				break
			}
		}
		for i := range int64(5) {
			before := time.Now()
			writer.score(t, map[string]int64{"anna": i + 1})
			delta := c.next().GetDelta()
			require.Equal(t, i+1, delta.GetChanged()[0].GetUnits())
			require.GreaterOrEqual(t, delta.GetOldestIngestMicros(), before.UnixMicro())
		}
	})
}

// listenTo subscribes until the test ends.
func listenTo(t *testing.T, bus realtime.Bus) <-chan []realtime.Change {
	t.Helper()
	heard := make(chan []realtime.Change, 100)
	ctx, cancel := context.WithCancel(context.Background())
	var listening sync.WaitGroup
	listening.Go(func() { _ = bus.Subscribe(ctx, func(changes []realtime.Change) { heard <- changes }) })
	t.Cleanup(func() {
		cancel()
		listening.Wait()
	})
	return heard
}

func TestLocalBus(t *testing.T) {
	t.Parallel()
	busSuite(t, func(*testing.T) (one, other realtime.Bus) {
		bus := realtime.NewLocalBus()
		return bus, bus
	})
}

func clientOf(t *testing.T, server *redistest.Server) redis.UniversalClient {
	t.Helper()
	client := redis.NewClient(redistest.Options(server.Addr))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func TestRedisBus(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	busSuite(t, func(t *testing.T) (one, other realtime.Bus) {
		t.Helper()
		prefix := t.Name() + ":"
		return realtime.NewRedisBus(clientOf(t, server), prefix), realtime.NewRedisBus(clientOf(t, server), prefix)
	})
}

func TestRedisBusKeepsInstallationsApart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := clientOf(t, server)
	heard := listenTo(t, realtime.NewRedisBus(client, "mine:"))
	<-heard
	require.NoError(t, realtime.NewRedisBus(client, "other:").Publish(t.Context(), []realtime.Change{{Channel: realtime.Board("theirs")}}))
	require.NoError(t, realtime.NewRedisBus(client, "mine:").Publish(t.Context(), []realtime.Change{{Channel: realtime.Board("mine")}}))
	require.Equal(t, "mine", (<-heard)[0].ID)
}

// TestRedisAway kills Redis: the hub goes on for its own sockets, listens again when Redis is back, and then looks at every board.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	w := newWorld(t, func(c *realtime.Config) {
		c.Bus = realtime.NewRedisBus(clientOf(t, server), "")
		c.Limits.RetryWait = 20 * time.Millisecond
		c.Limits.Refresh = time.Hour
	})
	w.run(t)
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("")
	c.subscribe(contestID, 10, 0)
	c.awaitSnapshot()
	server.Kill()
	w.score(t, map[string]int64{"anna": 1})
	require.Equal(t, int64(1), c.next().GetDelta().GetChanged()[0].GetUnits())
	w.scoreQuietly(t, contestID, map[string]int64{"anna": 2})
	server.Restart(t)
	require.Equal(t, int64(2), c.next().GetDelta().GetChanged()[0].GetUnits())
}

// TestRedisThatStopsAnsweringIsNotListenedToForever has a Redis that keeps the connection and says nothing on it. One that only has nothing
// to say is listened to.
func TestRedisThatStopsAnsweringIsNotListenedToForever(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	bus := realtime.NewRedisBus(clientOf(t, server), "")
	heard, ended := make(chan []realtime.Change, 1), make(chan error, 1)
	go func() { ended <- bus.Subscribe(t.Context(), func(changes []realtime.Change) { heard <- changes }) }()
	<-heard
	pinged := func() bool {
		statistics, err := server.Client().Info(t.Context(), "commandstats").Result()
		return err == nil && strings.Contains(statistics, "cmdstat_ping:")
	}
	require.Eventually(t, pinged, time.Minute, 10*time.Millisecond)
	require.NoError(t, bus.Publish(t.Context(), []realtime.Change{{Channel: realtime.Board("b")}}))
	require.Equal(t, "b", (<-heard)[0].ID)
	server.Freeze(t)
	require.ErrorContains(t, <-ended, "redis does not answer")
}
