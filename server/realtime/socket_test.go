package realtime_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/realtime"
)

var protocols = []string{realtime.ProtocolProto, realtime.ProtocolJSON}

func TestSnapshotThenDeltas(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.run(t)
			w.score(t, map[string]int64{"anna": 300, "ben": 200, "cleo": 100})
			c := dial(t, w.serve(t), protocol)
			welcome := c.greet("")
			require.Empty(t, welcome.GetUserId())
			require.Equal(t, int32(5), welcome.GetTickMs())

			c.subscribe(contestID, 2, 0)
			var m mirror
			first := c.next()
			require.NoError(t, m.take(first))
			require.Equal(t, contestID, first.GetSnapshot().GetChannel().GetBoard().GetContestId())
			require.Equal(t, "Sprint", m.contest.GetTitle())
			require.Equal(t, int64(3), m.total)
			require.Equal(t, []string{"1 key-anna 300", "2 key-ben 200"}, m.scores())
			require.Equal(t, "Name of anna", m.top()[0].GetName())

			before := time.Now()
			w.score(t, map[string]int64{"cleo": 250})
			second := c.next()
			require.NoError(t, m.take(second))
			require.Equal(t, []string{"1 key-anna 300", "2 key-cleo 250"}, m.scores())
			require.Equal(t, []string{"key-ben"}, second.GetDelta().GetLeft())
			require.Len(t, second.GetDelta().GetChanged(), 1)
			require.GreaterOrEqual(t, second.GetDelta().GetOldestIngestMicros(), before.UnixMicro())
			require.Positive(t, <-w.pushes)

			c.ping(77)
			require.Equal(t, int64(77), c.next().GetPong().GetNonce())
		})
	}
}

// TestMirrorFollowsRandomHistory plays random scores and wants each client's copy to end like the engine's own page.
func TestMirrorFollowsRandomHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(t)
	server := w.serve(t)
	tops := []int32{1, 3, 10, 100}
	clients := make([]*client, len(tops))
	mirrors := make([]mirror, len(tops))
	for i, top := range tops {
		clients[i] = dial(t, server, protocols[i%2])
		clients[i].greet("")
		clients[i].subscribe(contestID, top, 0)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		scores := map[string]int64{}
		for range 1 + random.IntN(5) {
			scores[fmt.Sprint("p", random.IntN(40))] = random.Int64N(20)
		}
		w.score(t, scores)
		if random.IntN(4) == 0 {
			// Now and then a tick takes what there is.
			pages := w.boards.pages.Load()
			w.score(t, map[string]int64{"late": random.Int64N(20)})
			require.Eventually(t, func() bool { return w.boards.pages.Load() > pages }, patience, time.Millisecond)
		}
	}
	// The last change is seen by everyone: it makes a new first.
	w.score(t, map[string]int64{"last": 1000})
	page, err := w.boards.engine.Page(t.Context(), contestID, 0, 100)
	require.NoError(t, err)
	for i, c := range clients {
		want := []string{}
		for _, row := range page.Rows[:min(int(tops[i]), len(page.Rows))] {
			want = append(want, fmt.Sprint(row.Place, " key-", row.UserID, " ", row.Units))
		}
		for len(mirrors[i].rows) == 0 || mirrors[i].top()[0].GetPlayerKey() != "key-last" {
			require.NoError(t, mirrors[i].take(c.next()))
		}
		require.Equal(t, want, mirrors[i].scores())
		require.Equal(t, page.Total, mirrors[i].total)
	}
}

