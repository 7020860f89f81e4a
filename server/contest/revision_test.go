package contest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	// holders are the lanes that fold without a pause; one of them always holds the revision unless all but it are kept waiting.
	holders = 3
	// handOver is how long a lane holds the revision when no other comes by.
	handOver = 20 * time.Millisecond
	// fairRounds is how many batches may go before a change that waits: those under way, and those that were quicker to ask. A change that
	// starves sees maxRounds, and the lanes end.
	fairRounds, maxRounds = 200, 2000
)

// relay has a lane let go of what it holds only when another holds it too.
type relay struct{ holding, rounds atomic.Int64 }

// run takes part until the set is stale.
func (r *relay) run(ctx context.Context, s *store.Store, set *contest.Set) error {
	for r.rounds.Load() < maxRounds {
		err := s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := set.CheckRevision(ctx, tx); err != nil {
				return err
			}
			r.holding.Add(1)
			r.pass()
			return nil
		})
		if errors.Is(err, catalog.ErrStale) {
			return nil
		}
		if err != nil {
			return err
		}
		r.rounds.Add(1)
	}
	return nil
}

func (r *relay) pass() {
	look := time.NewTicker(100 * time.Microsecond)
	defer look.Stop()
	alone := time.NewTimer(handOver)
	defer alone.Stop()
	for {
		if others := r.holding.Load(); others > 1 && r.holding.CompareAndSwap(others, others-1) {
			return
		}
		select {
		case <-alone.C:
			r.holding.Add(-1)
			return
		case <-look.C:
		}
	}
}

// TestBatchesLetAChangeThrough has lanes hold the revision in turns that overlap, as batches do, while a contest closes.
func TestBatchesLetAChangeThrough(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	p := begin(t, s, clockAt(-3600))
	p.publish(t, sprint("c"))
	var r relay
	var lanes sync.WaitGroup
	for range holders {
		lanes.Go(func() { assert.NoError(t, r.run(context.WithoutCancel(t.Context()), s, p.contests.Set())) })
	}
	require.Eventually(t, func() bool { return r.rounds.Load() >= holders }, patience, time.Millisecond, "the lanes are under way")
	var waited int64
	inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
		before := r.rounds.Load()
		closed, err := contest.Close(ctx, tx, "c", journal.Uniform(p.journal.Partitions(), 0))
		waited = r.rounds.Load() - before
		require.True(t, closed)
		return err
	})
	lanes.Wait()
	require.LessOrEqual(t, waited, int64(fairRounds), "batches that went before the change")
}
