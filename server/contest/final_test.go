package contest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// write stores rows by hand.
func write(t *testing.T, s *store.Store, statement string, args ...any) {
	t.Helper()
	_, err := s.Write().ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

// finish stores a contest and its frozen places: u_1 is first, and so on.
func finish(t *testing.T, s *store.Store, id string, state laurelv1.ContestState, players int) {
	t.Helper()
	write(t, s, `INSERT INTO contest (id, version, state, start_ts, end_ts, grace_end_ts, open_seq, close_seq, revision, result_hash,
		players, changed_at)
		VALUES ($1, 1, $2, 1, 2, 3, '0', '40,50,60,70', 1, 'h', $3, 4)`, id, int(state), players)
	for place := 1; place <= players; place++ {
		write(t, s, "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES ($1, $2, $3, $4, $5)", id, place,
			fmt.Sprint("u_", place), -place, []byte{0, byte(place)})
	}
}

func TestFinalPlacesAreReadAsTheyWereFrozen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		finish(t, s, "over", laurelv1.ContestState_CONTEST_STATE_FINAL, 7)
		finish(t, s, "other", laurelv1.ContestState_CONTEST_STATE_FINAL, 3)
		finish(t, s, "closing", laurelv1.ContestState_CONTEST_STATE_CLOSING, 3)
		for _, c := range []struct{ from, count, first, rows int64 }{{0, 3, 1, 3}, {5, 10, 6, 2}, {7, 1, 0, 0}, {0, 0, 0, 0}, {0, 100, 1, 7}} {
			rows, players, closed, err := contest.FinalPage(t.Context(), s, "over", c.from, c.count, 4)
			require.NoError(t, err)
			require.EqualValues(t, 7, players)
			require.Equal(t, journal.Positions{40, 50, 60, 70}, closed)
			require.Len(t, rows, int(c.rows))
			for i, row := range rows {
				place := c.first + int64(i)
				want := contest.Ranked{UserID: fmt.Sprint("u_", place), Units: -place, Tie: string([]byte{0, byte(place)})}
				require.Equal(t, contest.Placed{Ranked: want, Place: place}, row)
			}
		}
		rows, err := contest.FinalRanks(t.Context(), s, "over", []string{"u_6", "nobody", "u_2"})
		require.NoError(t, err)
		places := map[string]int64{}
		for _, row := range rows {
			places[row.UserID] = row.Place
		}
		require.Equal(t, map[string]int64{"u_2": 2, "u_6": 6}, places)
		for _, id := range []string{"closing", "nothing"} {
			_, _, _, err := contest.FinalPage(t.Context(), s, id, 0, 1, 4)
			require.ErrorIs(t, err, contest.ErrNotFound, id)
		}
	})
}

// TestStandingsSayHowFarTheyAre reads positions that follow from the standings alone, and what was changed beyond given ones.
func TestStandingsSayHowFarTheyAre(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		standings := []contest.Moved{
			{Ranked: contest.Ranked{UserID: "a", Units: 5, Tie: "x"}, Rounds: 1, Partition: 0, Seq: 11},
			{Ranked: contest.Ranked{UserID: "b", Units: 7, Tie: "x"}, Rounds: 2, Partition: 0, Seq: 30},
			{Ranked: contest.Ranked{UserID: "c", Units: 6, Tie: "w"}, Rounds: 3, Partition: 2, Seq: 20},
			{Ranked: contest.Ranked{UserID: "d", Units: 6, Tie: "x"}, Rounds: 4, Partition: 2, Seq: 25},
		}
		for i, row := range standings {
			for _, id := range []string{"c", "other"} {
				write(t, s, `INSERT INTO standing (id, contest_id, user_id, partition, units, tie, rounds, version, seq, state) VALUES ($1, $2, $3, `+
					`$4, $5, $6, $7, 1, $8, $9)`,
					10*i+len(id), id, row.UserID, row.Partition, row.Units, []byte(row.Tie), row.Rounds, row.Seq+int64(len(id)-1)*100, []byte{})
			}
		}
		rows, total, folded, err := contest.SortedPage(t.Context(), s, "c", 1, 2, 4)
		require.NoError(t, err)
		require.EqualValues(t, 4, total)
		require.Equal(t, journal.Positions{30, 0, 25, 0}, folded)
		require.Equal(t, []contest.Ranked{standings[2].Ranked, standings[3].Ranked}, rows)
		require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			positions := make(journal.Positions, 4)
			var all []contest.Ranked
			for row, err := range contest.Folded(ctx, tx, "c", positions) {
				require.NoError(t, err)
				all = append(all, row)
			}
			require.Len(t, all, 4)
			require.Equal(t, folded, positions)
			var since []contest.Moved
			for row, err := range contest.FoldedSince(ctx, tx, "c", journal.Positions{11, 0, 0, 0}) {
				require.NoError(t, err)
				since = append(since, row)
			}
			require.Equal(t, standings[1:], since)
			return nil
		}))
	})
}
