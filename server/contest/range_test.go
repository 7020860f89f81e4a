package contest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestEventsAreNeededByContestsThatMayCountThem asks for events around the window of a contest, before and after it is final.
func TestEventsAreNeededByContestsThatMayCountThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(60)
		p := begin(t, s, clock)
		// what was folded when the contest is published
		_, err := s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = 1000 + id")
		require.NoError(t, err)
		p.publish(t, sprint("c"))
		start := windowStart.UnixMicro()
		end := start + 3600*1_000_000
		needed := func(first, last, seq int64) string {
			var why string
			require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
				why, err = contest.Needing(ctx, tx, journal.Contents{Events: 1, FirstEvent: first, LastEvent: last, LastSeq: seq},
					p.journal.Partitions())
				return err
			}))
			return why
		}
		for _, each := range []struct {
			first, last, seq int64
			want             bool
		}{
			{start - 10, start - 1, 5000, false},
			{start - 10, start, 5000, true},
			{end - 1, end + 10, 5000, true},
			{end, end + 10, 5000, false},
			{start - 10, end + 10, 5000, true},
			{start, start, 1001, true},
			{start, start, 1000, false},
		} {
			require.Equal(t, each.want, needed(each.first, each.last, each.seq) != "", "%+v", each)
		}
		require.Equal(t, `contest "c" is not final yet, and events of its window are among them`, needed(start, start, 5000))
		require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			why, err := contest.Needing(ctx, tx, journal.Contents{}, p.journal.Partitions())
			require.Empty(t, why, "a range without events")
			return err
		}))
		clock.set(90_000)
		p.settle(t, "c")
		require.Empty(t, needed(start, start, 5000), "it is final")
	})
}
