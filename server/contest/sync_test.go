package contest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestSyncKeepsWhatHasNotChanged changes one contest of two.
func TestSyncKeepsWhatHasNotChanged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := begin(t, s, clockAt(-3600))
		p.publish(t, sprint("a"))
		p.publish(t, sprint("b"))
		before := p.contests.Set()
		require.NoError(t, p.contests.Sync(t.Context()))
		require.Same(t, before, p.contests.Set(), "nothing has changed")
		p.publish(t, sprint("b", "title: B"))
		after := p.contests.Set()
		require.Same(t, before.Get("a"), after.Get("a"))
		require.NotSame(t, before.Get("b"), after.Get("b"))
		require.Equal(t, []string{"a", "b", "b"}, p.told)
		require.Equal(t, []int64{2, 0, 0, 0}, counted(after))
	})
}

// TestFinishedContestsAreLight takes two of three contests to their end. They leave the set and are still shown, by this process and by the
// next.
func TestFinishedContestsAreLight(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := begin(t, s, c)
		for _, id := range []string{"b", "a"} {
			p.publish(t, sprint(id))
		}
		_, err := s.Write().ExecContext(t.Context(), `INSERT INTO standing (contest_id, user_id, partition, units, tie, rounds, version, seq,
			state)
			VALUES ('a', 'u', 0, 5, $1, 1, 1, 1, $1)`, []byte{})
		require.NoError(t, err)
		c.set(90_000)
		p.settle(t, "a")
		p.settle(t, "b")
		p.publish(t, "kind: Contest\nid: later\nwindow: {start: 2026-10-25, end: 2026-10-25}\nleaderboard: {type: count}\n")
		next := begin(t, s, c)
		require.Equal(t, []string{"later"}, next.told, "nobody is told of what was over before")
		for _, process := range []*process{p, next} {
			set := process.contests.Set()
			require.Nil(t, set.Get("a"))
			require.Len(t, set.All(), 1)
			require.Equal(t, []int64{1, 0, 0, 2}, counted(set))
			var listed []string
			for _, summary := range process.contests.List() {
				listed = append(listed, summary.GetId())
			}
			require.Equal(t, []string{"later", "a", "b"}, listed)
			summary, ok := process.contests.Summary("a")
			require.True(t, ok)
			require.EqualValues(t, 1, summary.GetPlayers())
			full, err := process.contests.Get(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, contest.Sum, full.Model)
			require.Equal(t, summary.GetResultHash(), full.ResultHash)
			require.EqualValues(t, 1, full.FinalPlayers)
			again, err := process.contests.Get(t.Context(), "a")
			require.NoError(t, err)
			require.Same(t, full, again, "it is kept for a while")
			_, err = process.contests.Get(t.Context(), "nobody")
			require.ErrorIs(t, err, contest.ErrNotFound)
		}
	})
}

// TestDatabaseOfAnOlderVersionComesUp has definitions without a row, a row that is behind, and results without summaries, as older versions
// of Laurel left them.
func TestDatabaseOfAnOlderVersionComesUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(-3600)
		old := begin(t, s, c)
		for _, id := range []string{"missing", "behind", "ended", "renamed"} {
			old.publish(t, sprint(id))
		}
		require.NoError(t, old.offer(t.Context(), sprint("behind", "title: New")))
		c.set(90_000)
		old.settle(t, "ended")
		old.settle(t, "renamed")
		want, _ := old.contests.Summary("ended")
		c.set(-3600)
		for _, statement := range []string{
			"UPDATE contest SET revision = 0, summary = NULL",
			"DELETE FROM contest WHERE id = 'missing'",
			"UPDATE contest SET version = 1, state = 1, close_seq = NULL, result_hash = '' WHERE id = 'behind'",
		} {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		early := start(t, s, contest.WallClock(c.now), c.now)
		require.NoError(t, early.offer(t.Context(), sprint("renamed", "title: Renamed")), "definitions are published before the first Sync")
		p := begin(t, s, c)
		require.NotNil(t, p.contests.Set().Get("missing"))
		require.Equal(t, "New", p.contests.Set().Get("behind").Title)
		got, ok := p.contests.Summary("ended")
		require.True(t, ok)
		require.Equal(t, want.String(), got.String())
		renamed, _ := p.contests.Summary("renamed")
		require.Equal(t, "Renamed", renamed.GetTitle())
		revision := p.contests.Set().Revision
		require.Equal(t, revision, begin(t, s, c).contests.Set().Revision, "nothing is left to repair")
	})
}

// TestEverythingIsThereAboveTheLimit starts on a database that holds more contests than may be published, as older versions of Laurel let
// happen.
func TestEverythingIsThereAboveTheLimit(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	seed(t, s, contest.MaxOpen+1, 0)
	c := clockAt(-3600)
	p := start(t, s, contest.WallClock(c.now), c.now)
	require.NoError(t, p.contests.Sync(t.Context()))
	require.Len(t, p.contests.Set().All(), contest.MaxOpen+1)
	require.Len(t, p.contests.List(), contest.MaxOpen+1)
	var limit *contest.Limit
	require.ErrorAs(t, p.offer(t.Context(), sprint("one_more")), &limit)
}

// TestStaleSetIsToldSo checks a set in a transaction, alone and beside others.
func TestStaleSetIsToldSo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := begin(t, s, clockAt(-3600))
		set := p.contests.Set()
		inTx(t, s, set.CheckRevision)
		inTx(t, s, set.TakeRevision)
		p.publish(t, sprint("c"))
		require.ErrorIs(t, s.Tx(t.Context(), set.CheckRevision), catalog.ErrStale)
		require.ErrorIs(t, s.Tx(t.Context(), set.TakeRevision), catalog.ErrStale)
		inTx(t, s, p.contests.Set().CheckRevision)
		inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
			if err := p.contests.Set().TakeRevision(ctx, tx); err != nil {
				return err
			}
			closed, err := contest.Close(ctx, tx, "c", journal.Uniform(p.journal.Partitions(), 0))
			require.True(t, closed)
			return err
		})
		require.ErrorIs(t, s.Tx(t.Context(), p.contests.Set().CheckRevision), catalog.ErrStale)
	})
}
