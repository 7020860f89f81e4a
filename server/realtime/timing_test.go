package realtime_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/realtime"
)

func TestTicksGatherChanges(t *testing.T) {
	t.Parallel()
	inBubble(t, func(c *realtime.Config) { c.Limits.MinTick = 100 * time.Millisecond }, func(t *testing.T, b *bubble) {
		c := b.dial(t, realtime.ProtocolProto)
		c.greet("")
		c.subscribe(contestID, 10, 0)
		first := c.awaitSnapshot()
		oldest := time.Now()
		for i := range 50 {
			b.score(t, map[string]int64{"anna": int64(i), fmt.Sprint("p", i): 1})
			time.Sleep(time.Millisecond)
		}
		delta := c.next().GetDelta()
		require.Equal(t, first.GetRevision()+1, delta.GetRevision(), "fifty changes make one delta")
		require.Equal(t, oldest.UnixMicro(), delta.GetOldestIngestMicros())
		require.Equal(t, int64(51), delta.GetTotal())
		synctest.Wait()
		require.Equal(t, time.Since(oldest), <-b.pushes)
		c.leave()
	})
}

func TestQuietBoardIsReadAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(c *realtime.Config) { c.Limits.MinTick = 100 * time.Millisecond }, func(t *testing.T, b *bubble) {
		c := b.dial(t, realtime.ProtocolProto)
		c.greet("")
		c.subscribe(contestID, 10, 0)
		c.awaitSnapshot()
		for i := range int64(20) {
			time.Sleep(101 * time.Millisecond)
			changed := time.Now()
			b.score(t, map[string]int64{"anna": i})
			require.Equal(t, i, c.next().GetDelta().GetChanged()[0].GetUnits())
			require.Zero(t, time.Since(changed))
		}
		// Right after, the board rests.
		changed := time.Now()
		b.score(t, map[string]int64{"anna": 100})
		c.next()
		require.Equal(t, 100*time.Millisecond, time.Since(changed))
		c.leave()
	})
}

// TestBoardsRestAsTheyCost has readings take time, of one board and of several that change all the time.
func TestBoardsRestAsTheyCost(t *testing.T) {
	t.Parallel()
	const least, most = 50 * time.Millisecond, 400 * time.Millisecond
	for name, each := range map[string]struct {
		boards              int
		reading, late, rest time.Duration
	}{
		"cheap":           {1, 10 * time.Millisecond, 10 * time.Millisecond, least},
		"dear":            {1, 40 * time.Millisecond, 0, 80 * time.Millisecond},
		"dear and many":   {3, 40 * time.Millisecond, 0, 240 * time.Millisecond},
		"dearer than all": {2, time.Second, 0, most},
		"late":            {1, 10 * time.Millisecond, 90 * time.Millisecond, 90 * time.Millisecond},
		"later than all":  {1, 10 * time.Millisecond, time.Hour, most},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := func(c *realtime.Config) { c.Limits.MinTick, c.Limits.MaxTick = least, most }
			inBubble(t, limits, func(t *testing.T, b *bubble) {
				read := func() { time.Sleep(each.reading) }
				b.boards.paging.Store(&read)
				var clients []*client
				for i := range each.boards {
					id := fmt.Sprint("board-", i)
					b.publish(t, id)
					c := b.dial(t, realtime.ProtocolProto)
					c.greet("")
					c.subscribe(id, 10, 0)
					clients = append(clients, c)
				}
				for _, c := range clients {
					c.awaitSnapshot()
				}
				last := time.Now()
				for i := range int64(10) {
					for board := range clients {
						id := fmt.Sprint("board-", board)
						b.scoreQuietly(t, id, map[string]int64{"anna": i})
						b.hub.Changed(id, time.Now().Add(-each.late).UnixMicro())
					}
					for _, c := range clients {
						require.Equal(t, i, c.next().GetDelta().GetChanged()[0].GetUnits())
					}
					if i > 0 { // what came before the first was told by nobody, so it was not late
						require.Equal(t, each.rest+each.reading, time.Since(last))
					}
					last = time.Now()
				}
				for _, c := range clients {
					c.leave()
				}
			})
		})
	}
}

