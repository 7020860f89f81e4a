package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// elsewhere is a contest as an earlier version of Laurel accepted it.
func elsewhere(yaml string) string {
	return strings.Replace(yaml, "tz: UTC", "tz: right/Europe/Kyiv", 1)
}

// publishedBefore stores what an earlier version of Laurel published as the next version of a contest: this one would refuse it.
func publishedBefore(t *testing.T, s *store.Store, id, yaml string) {
	t.Helper()
	for _, statement := range []string{
		"INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by, open_seq) SELECT kind, def_id, version + 1, " +
			"'old', '" + yaml + "', published_at, published_by, open_seq FROM definition WHERE def_id = '" + id + "' AND version = (SELECT " +
			"version FROM contest WHERE id = '" + id + "')",
		"UPDATE contest SET version = version + 1, revision = (SELECT value FROM setting WHERE id = 'contest_revision')" + number(s) + " + 1 " +
			"WHERE id = '" + id + "'",
		"UPDATE setting SET value = (value" + number(s) + " + 1)" + text(s) + " WHERE id = 'contest_revision'",
	} {
		_, err := s.Write().ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

func number(s *store.Store) string {
	if s.Dialect() == store.Postgres {
		return "::bigint"
	}
	return ""
}

func text(s *store.Store) string {
	if s.Dialect() == store.Postgres {
		return "::text"
	}
	return ""
}

// round is a round worth 100 points.
func round(id, user string, second int) *laurelv1.Event {
	return spin{id: id, user: user, at: at(second), bet: 100, win: 100}.event()
}

// TestContestThatCantBeReadConcernsNoOther has a version of Laurel that can't read a contest which runs: the others score, its rows and its
// life stay as they are, and it goes on with a version that can be read, from there on. The proof sees what the fold saw.
func TestContestThatCantBeReadConcernsNoOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := start(t, s, options{now: c.now})
		p.publish(t, sprint("odd", "type: sum"))
		p.publish(t, sprint("even", "type: sum"))
		p.send(t, round("1", "a", 1))
		p.fold(t)
		p.stop()
		publishedBefore(t, s, "odd", elsewhere(sprint("odd", "type: sum")))

		p = start(t, s, options{now: c.now})
		p.send(t, round("2", "a", 2), round("3", "b", 3))
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "odd"))
		require.Equal(t, []string{"a 20000", "b 10000"}, p.standings(t, "even"))
		odd := p.contest(t, "odd")
		require.True(t, odd.Paused())
		require.Equal(t, 2, odd.Version)
		require.EqualValues(t, 2, odd.Precision, "what can be read is shown")
		require.ErrorContains(t, odd.Unread, `can't read Contest odd version 2: line 3:64: window.tz: "right/Europe/Kyiv" is not a known time zone`)
		require.Equal(t, []*catalog.Unread{odd.Unread}, p.contests.Unread())
		_, err := p.contests.Explain(t.Context(), "odd", "a", "b")
		require.ErrorIs(t, err, error(odd.Unread))

		c.set(4_000) // the window and the grace are over
		require.NoError(t, p.contests.Step(t.Context()))
		require.Nil(t, p.contest(t, "odd").CloseSeq, "its result would lack what it missed")
		require.NotNil(t, p.contest(t, "even").CloseSeq)
		c.set(60)

		p.publish(t, sprint("odd", "type: sum"))
		p.send(t, round("4", "a", 4), round("5", "b", 5))
		p.fold(t)
		require.False(t, p.contest(t, "odd").Paused())
		require.Equal(t, []string{"a 20000", "b 10000"}, p.standings(t, "odd"), "what was folded meanwhile does not count")
		p.agree(t)
		p.publish(t, sprint("odd", "type: sum", "title: Odd"))
		require.Len(t, p.contest(t, "odd").ShowPauses(), 1)

		c.set(4_000)
		require.Eventually(t, func() bool {
			require.NoError(t, p.contests.Step(t.Context()))
			p.fold(t)
			return p.contests.Set().Final("odd")
		}, patience, 5*time.Millisecond)
		players, difference := p.refolded(t, "odd")
		require.Empty(t, difference)
		require.EqualValues(t, 2, players)
	})
}

// TestContestGoesOnWhenItCanBeReadAgain goes back to a version of Laurel that reads the contest: it takes events when that one starts.
func TestContestGoesOnWhenItCanBeReadAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := start(t, s, options{now: c.now})
		p.publish(t, sprint("odd", "type: sum"))
		publishedBefore(t, s, "odd", elsewhere(sprint("odd", "type: sum")))
		require.NoError(t, p.contests.Sync(t.Context()))
		p.send(t, round("1", "a", 1))
		p.fold(t)
		p.stop()
		_, err := s.Write().ExecContext(t.Context(), "UPDATE contest SET version = 1") // this version reads the first one
		require.NoError(t, err)
		p = start(t, s, options{now: c.now})
		require.False(t, p.contest(t, "odd").Paused())
		p.send(t, round("2", "a", 2))
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "odd"))
		p.agree(t)
	})
}

// TestRefoldSaysWhatItCantRead proves the contests that can be read, and of a final one that can't its frozen places.
func TestRefoldSaysWhatItCantRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := start(t, s, options{now: c.now})
		for _, id := range []string{"even", "odd", "over"} {
			p.publish(t, sprint(id, "type: sum"))
		}
		p.send(t, round("1", "a", 1), round("2", "b", 2))
		p.fold(t)
		c.set(4_000)
		require.Eventually(t, func() bool {
			require.NoError(t, p.contests.Step(t.Context()))
			p.fold(t)
			return p.contests.Set().Final("over")
		}, patience, 5*time.Millisecond)
		p.stop()
		publishedBefore(t, s, "over", elsewhere(sprint("over", "type: sum")))
		c.set(60)
		p = start(t, s, options{now: c.now})
		p.publish(t, sprint("next", "type: sum"))
		publishedBefore(t, s, "next", elsewhere(sprint("next", "type: sum")))
		require.NoError(t, p.contests.Sync(t.Context()))

		over := p.contest(t, "over")
		require.NotNil(t, over.Unread)
		require.Equal(t, "sum", over.Type)
		explained, err := p.contests.Explain(t.Context(), "over", "a", "b")
		require.NoError(t, err, "a summary has all that tells the order")
		require.Equal(t, "user_id", explained.GetDecidedBy())
		unread := map[string]bool{}
		contests := []*contest.Live{over, p.contest(t, "odd"), p.contest(t, "next")}
		require.NoError(t, pipeline.Refold(t.Context(), s, p.journal, &archive.Shelf{}, contests, func(r pipeline.Refolded) error {
			unread[r.Contest.ID] = r.Unread != nil
			require.Empty(t, r.Difference+r.Frozen, r.Contest.ID)
			return nil
		}))
		require.Equal(t, map[string]bool{"over": true, "odd": false, "next": true}, unread)
	})
}