func TestOwnPlace(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.run(t)
			scores := map[string]int64{}
			for i := range 30 {
				scores[fmt.Sprintf("p%02d", i)] = int64(1000 - 10*i)
			}
			w.score(t, scores)
			c := dial(t, w.serve(t), protocol)
			require.Equal(t, "p20", c.greet("player:p20").GetUserId())
			c.subscribe(contestID, 3, 2)
			require.Len(t, c.next().GetSnapshot().GetTop(), 3)

			own := c.next().GetOwn()
			me := own.GetMe()
			require.Equal(t, contestID, own.GetChannel().GetBoard().GetContestId())
			require.Equal(t, int64(21), me.GetRow().GetPlace())
			require.Equal(t, "p20", me.GetRow().GetUserId())
			require.Equal(t, "key-p20", me.GetRow().GetPlayerKey())
			require.Equal(t, int64(800), me.GetRow().GetUnits())
			require.Equal(t, int64(10), me.GetToNextUnits())
			require.Zero(t, me.GetDeltaUnits())
			require.Equal(t, []string{"19 p18", "20 p19", "21 p20", "22 p21", "23 p22"}, near(me))
			for _, row := range me.GetAround() {
				require.Equal(t, row.GetPlayerKey() == "key-p20", row.GetUserId() != "", "others' user ids are not shown")
			}

			w.score(t, map[string]int64{"p20": 815})
			me = c.awaitOwn().GetMe()
			require.Equal(t, int64(20), me.GetRow().GetPlace())
			require.Equal(t, int64(15), me.GetDeltaUnits())
			require.Equal(t, int64(5), me.GetToNextUnits())

			// A neighbour's score changes the distance and nothing else.
			w.score(t, map[string]int64{"p18": 823})
			me = c.awaitOwn().GetMe()
			require.Equal(t, int64(20), me.GetRow().GetPlace())
			require.Equal(t, int64(8), me.GetToNextUnits())
			require.Zero(t, me.GetDeltaUnits())

			// Someone far away concerns the board, not this player.
			w.score(t, map[string]int64{"p00": 2000})
			require.NotNil(t, c.next().GetDelta())
			w.score(t, map[string]int64{"p20": 5000})
			me = c.awaitOwn().GetMe()
			require.Equal(t, int64(1), me.GetRow().GetPlace())
			require.Zero(t, me.GetToNextUnits())
			require.Equal(t, int64(5000-815), me.GetDeltaUnits())
			require.Equal(t, []string{"1 p20", "2 p00", "3 p01"}, near(me))
		})
	}
}

func near(me *laurelv1.OwnPlace) []string {
	var lines []string
	for _, row := range me.GetAround() {
		lines = append(lines, fmt.Sprint(row.GetPlace(), " ", strings.TrimPrefix(row.GetPlayerKey(), "key-")))
	}
	return lines
}

// TestBoardThatMovesWhileItIsRead pushes a player down between the reading of his rank and of the rows around him, three times.
func TestBoardThatMovesWhileItIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.Refresh = time.Hour })
	w.run(t)
	w.score(t, map[string]int64{"anna": 5, "ben": 4, "cleo": 3})
	moves := 0
	move := func() {
		if moves++; moves > 3 {
			return
		}
		for i := range 20 {
			w.scoreQuietly(t, contestID, map[string]int64{fmt.Sprint("new", moves, i): 100})
		}
		w.hub.Changed(contestID, 1)
	}
	w.boards.ranked.Store(&move)
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("player:ben")
	c.subscribe(contestID, 1, 1)
	me := c.awaitOwn().GetMe()
	require.Equal(t, []string{"61 anna", "62 ben", "63 cleo"}, near(me), "nobody is told rows that do not fit his place")
	require.Equal(t, int64(1), me.GetToNextUnits())
}

func TestOwnPlaceOfNewcomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(t)
	w.score(t, map[string]int64{"anna": 300})
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("player:zoe")
	c.subscribe(contestID, 0, 1)
	me := c.awaitOwn().GetMe()
	require.Zero(t, me.GetRow().GetPlace())
	require.Equal(t, "zoe", me.GetRow().GetUserId())
	require.Empty(t, me.GetAround())
	w.score(t, map[string]int64{"zoe": 100})
	me = c.awaitOwn().GetMe()
	require.Equal(t, int64(2), me.GetRow().GetPlace())
	require.Equal(t, int64(200), me.GetToNextUnits())
	require.Equal(t, int64(100), me.GetDeltaUnits())
}

// TestPlayersTakeTurns bounds how many players are told in a tick; all of them are in the end.
func TestPlayersTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.OwnPlaces, c.Limits.Refresh = 3, time.Hour })
	w.run(t)
	server := w.serve(t)
	const players = 20
	scores := map[string]int64{}
	clients := make([]*client, players)
	for i := range players {
		user := fmt.Sprint("p", i)
		scores[user] = int64(i)
		clients[i] = dial(t, server, realtime.ProtocolProto)
		clients[i].greet("player:" + user)
		clients[i].subscribe(contestID, 1, 1)
	}
	w.score(t, scores)
	for i, c := range clients {
		for c.awaitOwn().GetMe().GetRow().GetPlace() != int64(players-i) {
			continue
		}
	}
}

func TestUserIDsAreForThoseWhoMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(t)
	w.score(t, map[string]int64{"anna": 300})
	server := w.serve(t)
	for token, want := range map[string]string{"": "", "player:anna": "", "operator": "anna"} {
		c := dial(t, server, realtime.ProtocolJSON)
		c.greet(token)
		c.subscribe(contestID, 10, 0)
		require.Equal(t, want, c.awaitSnapshot().GetTop()[0].GetUserId(), token)
		w.score(t, map[string]int64{"anna": w.seq + 1000})
		delta := c.await(func(f *laurelv1.ServerFrame) bool { return f.GetDelta() != nil }).GetDelta()
		require.Equal(t, want, delta.GetChanged()[0].GetUserId(), token)
	}
}

func TestResyncAndSubscribeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.Refresh = time.Hour })
	w.run(t)
	w.publish(t, "other")
	w.score(t, map[string]int64{"anna": 3, "ben": 2, "cleo": 1})
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("player:anna")
	c.subscribe(contestID, 1, 0)
	first := c.awaitSnapshot()
	c.awaitOwn()

	c.resync(contestID)
	again := c.awaitSnapshot()
	require.Equal(t, first.GetEpoch(), again.GetEpoch())
	require.Equal(t, first.GetRevision(), again.GetRevision())
	require.Equal(t, int64(1), c.awaitOwn().GetMe().GetRow().GetPlace(), "the own place follows a snapshot though it is the same")

	c.subscribe(contestID, 2, 0)
	wider := c.awaitSnapshot()
	require.NotEqual(t, first.GetEpoch(), wider.GetEpoch())
	require.Len(t, wider.GetTop(), 2)
	var own int64 // the own place comes before a delta or after it
	for units := int64(10); units < 15; units++ {
		w.score(t, map[string]int64{"anna": units})
		delta := c.await(func(f *laurelv1.ServerFrame) bool {
			own = max(own, f.GetOwn().GetMe().GetRow().GetUnits())
			return f.GetDelta() != nil
		}).GetDelta()
		require.Equal(t, wider.GetEpoch(), delta.GetEpoch(), "the narrower subscription is gone")
	}
	for own != 14 { // what is read for the own place is read by then
		own = c.awaitOwn().GetMe().GetRow().GetUnits()
	}

	c.unsubscribe(contestID)
	c.unsubscribe(contestID)
	c.ping(1)
	c.await(func(f *laurelv1.ServerFrame) bool { return f.GetPong() != nil })
	pages := w.boards.pages.Load()
	w.score(t, map[string]int64{"zoe": 90})
	c.subscribe("other", 1, 0)
	require.Equal(t, "other", c.next().GetSnapshot().GetChannel().GetBoard().GetContestId(), "an unsubscribed board is silent")
	require.Equal(t, pages+1, w.boards.pages.Load(), "and not read")
}

func TestContestAndNameChangesTravel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(t)
	w.score(t, map[string]int64{"anna": 3})
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("")
	c.subscribe(contestID, 1, 0)
	var m mirror
	require.NoError(t, m.take(c.next()))

	w.finish(contestID)
	frame := c.next()
	require.NoError(t, m.take(frame))
	require.Equal(t, laurelv1.ContestState_CONTEST_STATE_FINAL, m.contest.GetState())
	require.Empty(t, frame.GetDelta().GetChanged())
	require.Zero(t, frame.GetDelta().GetOldestIngestMicros())

	w.mu.Lock()
	w.names["anna"] = "Änne"
	w.mu.Unlock()
	w.hub.NameChanged("anna")
	w.hub.Changed(contestID, 0)
	require.NoError(t, m.take(c.next()))
	require.Equal(t, "Änne", m.top()[0].GetName())
}

// TestReconnectOfAllReadsOnce has many clients come at once to boards that are watched: they get what the group has.
func TestReconnectOfAllReadsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.Refresh = time.Hour })
	w.run(t)
	w.score(t, map[string]int64{"anna": 3})
	server := w.serve(t)
	first := dial(t, server, realtime.ProtocolProto)
	first.greet("")
	first.subscribe(contestID, 10, 0)
	first.awaitSnapshot()
	pages, asked := w.boards.pages.Load(), w.asked.Load()
	for i := range 200 {
		c := dial(t, server, protocols[i%2])
		c.greet("")
		c.subscribe(contestID, 10, 0)
		require.Equal(t, int64(3), c.awaitSnapshot().GetTop()[0].GetUnits())
	}
	require.Equal(t, pages, w.boards.pages.Load())
	require.Equal(t, asked, w.asked.Load())
	require.Equal(t, int64(201), w.open.Load())
}

func TestQuietBoardsAreNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.Refresh = time.Hour })
	w.run(t)
	w.publish(t, "other")
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("")
	c.subscribe(contestID, 10, 0)
	c.awaitSnapshot()
	pages := w.boards.pages.Load()
	for range 20 {
		w.scoreQuietly(t, "other", map[string]int64{"anna": w.seq})
		w.hub.Changed("other", 1)
	}
	w.score(t, map[string]int64{"anna": 1})
	c.next()
	require.Equal(t, pages+1, w.boards.pages.Load(), "an unwatched board is not read, a watched one once")
}

func TestBoardThatIsDownComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.RetryWait = 10 * time.Millisecond })
	w.run(t)
	w.boards.down.Store(true)
	w.score(t, map[string]int64{"anna": 3})
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("player:anna")
	c.subscribe(contestID, 10, 0)
	require.Eventually(t, func() bool { return w.boards.pages.Load() >= 3 }, patience, time.Millisecond)
	w.boards.down.Store(false)
	require.Len(t, c.awaitSnapshot().GetTop(), 1)
	require.Equal(t, int64(1), c.awaitOwn().GetMe().GetRow().GetPlace())
}

// TestStaleBoardIsMarked has the board lack events for a while: that is told, and nothing else is different.
func TestStaleBoardIsMarked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.RetryWait, c.Limits.Refresh = time.Hour, time.Hour })
	w.run(t)
	w.boards.stale.Store(true)
	w.score(t, map[string]int64{"anna": 3})
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("player:anna")
	c.subscribe(contestID, 10, 1)
	var m mirror
	require.NoError(t, m.take(c.next()))
	require.True(t, m.stale)
	require.Equal(t, int64(1), c.awaitOwn().GetMe().GetRow().GetPlace())
	w.boards.stale.Store(false)
	w.hub.ContestChanged(contestID)
	require.NoError(t, m.take(c.next()))
	require.False(t, m.stale)
}

// TestSortedBoardIsAskedForLater has the rows come from the database for a while: own places, which are dear there, wait.
func TestSortedBoardIsAskedForLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.Limits.RetryWait, c.Limits.Refresh = 5*time.Millisecond, time.Hour })
	w.run(t)
	w.boards.stale.Store(true)
	w.boards.sorted.Store(true)
	w.score(t, map[string]int64{"anna": 3})
	c := dial(t, w.serve(t), realtime.ProtocolProto)
	c.greet("player:anna")
	c.subscribe(contestID, 10, 1)
	var m mirror
	require.NoError(t, m.take(c.next()))
	require.True(t, m.stale)
	require.Eventually(t, func() bool { return w.boards.pages.Load() >= 5 }, patience, time.Millisecond)
	require.Zero(t, w.boards.ranks.Load())
	w.boards.stale.Store(false)
	w.boards.sorted.Store(false)
	require.NoError(t, m.take(c.next()))
	require.False(t, m.stale)
	require.Equal(t, int64(1), c.awaitOwn().GetMe().GetRow().GetPlace())
}

// TestSocketThatDoesNotRead fills the kernel's buffers of one real socket: it is cut off, and the other one misses nothing.
func TestSocketThatDoesNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) {
		c.Limits.SendBytes, c.Limits.WriteWait, c.Limits.SlowTimes = 4096, 3*time.Second, 1000
	})
	w.run(t)
	server := w.serve(t)
	stuck, good := dial(t, server, realtime.ProtocolJSON), dial(t, server, realtime.ProtocolProto)
	require.NoError(t, stuck.socket.NetConn().(*net.TCPConn).SetReadBuffer(4096))
	for _, c := range []*client{stuck, good} {
		c.greet("")
		c.subscribe(contestID, 100, 0)
	}
	var m mirror
	for round := int64(1); w.open.Load() > 1; round++ {
		require.Less(t, round, int64(20_000))
		scores := map[string]int64{}
		for i := range int64(100) {
			scores[fmt.Sprint("p", i)] = round*1000 + i
		}
		w.score(t, scores)
		for !m.known || len(m.rows) < 100 || m.top()[99].GetUnits() != round*1000 {
			require.NoError(t, m.take(good.next()))
		}
	}
	require.Positive(t, w.slow.Load())
	w.score(t, map[string]int64{"last": 1 << 40})
	require.NoError(t, m.take(good.next()))
	require.Equal(t, "key-last", m.top()[0].GetPlayerKey())
}
