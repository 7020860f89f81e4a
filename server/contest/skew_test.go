package contest_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// untilEnd is how long the contest of TestClockThatIsAheadClosesNothing still runs when it is published.
const untilEnd = 1500 * time.Millisecond

// TestClockThatIsAheadClosesNothing runs a contest by two processes, of which one has a clock two hours ahead. Its end is that of the
// database's clock.
func TestClockThatIsAheadClosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ahead := func() time.Time { return time.Now().Add(2 * time.Hour) }
		right := start(t, s, contest.DatabaseClock{Wall: time.Now}, time.Now)
		wrong := start(t, s, contest.DatabaseClock{Wall: ahead}, ahead)
		var log bytes.Buffer
		wrong.contests.Log = slog.New(slog.NewTextHandler(&log, nil))
		end := time.Now().Add(untilEnd).Truncate(time.Microsecond)
		require.NoError(t, right.offer(t.Context(), fmt.Sprintf("kind: Contest\nid: c\nwindow: {start: %s, end: %s, grace_seconds: "+
			"0}\nleaderboard: {type: count}\n",
			end.Add(-time.Hour).UTC().Format("2006-01-02T15:04:05.000000Z"), end.UTC().Format("2006-01-02T15:04:05.000000Z"))))
		for range 3 {
			require.NoError(t, wrong.contests.Step(t.Context()))
		}
		require.Equal(t, scheduled, wrong.state(t, "c"), "it drives nothing, though it is alone")
		by, refuses := wrong.contests.Skew()
		require.True(t, refuses)
		require.InDelta(t, 2*time.Hour, by, float64(time.Minute))
		require.Equal(t, 1, strings.Count(log.String(), "too far from the database"), "it says so once a minute")

		require.Eventually(t, func() bool {
			require.NoError(t, wrong.contests.Step(t.Context()))
			require.NoError(t, right.contests.Step(t.Context()))
			c := right.contests.Set().Get("c")
			over := c == nil || c.CloseSeq != nil || c.State == closing
			if over {
				require.False(t, time.Now().Before(end), "it ends when its window does")
			} else {
				require.Equal(t, live, c.State)
			}
			return c == nil
		}, patience, 5*time.Millisecond, "the process with the right clock takes it to its end")
		require.NoError(t, wrong.contests.Step(t.Context()))
		require.Equal(t, final, wrong.state(t, "c"), "the other follows")
		by, refuses = right.contests.Skew()
		require.False(t, refuses)
		require.Less(t, by.Abs(), 2*time.Second)
	})
}

// TestClockThatWasSetRightDrivesAgain puts a clock that was behind right.
func TestClockThatWasSetRightDrivesAgain(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	behind := 3 * time.Second
	wall := func() time.Time { return time.Now().Add(-behind) }
	p := start(t, s, contest.DatabaseClock{Wall: wall}, wall)
	require.NoError(t, p.offer(t.Context(), sprint("c")))
	require.NoError(t, p.contests.Step(t.Context()))
	require.Equal(t, scheduled, p.state(t, "c"))
	by, refuses := p.contests.Skew()
	require.True(t, refuses)
	require.Negative(t, by)
	behind = time.Second
	p.settle(t, "c")
}

// TestOtherClocksKnowNoSkew steps with a clock that stands in the past, as one that was shifted for a demonstration does.
func TestOtherClocksKnowNoSkew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(60)
		p := begin(t, s, c)
		p.publish(t, sprint("c"))
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, live, p.state(t, "c"))
		by, refuses := p.contests.Skew()
		require.Zero(t, by)
		require.False(t, refuses)
	})
}

// TestEmptyJournalClosesAtItsStart takes a contest of the past to its end before anything was ever accepted.
func TestEmptyJournalClosesAtItsStart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(90_000)
		p := begin(t, s, c)
		p.publish(t, sprint("c"))
		p.settle(t, "c")
		full, err := p.contests.Get(t.Context(), "c")
		require.NoError(t, err)
		require.Len(t, full.CloseSeq, p.journal.Partitions())
		if s.Dialect() == store.SQLite {
			require.Zero(t, full.CloseSeq.Sum(), "closed at nothing is not open")
		}
		require.Equal(t, contest.NewResultHash(full.Hash, full.CloseSeq).Sum(), full.ResultHash)
		var stored sql.NullString
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT close_seq FROM contest WHERE id = 'c'").Scan(&stored))
		require.Equal(t, full.CloseSeq.String(), stored.String)
	})
}
