package contest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// mark leaves a trace of a number in the transaction of a snapshot.
func mark(ctx context.Context, tx *store.Tx, value string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ($1, $1)", value)
	return err
}

// TestSnapshotAndWhatFollowsAreOne keeps a board with something that follows from it, fails to, and keeps it again.
func TestSnapshotAndWhatFollowsAreOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := begin(t, s, clockAt(60))
		board := contest.Snapshot{ContestID: "c", Total: 200, Positions: journal.Uniform(p.journal.Partitions(), 7)}
		for range 2 * contest.SnapshotRows {
			board.Top = append(board.Top, &laurelv1.LeaderboardRow{UserId: "u"})
		}
		var numbers []int64
		follow := func(ctx context.Context, tx *store.Tx, number int64) error {
			numbers = append(numbers, number)
			return mark(ctx, tx, string(rune('a'+len(numbers))))
		}
		require.NoError(t, p.contests.SaveSnapshot(t.Context(), board, follow))
		broken := errors.New("broken")
		require.ErrorIs(t, p.contests.SaveSnapshot(t.Context(), board, func(ctx context.Context, tx *store.Tx, number int64) error {
			return errors.Join(follow(ctx, tx, number), broken)
		}), broken)
		board.Positions[3] = 9
		require.NoError(t, p.contests.SaveSnapshot(t.Context(), board, follow))
		require.NoError(t, p.contests.SaveSnapshot(t.Context(), board, nil))
		require.Equal(t, []int64{1, 2, 2}, numbers)
		list, err := p.contests.Snapshots(t.Context(), "c", store.Listing{Limit: 10})
		require.NoError(t, err)
		require.Len(t, list, 3)
		require.EqualValues(t, 3, list[0].GetNumber())
		kept, err := p.contests.Snapshot(t.Context(), "c", 2)
		require.NoError(t, err)
		require.Len(t, kept.GetTop(), contest.SnapshotRows)
		require.EqualValues(t, 200, kept.GetSnapshot().GetTotal())
		var positions string
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT positions FROM contest_snapshot WHERE number = 2").Scan(&positions))
		require.Equal(t, board.Positions.String(), positions)
		_, err = p.contests.Snapshot(t.Context(), "c", 4)
		require.ErrorIs(t, err, contest.ErrNotFound)
		require.Equal(t, 2, traces(t, s))
	})
}

// traces counts what mark left.
func traces(t *testing.T, s *store.Store) (count int) {
	t.Helper()
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM setting WHERE length(id) = 1").Scan(&count))
	return count
}

// TestSnapshotsOfTwoProcessesAtOnce has a second process keep the board while the first is about to: one of the two stays, with what
// follows from it.
func TestSnapshotsOfTwoProcessesAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	p, other := begin(t, s, clockAt(60)), begin(t, s, clockAt(60))
	board := contest.Snapshot{ContestID: "c", Total: 1, Positions: journal.Uniform(p.journal.Partitions(), 7)}
	require.NoError(t, p.contests.SaveSnapshot(t.Context(), board, func(ctx context.Context, tx *store.Tx, number int64) error {
		require.EqualValues(t, 1, number)
		require.NoError(t, other.contests.SaveSnapshot(t.Context(), board,
			func(ctx context.Context, tx *store.Tx, _ int64) error { return mark(ctx, tx, "o") }))
		return mark(ctx, tx, "p")
	}))
	list, err := p.contests.Snapshots(t.Context(), "c", store.Listing{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, 1, traces(t, s))
}
