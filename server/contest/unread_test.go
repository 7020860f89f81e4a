package contest_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// storedBefore stores what an earlier version of Laurel published as the next version of a contest: this one would refuse it.
func storedBefore(t *testing.T, s *store.Store, id, yaml string) {
	t.Helper()
	_, err := s.Write().ExecContext(t.Context(), "INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by, "+
		"open_seq) SELECT kind, def_id, version + 1, 'old', $1, published_at, published_by, open_seq FROM definition WHERE def_id = $2 "+
		"ORDER BY version DESC LIMIT 1", yaml, id)
	require.NoError(t, err)
	_, err = s.Write().ExecContext(t.Context(), "UPDATE contest SET version = version + 1 WHERE id = $1", id)
	require.NoError(t, err)
}

func elsewhere(yaml string) string { return strings.Replace(yaml, "tz: UTC", "tz: right/UTC", 1) }

// TestMendingKeepsTheWindowOfTheRow publishes over contests whose windows can't be read, one that runs and one that has closed.
func TestMendingKeepsTheWindowOfTheRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := begin(t, s, c)
		p.publish(t, sprint("runs"))
		c.set(3_700)
		p.publish(t, sprint("closed"))
		require.NoError(t, p.contests.Step(t.Context()))
		c.set(60)
		for _, statement := range []string{
			"UPDATE contest SET close_seq = NULL WHERE id = 'runs'", "UPDATE contest SET final_seq = NULL, summary = NULL, result_hash = ''",
			"UPDATE contest SET state = CASE id WHEN 'runs' THEN 2 ELSE 3 END",
		} {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		storedBefore(t, s, "runs", elsewhere(sprint("runs")))
		storedBefore(t, s, "closed", elsewhere(sprint("closed")))

		proof := contest.NewService(contest.Config{Store: s, Journal: p.journal, Clock: contest.WallClock(c.now), Now: c.now, Proves: true,
			Players: func(string) int64 { return 0 }, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, proof.Sync(t.Context()))
		require.NotNil(t, proof.Set().Get("runs").Unread)
		require.False(t, proof.Set().Get("runs").Paused(), "a proof changes nothing")

		p = begin(t, s, c)
		for _, id := range []string{"runs", "closed"} {
			require.True(t, p.contests.Set().Get(id).Paused(), id)
			summary, _ := p.contests.Summary(id)
			require.NotNil(t, summary.GetPausedAt(), id)
			require.True(t, summary.GetStart().AsTime().Equal(windowStart), id)
		}
		changed := func(id, from, to string) string { return strings.Replace(sprint(id), from, to, 1) }
		refused(t, p.offer(t.Context(), changed("runs", "T18:00Z", "T18:01Z")), "must stay 2025-10-25T18:00:00Z")
		refused(t, p.offer(t.Context(), changed("runs", "T19:00Z", "T18:00:30Z")), "must be to come, or stay 2025-10-25T19:00:00Z")
		refused(t, p.offer(t.Context(), changed("closed", "T19:00Z", "T20:00Z")), "must stay, since the contest has closed")
		refused(t, p.offer(t.Context(), changed("closed", "tz: UTC", "tz: UTC, grace_seconds: 5")), "with its grace")
		refused(t, p.offer(t.Context(), changed("runs", "* 100", "* 200")), "can't change in the version that follows one whose window "+
			"can't be read")
		p.publish(t, changed("runs", "T19:00Z", "T20:00Z"))
		storedBefore(t, s, "closed", changed("closed", "* 100", "* hundred"))
		refused(t, p.offer(t.Context(), sprint("closed")), "has closed and its result comes from the version it closed with, of which this "+
			"version of Laurel can't read how it scores")
		storedBefore(t, s, "closed", elsewhere(sprint("closed")))
		p.publish(t, sprint("closed"))
		require.False(t, p.contests.Set().Get("runs").Paused())
		require.Empty(t, p.contests.Set().Get("runs").ShowPauses(), "nothing was folded meanwhile")
		p.settle(t, "closed")
	})
}

// TestFinalContestThatCantBeReadIsShown has final contests of an older version of Laurel, which kept no summaries, beside more than fit one
// slice of the repair.
func TestFinalContestThatCantBeReadIsShown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(3_700)
		p := begin(t, s, c)
		const contests = 130
		for i := range contests {
			require.NoError(t, p.offer(t.Context(), sprint(fmt.Sprintf("c%d", i))))
			storedBefore(t, s, fmt.Sprintf("c%d", i), elsewhere(sprint(fmt.Sprintf("c%d", i))))
		}
		_, err := s.Write().ExecContext(t.Context(), "UPDATE contest SET state = 4, close_seq = '0', result_hash = 'r', players = 2")
		require.NoError(t, err)
		p = begin(t, s, c)
		require.Len(t, p.contests.List(), contests)
		summary, ok := p.contests.Summary("c7")
		require.True(t, ok)
		require.Equal(t, []any{"c7", final, int64(2), "r"}, []any{summary.GetTitle(), summary.GetState(), summary.GetPlayers(), summary.
			GetResultHash()})
		require.True(t, summary.GetStart().AsTime().Equal(windowStart))
		found, err := p.contests.Get(t.Context(), "c7")
		require.NoError(t, err)
		require.NotNil(t, found.Unread)
		refused(t, p.offer(t.Context(), sprint("c7", "title: Seven")), "is final")
	})
}

// TestPausedMeanwhileStandsStill has a process go on with the contests that it knew when another one paused them: each transition sees it.
func TestPausedMeanwhileStandsStill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := begin(t, s, c)
		ids := []string{"starts", "ends", "closes", "concludes"}
		for i, id := range ids {
			p.publish(t, sprint(id))
			_, err := s.Write().ExecContext(t.Context(), "UPDATE contest SET state = $1 WHERE id = $2", []int{1, 2, 3, 3}[i], id)
			require.NoError(t, err)
		}
		_, err := s.Write().ExecContext(t.Context(), "UPDATE contest SET close_seq = open_seq WHERE id = 'concludes'")
		require.NoError(t, err)
		p = begin(t, s, c)
		for _, id := range ids {
			storedBefore(t, s, id, elsewhere(sprint(id)))
		}
		require.NoError(t, begin(t, storetest.Again(t, s), c).contests.Sync(t.Context()))
		c.set(40_000)
		for _, id := range ids {
			moved, err := p.contests.Advance(t.Context(), id)
			require.NoError(t, err)
			require.False(t, moved, id)
		}
		_, err = s.Write().ExecContext(t.Context(), "UPDATE contest SET pauses = NULL")
		require.NoError(t, err)
		for _, id := range ids[:3] {
			moved, err := p.contests.Advance(t.Context(), id)
			require.NoError(t, err)
			require.True(t, moved, "%s goes on when nothing keeps it", id)
		}
	})
}
