package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestTwinOwnersFenceEachOther runs two live processes under one name, as two containers of one host name and process id do. Neither
// may commit what it folded from a state that the other has moved on.
func TestTwinOwnersFenceEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		engine := memory.New()
		twin := func() *process {
			return start(t, s, options{eventClock: true, engine: engine, owner: "laurel/1", now: still})
		}
		a := twin()
		a.publish(t, sprint("c", "type: sum"))
		a.send(t, spin{id: "1", user: "u", at: at(1), bet: 100, win: 100}.event())
		a.fold(t)
		b := twin()
		require.NoError(t, b.pipeline.CatchUp(t.Context()), "b takes the partitions over")
		a.send(t, spin{id: "2", user: "u", at: at(2), bet: 100, win: 100}.event())
		var refused error
		require.Eventually(t, func() bool { // on Postgres the event is readable as soon as no older transaction is open
			refused = a.pipeline.CatchUp(t.Context())
			return refused != nil
		}, patience, 5*time.Millisecond, "a has lost its lease to b and must not commit")
		require.ErrorIs(t, refused, journal.ErrFenced)
		require.Equal(t, []string{"u 10000"}, a.standings(t, "c"), "the late commit left no trace")
		a.fold(t) // claims again
		require.Equal(t, []string{"u 20000"}, a.standings(t, "c"))
		b.send(t, spin{id: "3", user: "u", at: at(3), bet: 100, win: 100}.event())
		require.Eventually(t, func() bool {
			refused = b.pipeline.CatchUp(t.Context())
			return refused != nil
		}, patience, 5*time.Millisecond, "now b has lost its lease to a")
		require.ErrorIs(t, refused, journal.ErrFenced)
		b.fold(t)
		require.Equal(t, []string{"u 30000"}, b.standings(t, "c"), "each event counts once, whoever folds it")
		b.equalsStandings(t, engine, "c", "the board of the two is right")
	})
}

// TestPartitionsComeFreeAtOnceAtShutdown tells a process to stop while it folds a batch. The clock stands, so its lease would never run out.
func TestPartitionsComeFreeAtOnceAtShutdown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true, owner: "stopping", now: still})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		p.pipeline.Scored = func(time.Duration, int) { stop() }
		p.pipeline.Run(ctx)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"), "the batch that had begun is committed")
		next := start(t, s, options{eventClock: true, owner: "next", now: still})
		next.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
		next.fold(t)
		require.Equal(t, []string{"a 20000"}, next.standings(t, "c"))
	})
}