// TestDriftIsToldWithoutAsking moves a player by what others do: he is told within OwnEvery and a little, and his rank is not asked for
// meanwhile.
func TestDriftIsToldWithoutAsking(t *testing.T) {
	t.Parallel()
	quiet := func(c *realtime.Config) { c.Limits.OwnEvery, c.Limits.Refresh = time.Second, time.Hour }
	inBubble(t, quiet, func(t *testing.T, b *bubble) {
		b.score(t, map[string]int64{"anna": 10})
		c := b.dial(t, realtime.ProtocolProto)
		c.greet("player:anna")
		c.subscribe(contestID, 10, 0)
		require.Equal(t, int64(1), c.awaitOwn().GetMe().GetRow().GetPlace())
		time.Sleep(10 * time.Millisecond)
		asked, changed := b.boards.ranks.Load(), time.Now()
		b.score(t, map[string]int64{"ben": 20})
		require.Equal(t, int64(2), c.awaitOwn().GetMe().GetRow().GetPlace())
		require.LessOrEqual(t, time.Since(changed), 1250*time.Millisecond)
		require.Equal(t, asked+2, b.boards.ranks.Load(), "at the change, and when it is told")
		c.leave()
	})
}

func TestHelloMustComeInTime(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		start := time.Now()
		c := b.dial(t, realtime.ProtocolJSON)
		require.Equal(t, "unauthenticated", c.awaitError().GetCode())
		c.awaitClose(realtime.CloseUnauthenticated)
		require.InDelta(t, 10, time.Since(start).Seconds(), 2)
		c.leave()
	})
}

func TestTokenRunsOut(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		start := time.Now()
		c := b.dial(t, realtime.ProtocolProto)
		c.greet("player:anna:15s")
		require.Equal(t, "unauthenticated", c.awaitError().GetCode())
		require.InDelta(t, 15, time.Since(start).Seconds(), 1.5)

		// A fresh token keeps the connection; so does none that is wrong.
		c.hello("rubbish")
		require.Equal(t, "unauthenticated", c.awaitError().GetCode())
		c.greet("player:anna:18s")
		start = time.Now()
		refusal := c.awaitError()
		require.Contains(t, refusal.GetMessage(), "within 30s")
		require.InDelta(t, 18, time.Since(start).Seconds(), 1.5)

		for start = time.Now(); ; {
			_, err := c.receive()
			if err != nil {
				require.True(t, websocket.IsCloseError(err, realtime.CloseUnauthenticated), err)
				break
			}
		}
		require.InDelta(t, 30, time.Since(start).Seconds(), 1.5)
		c.leave()
	})
}

// TestDeadClientIsFound has a client vanish without a word: it answers no ping.
func TestDeadClientIsFound(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		dead, alive := b.dial(t, realtime.ProtocolProto), b.dial(t, realtime.ProtocolProto)
		dead.greet("")
		alive.greet("")
		pings := 0
		dead.socket.SetPingHandler(func(string) error { pings++; return nil })
		_, deadEnded := dead.listen()
		_, aliveEnded := alive.listen()
		time.Sleep(10 * time.Minute)
		require.Error(t, <-deadEnded)
		require.GreaterOrEqual(t, pings, 2)
		require.Equal(t, int64(1), b.open.Load())
		require.Empty(t, aliveEnded)
		alive.leave()
		require.Error(t, <-aliveEnded)
	})
}

// TestClientThatDoesNotRead is cut off after one write took too long; the others get every delta at its tick.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		stuck := b.dial(t, realtime.ProtocolProto)
		stuck.greet("player:p3")
		stuck.subscribe(contestID, 10, 1)
		good := b.dial(t, realtime.ProtocolProto)
		good.greet("")
		good.subscribe(contestID, 10, 0)
		mirrors, ended := good.listen()
		synctest.Wait()
		for i := range 40 {
			sent := time.Now()
			b.score(t, map[string]int64{fmt.Sprint("p", i%5): int64(i)})
			synctest.Wait()
			for m := range mirrors {
				if len(m.rows) > 0 && m.top()[0].GetUnits() == int64(i) {
					break
				}
			}
			require.LessOrEqual(t, time.Since(sent), 10*time.Millisecond, "one who does not read delays nobody")
			time.Sleep(500 * time.Millisecond)
		}
		require.Equal(t, int64(1), b.open.Load(), "who does not read is gone")
		require.Positive(t, b.slow.Load())
		require.Empty(t, ended)
		good.leave()
		require.Error(t, <-ended)
		stuck.leave()
	})
}

