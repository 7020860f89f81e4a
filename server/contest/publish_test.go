package contest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestPublicationIsSeenByEveryProcess publishes in one process; another finds the contest by itself, with what was folded before it.
func TestPublicationIsSeenByEveryProcess(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(-3600)
		p, other := begin(t, s, c), begin(t, s, c)
		_, err := p.journal.Append(t.Context(), entries(3), 1)
		require.NoError(t, err)
		p.foldAll(t)
		require.NoError(t, p.offer(t.Context(), sprint("c")))
		require.NoError(t, other.contests.Step(t.Context()))
		found := other.contests.Set().Get("c")
		require.NotNil(t, found)
		require.Positive(t, found.OpenSeq[0], "what was folded before does not count")
		require.Equal(t, journal.Uniform(p.journal.Partitions(), found.OpenSeq[0]), found.OpenSeq)
		require.Equal(t, []string{"c"}, other.told)

		require.NoError(t, p.offer(t.Context(), strings.Replace(sprint("c"), "T19:00Z", "T20:00Z", 1)))
		require.NoError(t, other.contests.Step(t.Context()))
		moved := other.contests.Set().Get("c")
		require.Equal(t, 2, moved.Version)
		require.Greater(t, moved.End, found.End)
		require.Equal(t, found.OpenSeq, moved.OpenSeq)
		require.Equal(t, []string{"c", "c"}, other.told)
	})
}

// fill makes contest rows in a state, without definitions.
func fill(t testing.TB, s *store.Store, count, state int) {
	t.Helper()
	_, err := s.Write().ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO contest (id, version, state, start_ts, end_ts, grace_end_ts,
		open_seq, revision, result_hash, players, changed_at)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 'fill_%d_' || i, 1, %d, 0, 1, 1, '0', 1, '', 0, 0
			FROM n`, count, state, state))
	require.NoError(t, err)
}

// TestNoRoomForAnotherContest publishes when as many contests as fit are open. Those that are final take no room.
func TestNoRoomForAnotherContest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(-3600)
		p := begin(t, s, c)
		fill(t, s, 20, int(final))
		fill(t, s, contest.MaxOpen-1, int(live))
		require.NoError(t, p.offer(t.Context(), sprint("last")))
		err := p.offer(t.Context(), sprint("one_more"))
		var limit *contest.Limit
		require.ErrorAs(t, err, &limit)
		require.Equal(t, "one_more", limit.ContestID)
		require.ErrorContains(t, err, "10000")
		_, err = p.catalog.Get(t.Context(), catalog.KindContest, "one_more", 0)
		require.ErrorIs(t, err, catalog.ErrNotFound, "nothing is stored")
		require.NoError(t, p.offer(t.Context(), sprint("last", "title: Other")), "a contest that is there may change")
		_, err = s.Write().ExecContext(t.Context(), "UPDATE contest SET state = $1 WHERE id = 'fill_2_1'", int(final))
		require.NoError(t, err)
		require.NoError(t, p.offer(t.Context(), sprint("one_more")))
	})
}

// TestClosedContestTakesOnlyATitle changes a contest that has closed while the catalog's clock says that it runs, and again when it is
// final.
func TestClosedContestTakesOnlyATitle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := begin(t, s, c)
		p.publish(t, sprint("c", "title: First"))
		_, err := p.journal.Append(t.Context(), entries(3), 1)
		require.NoError(t, err)
		require.NoError(t, p.contests.Step(t.Context()))
		inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
			head, err := p.journal.Head(ctx, tx)
			require.NoError(t, err)
			closed, err := contest.Close(ctx, tx, "c", head)
			require.True(t, closed)
			return err
		})
		longer := strings.Replace(sprint("c", "title: First"), "T19:00Z", "T20:00Z", 1)
		refused(t, p.offer(t.Context(), longer), "has closed")
		p.publish(t, sprint("c", "title: Second"))
		closed := p.contests.Set().Get("c")
		require.Equal(t, "Second", closed.Title)
		require.Equal(t, 2, closed.Version)
		require.NotNil(t, closed.CloseSeq)

		c.set(90_000)
		p.settle(t, "c")
		before, _ := p.contests.Summary("c")
		require.Equal(t, "Second", before.GetTitle())
		require.Equal(t, closed.Hash, before.GetDefinitionHash())
		c.set(61) // the clock of the catalog says that it runs
		refused(t, p.offer(t.Context(), strings.Replace(longer, "First", "Second", 1)), "is final")
		p.publish(t, sprint("c", "title: Third"))
		p.publish(t, sprint("c", "title: Fourth"))
		for _, process := range []*process{p, begin(t, s, c)} {
			after, _ := process.contests.Summary("c")
			require.Equal(t, "Fourth", after.GetTitle())
			require.Equal(t, before.GetDefinitionHash(), after.GetDefinitionHash())
			require.Equal(t, before.GetResultHash(), after.GetResultHash())
			require.Equal(t, before.GetVersion(), after.GetVersion())
			full, err := process.contests.Get(t.Context(), "c")
			require.NoError(t, err)
			require.Equal(t, "Fourth", full.Title)
			require.Equal(t, after.GetResultHash(), full.ResultHash)
			require.Equal(t, closed.CloseSeq, full.CloseSeq)
		}
	})
}

func refused(t *testing.T, err error, why string) {
	t.Helper()
	var invalid *catalog.Invalid
	require.ErrorAs(t, err, &invalid)
	require.Contains(t, invalid.Problems[0].Message, why)
}

// TestPublishersAndTransitionsRace has many publish and close at once: the set that comes out is the one that any other process reads.
func TestPublishersAndTransitionsRace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(-3600)
		p := begin(t, s, c)
		const publishers, rounds = 4, 5
		failures := make(chan error, publishers*(rounds+1))
		for i := range publishers {
			go func() {
				worker := context.WithoutCancel(t.Context())
				for round := range rounds {
					failures <- p.offer(worker, sprint(fmt.Sprintf("c%d", i), fmt.Sprintf("title: %d", round)))
				}
				failures <- s.Tx(worker, func(ctx context.Context, tx *store.Tx) error {
					_, err := contest.Close(ctx, tx, fmt.Sprintf("c%d", i), journal.Uniform(p.journal.Partitions(), 0))
					return err
				})
			}()
		}
		for range cap(failures) {
			require.NoError(t, <-failures)
			require.NoError(t, p.contests.Sync(t.Context()))
		}
		require.EqualValues(t, publishers*(rounds+1), p.contests.Set().Revision, "each change has a revision of its own")
		fresh := begin(t, s, c)
		require.Equal(t, fresh.contests.Set().Revision, p.contests.Set().Revision)
		for i, want := range fresh.contests.Set().All() {
			got := p.contests.Set().All()[i]
			require.Equal(t, want.Hash, got.Hash)
			require.Equal(t, want.CloseSeq, got.CloseSeq)
			require.NotNil(t, got.CloseSeq, "closed at the start of the journal is closed")
		}
	})
}
