package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestTwinsDoNotFenceEachOther runs two live processes of one host name and process id, as two containers have them, without boards that
// they share: one folds, the other stands by and fences nobody.
func TestTwinsDoNotFenceEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := start(t, s, options{eventClock: true, now: still})
		a.publish(t, sprint("c", "type: sum"))
		a.send(t, spin{id: "1", user: "u", at: at(1), bet: 100, win: 100}.event())
		a.fold(t)
		b := start(t, storetest.Again(t, s), options{eventClock: true, now: still})
		for i := 2; i < 10; i++ {
			a.send(t, spin{id: fmt.Sprint(i), user: "u", at: at(i), bet: 100, win: 100}.event())
			require.NoError(t, b.pipeline.CatchUp(t.Context()))
			require.False(t, b.pipeline.Folds())
			a.fold(t)
		}
		require.Equal(t, []string{"u 90000"}, b.standings(t, "c"))
		a.dies(t)
		b.send(t, spin{id: "10", user: "u", at: at(10), bet: 100, win: 100}.event())
		b.fold(t)
		require.True(t, b.pipeline.Folds())
		require.Equal(t, []string{"u 100000"}, b.standings(t, "c"))
	})
}

// TestPartitionsComeFreeAtOnceAtShutdown tells a process to stop while it folds a batch. The next one need not wait for its lease to run
// out.
func TestPartitionsComeFreeAtOnceAtShutdown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true, now: still})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		p.pipeline.Scored = func(time.Duration, int) { stop() }
		p.pipeline.Run(ctx)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"), "the batch that had begun is committed")
		next := start(t, storetest.Again(t, s), options{eventClock: true, now: still})
		next.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
		next.fold(t)
		require.Equal(t, []string{"a 20000"}, next.standings(t, "c"))
	})
}
