package contest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestEventClockIsTheHighestTimeOfItsScope moves the clock by random batches, of which some are not committed: it stands at the highest
// committed time of any market and brand in scope, never goes back, and comes out the same when it is read from the database.
func TestEventClockIsTheHighestTimeOfItsScope(t *testing.T) {
	t.Parallel()
	type place struct{ market, brand string }
	errRolledBack := errors.New("rolled back")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock, err := contest.NewEventClock(t.Context(), s)
		require.NoError(t, err)
		highest := map[place]int64{} // of all runs: the clock goes on
		rapid.Check(t, func(t *rapid.T) {
			name := rapid.SampledFrom([]string{"", "DE", "SE"})
			before := clock.Now(nil, nil)
			marks, moved := clock.Begin(), map[place]int64{}
			for range rapid.IntRange(0, 6).Draw(t, "events") {
				at := place{name.Draw(t, "market"), name.Draw(t, "brand")}
				ts := rapid.Int64Range(1, 1_000).Draw(t, "ts")
				forward := ts > max(highest[at], moved[at])
				require.Equal(t, forward, marks.Observe(at.market, at.brand, ts))
				if forward {
					moved[at] = ts
				}
			}
			commits := rapid.Bool().Draw(t, "commits")
			err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := marks.Store(ctx, tx); err != nil || commits {
					return err
				}
				return errRolledBack
			})
			if commits {
				require.NoError(t, err)
				marks.Commit()
				for at, ts := range moved {
					highest[at] = ts
				}
			} else {
				require.ErrorIs(t, err, errRolledBack)
			}
			require.False(t, clock.Now(nil, nil).Before(before))
			again, err := contest.NewEventClock(t.Context(), s)
			require.NoError(t, err)
			for _, scope := range [][2][]string{{}, {{"DE"}}, {nil, {"SE"}}, {{"DE", "SE"}, {"SE"}}, {{"TR"}}} {
				want := int64(0)
				for at, ts := range highest {
					if (&contest.Definition{Markets: scope[0], Brands: scope[1]}).InScope(at.market, at.brand) {
						want = max(want, ts)
					}
				}
				require.Equal(t, time.UnixMicro(want), clock.Now(scope[0], scope[1]))
				require.Equal(t, time.UnixMicro(want), again.Now(scope[0], scope[1]))
			}
		})
	})
}