// TestSlowClientSkipsToSnapshots reads one frame now and then: it must see fewer states but each a true one, without a gap in the numbers.
func TestSlowClientSkipsToSnapshots(t *testing.T) {
	t.Parallel()
	inBubble(t, func(c *realtime.Config) { c.Limits.Queue, c.Limits.SlowTimes = 4, 1000 }, func(t *testing.T, b *bubble) {
		slow := b.dial(t, realtime.ProtocolProto)
		slow.greet("")
		slow.subscribe(contestID, 10, 0)
		var m mirror
		snapshots, frames := 0, 0
		last := int64(0)
		for i := int64(1); i <= 400; i++ {
			b.score(t, map[string]int64{"anna": i, fmt.Sprint("p", i%7): i / 2})
			time.Sleep(6 * time.Millisecond)
			if i%5 != 0 {
				continue
			}
			frame := slow.next()
			require.NoError(t, m.take(frame))
			frames++
			if frame.GetSnapshot() != nil {
				snapshots++
			}
			if anna := m.rows["key-anna"]; anna != nil {
				require.GreaterOrEqual(t, anna.GetUnits(), last)
				last = anna.GetUnits()
			}
		}
		require.Greater(t, snapshots, 5)
		require.Greater(t, frames, snapshots)
		for last < 400 {
			require.NoError(t, m.take(slow.next()))
			last = m.rows["key-anna"].GetUnits()
		}
		require.Equal(t, int64(400), m.top()[0].GetUnits())
		require.Positive(t, b.slow.Load())
		slow.leave()
	})
}

func TestRepeatedlySlowIsClosed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(c *realtime.Config) { c.Limits.Queue = 4 }, func(t *testing.T, b *bubble) {
		slow := b.dial(t, realtime.ProtocolJSON)
		slow.greet("")
		slow.subscribe(contestID, 10, 0)
		for i := int64(1); ; i++ {
			b.score(t, map[string]int64{"anna": i})
			time.Sleep(6 * time.Millisecond)
			if i%10 != 0 {
				continue
			}
			if _, err := slow.receive(); err != nil {
				require.True(t, websocket.IsCloseError(err, realtime.CloseSlow), err)
				break
			}
			require.Less(t, i, int64(1000))
		}
		require.Equal(t, int64(3), b.slow.Load())
		slow.leave()
	})
}

// TestCloseDoesNotWaitForTheDeaf has a client neither read nor answer.
func TestCloseDoesNotWaitForTheDeaf(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		deaf := b.dial(t, realtime.ProtocolProto)
		deaf.greet("")
		deaf.subscribe(contestID, 10, 0)
		for i := range int64(20) {
			b.score(t, map[string]int64{"anna": i})
			time.Sleep(10 * time.Millisecond)
		}
		start := time.Now()
		require.NoError(t, b.hub.Close(t.Context(), websocket.CloseGoingAway, "down"))
		require.LessOrEqual(t, time.Since(start), 3*time.Second)
		deaf.leave()
	})
}

// TestRefreshHealsLostWords changes a board without telling the hub.
func TestRefreshHealsLostWords(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubble) {
		c := b.dial(t, realtime.ProtocolProto)
		c.greet("")
		c.subscribe(contestID, 10, 0)
		c.awaitSnapshot()
		start := time.Now()
		b.scoreQuietly(t, contestID, map[string]int64{"anna": 1})
		delta := c.await(func(f *laurelv1.ServerFrame) bool { return f.GetDelta() != nil }).GetDelta()
		require.Len(t, delta.GetChanged(), 1)
		require.LessOrEqual(t, time.Since(start), 6*time.Second)
		c.leave()
	})
}
