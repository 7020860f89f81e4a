package pipeline_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// redisEngine is an engine on a server of its own, which outlives the processes of a test.
func redisEngine(t *testing.T) (board.Engine, *redistest.Server) {
	t.Helper()
	server := redistest.Start(t)
	engine, err := redis.New(server.Client(), "laurel:")
	require.NoError(t, err)
	return engine, server
}

// equalsStandings waits until a board equals the standings place by place.
func (p *process) equalsStandings(t *testing.T, engine board.Engine, contestID, why string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, difference, err := board.Verify(t.Context(), engine, p.store, contestID)
		return err == nil && difference == nil
	}, patience, 5*time.Millisecond, why)
}

// still is a clock that stands, so that no lease is renewed or runs out by itself.
func still() time.Time { return at(60) }

// TestCommitWithoutPublishHealsAtNextStart has a process die right after a commit. Redis outlives it and never hears of that batch;
// later batches are about other players, so nothing but a rebuild can mend the board.
func TestCommitWithoutPublishHealsAtNextStart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		engine, _ := redisEngine(t)
		first := start(t, s, options{eventClock: true, engine: engine})
		first.publish(t, sprint("c", "type: sum"))
		first.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		first.fold(t)
		first.equalsStandings(t, engine, "c", "the board is built")
		first.stop()
		dying := start(t, s, options{eventClock: true, engine: memory.New()}) // what it publishes is lost with it
		dying.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
		dying.fold(t)
		dying.stop()
		next := start(t, s, options{eventClock: true, engine: engine})
		next.send(t, spin{id: "3", user: "b", at: at(3), bet: 100, win: 100}.event())
		next.fold(t)
		require.Equal(t, []string{"a 20000", "b 10000"}, next.standings(t, "c"))
		next.equalsStandings(t, engine, "c", "the next process builds the board anew")
	})
}

// TestCommitWhoseReplyIsLostReachesTheBoard breaks the connection between the commit of a batch and its reply. The process can't know that
// the batch stands, folds nothing twice, and the board has it all the same.
func TestCommitWhoseReplyIsLostReachesTheBoard(t *testing.T) {
	t.Parallel()
	line, s := overLine(t)
	engine := memory.New()
	p := start(t, s, options{eventClock: true, engine: engine, now: still})
	p.publish(t, sprint("c", "type: sum"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
	p.fold(t)
	p.equalsStandings(t, engine, "c", "the board is built")
	p.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
	lost := line.next(fault{text: []byte(commit), loseReply: true})
	require.Eventually(t, func() bool { return p.pipeline.CatchUp(t.Context()) != nil }, patience, 5*time.Millisecond,
		"the commit fails as far as the process knows")
	<-lost.caught
	require.Equal(t, []string{"a 20000"}, p.standings(t, "c"), "the batch was committed")
	p.fold(t)
	p.equalsStandings(t, engine, "c", "the board gets the batch whose fate was unknown")
	p.send(t, spin{id: "3", user: "b", at: at(3), bet: 100, win: 100}.event())
	p.fold(t)
	require.Equal(t, []string{"a 20000", "b 10000"}, p.standings(t, "c"), "each event counts once")
	p.equalsStandings(t, engine, "c", "later batches are applied as ever")
}
