package journal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// old is an entry of an event that happened days ago.
func old(id, content string, now time.Time, days int) Entry {
	e := entry(id, content)
	e.TsMicros = now.AddDate(0, 0, -days).UnixMicro()
	return e
}

// dropAll steps until there is nothing more to drop.
func dropAll(t *testing.T, j *Journal, now time.Time) (dropped int64) {
	t.Helper()
	for more := true; more; {
		n, again, err := j.DropKeys(t.Context(), now)
		require.NoError(t, err)
		dropped, more = dropped+n, again
	}
	return dropped
}

func keys(t *testing.T, s *store.Store) (count int) {
	t.Helper()
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM event_key").Scan(&count))
	return count
}

func appendAt(t *testing.T, j *Journal, arrival time.Time, entries ...Entry) []Status {
	t.Helper()
	statuses, err := j.Append(t.Context(), entries, arrival.UnixMicro())
	require.NoError(t, err)
	return statuses
}

// TestKeysOfOldEventsAreDropped has events of several ages: the keys of those that arrived and happened before the horizon go, and no event from then comes in again.
func TestKeysOfOldEventsAreDropped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		history := old("old", "1", now, 9000)
		history.Source = event.HistoryOf("")
		ahead := old("ahead", "1", now, -100) // it was taken in by a clock that events had moved
		require.Equal(t, []Status{Appended, Appended, Appended, Appended}, appendAt(t, j, now.AddDate(0, 0, -500),
			old("gone", "1", now, 500), old("late", "1", now, 300), history, ahead))
		require.Equal(t, []Status{Appended, Appended}, appendAt(t, j, now.AddDate(0, 0, -300), old("far", "1", now, 399), old("near", "1", now, 300)))

		require.EqualValues(t, 1, dropAll(t, j, now))
		require.Equal(t, 5, keys(t, s))
		h, err := j.HorizonNow(t.Context())
		require.NoError(t, err)
		require.Equal(t, DefaultHorizonDays, h.Days)
		require.Equal(t, now.Add(-h.Span()-HorizonMargin).UnixMicro(), h.FloorMicros)
		require.Zero(t, dropAll(t, j, now), "the floor is high enough")

		statuses := appendAt(t, j, now, old("gone", "1", now, 500), old("gone", "2", now, 1), old("far", "1", now, 399), old("near", "2", now, 1), old("new", "1", now, 401),
			history, ahead, old("late", "1", now, 300))
		require.Equal(t, []Status{TooOld, Appended, Duplicate, Conflict, TooOld, Duplicate, Duplicate, Duplicate}, statuses)
		require.Equal(t, TooOld, appendAt(t, j, now, old("gone", "1", now, 500))[0])
	})
}

// TestAHorizonThatChangesLosesNoKey: a shorter one drops keys, and a longer one does not bring them back.
func TestAHorizonThatChangesLosesNoKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		appendAt(t, j, now.AddDate(0, 0, -50), old("a", "1", now, 50))
		require.Zero(t, dropAll(t, j, now))
		before, err := j.SetHorizonDays(t.Context(), 30)
		require.NoError(t, err)
		require.Equal(t, DefaultHorizonDays, before)
		require.EqualValues(t, 1, dropAll(t, j, now))
		before, err = j.SetHorizonDays(t.Context(), 400)
		require.NoError(t, err)
		require.Equal(t, 30, before)
		require.Zero(t, dropAll(t, j, now))
		require.Equal(t, []Status{TooOld, Appended}, appendAt(t, j, now, old("a", "1", now, 50), old("b", "1", now, 29)))
		h, err := j.HorizonNow(t.Context())
		require.NoError(t, err)
		require.Equal(t, h.FloorMicros, h.OldestMicros(now), "the floor is what counts until the longer horizon has gone by")
		require.Equal(t, now.AddDate(2, 0, 0).Add(-h.Span()).UnixMicro(), h.OldestMicros(now.AddDate(2, 0, 0)))
		for _, days := range []int{0, -1, MaxHorizonDays + 1} {
			_, err := j.SetHorizonDays(t.Context(), days)
			require.ErrorContains(t, err, "1 to 36500 days")
		}
	})
}

// TestKeysGoInSlices has more keys than a step looks at, and two processes that step in turn: each step is small, and one goes on where the other stopped.
func TestKeysGoInSlices(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const count, most = 9000, 8000
		j, now := open(t, s), time.Now()
		other := open(t, storetest.Again(t, s))
		for from := 0; from < count; from += 3000 {
			entries := make([]Entry, 3000)
			for i := range entries {
				entries[i] = old(fmt.Sprintf("%d-%032d", i%7, from+i), "1", now, 500-300*(i%2))
			}
			appendAt(t, j, now.AddDate(0, 0, -500), entries...)
		}
		steps, dropped := 0, int64(0)
		for more := true; more; steps++ {
			n, again, err := []*Journal{j, other}[steps%2].DropKeys(t.Context(), now)
			require.NoError(t, err)
			require.LessOrEqual(t, n, int64(most))
			dropped, more = dropped+n, again
		}
		require.Greater(t, steps, 3)
		require.EqualValues(t, count/2, dropped)
		require.Equal(t, count/2, keys(t, s))
	})
}

// TestOneProcessDropsAtATime: another one leaves the sweep alone while a step is under way.
func TestOneProcessDropsAtATime(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j, now := open(t, s), time.Now()
	appendAt(t, j, now.AddDate(0, 0, -500), old("a", "1", now, 500))
	_, more, err := j.DropKeys(t.Context(), now)
	require.NoError(t, err)
	require.True(t, more)
	require.NoError(t, j.alone(t.Context(), func(ctx context.Context, _ *store.Tx, _ *sweep) error {
		for range 5 {
			n, _, err := j.DropKeys(ctx, now)
			require.NoError(t, err)
			require.Zero(t, n)
		}
		return nil
	}))
	require.EqualValues(t, 1, dropAll(t, j, now))
}

// TestAnAppendThatBeganBeforeTheFloorIsRefused stops an append that repeats an event after it took its snapshot, in which there is no floor yet, and lets it go on
// when the key is gone: it is not stored again.
func TestAnAppendThatBeganBeforeTheFloorIsRefused(t *testing.T) {
	t.Parallel()
	for name, statement := range appends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, url := openPostgres(t)
			j, now := open(t, s), time.Now()
			appendAt(t, j, now.AddDate(0, 0, -500), entry("a", "1"))
			pass := gate(t, url)
			slow := begin(t, url)
			done := stalledAppend(t, j, slow, replaced(t, statement, "CASE WHEN pg_current_xact_id_if_assigned() IS NULL", "CASE WHEN "+stall), "a")
			requireStalled(t, s)
			require.EqualValues(t, 1, dropAll(t, j, now))
			pass()
			require.ErrorIs(t, <-done, errTooOld)
			require.NoError(t, slow.Commit())
			require.Len(t, readAll(t, j), 1)
		})
	}
}

// TestKeysStayWhileAnAppendHasNotSeenTheFloor stops an append with its id and its key: nothing is dropped before it has ended.
func TestKeysStayWhileAnAppendHasNotSeenTheFloor(t *testing.T) {
	t.Parallel()
	s, url := openPostgres(t)
	j, now := open(t, s), time.Now()
	appendAt(t, j, now.AddDate(0, 0, -500), old("a", "1", now, 500))
	slow := begin(t, url)
	_, err := j.insertPostgres(t.Context(), slow, postgresAppendNew, []Entry{old("slow", "1", now, 450)}, 1, noFloor)
	require.NoError(t, err)
	require.Zero(t, dropAll(t, j, now))
	require.Zero(t, dropAll(t, j, now), "it is still under way")
	require.NoError(t, slow.Commit())
	require.EqualValues(t, 1, dropAll(t, j, now))
}

// TestWhatTheSlowerClockSays: a process whose clock runs ahead drops nothing.
func TestWhatTheSlowerClockSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		appendAt(t, j, now, old("a", "1", now, 1))
		require.Zero(t, dropAll(t, j, now.AddDate(5, 0, 0)))
		require.Zero(t, dropAll(t, j, now.AddDate(-5, 0, 0)))
		require.Equal(t, 1, keys(t, s))
	})
}

// TestARefusalOutlivesTheEventItIsAbout: the list of conflicts still has it, with the event as long as the journal has it, whoever has the id by now.
func TestARefusalOutlivesTheEventItIsAbout(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		appendAt(t, j, now.AddDate(0, 0, -500), old("a", "first", now, 500), old("b", "first", now, 500))
		require.Equal(t, []Status{Conflict, Conflict}, appendAt(t, j, now.AddDate(0, 0, -499), old("a", "other", now, 499), old("b", "other", now, 499)))
		require.EqualValues(t, 2, dropAll(t, j, now))
		require.Equal(t, []Status{Appended}, appendAt(t, j, now, old("a", "third", now, 0)))
		_, err := s.Write().ExecContext(t.Context(), "UPDATE event_conflict SET seq = 0 WHERE event_id = 'b'") // as if the journal no longer had it
		require.NoError(t, err)
		list, err := j.Conflicts(t.Context(), store.Listing{Limit: 10})
		require.NoError(t, err)
		require.Len(t, list, 2)
		for _, r := range list {
			require.Equal(t, "other", string(r.Sent))
			if r.EventID == "a" {
				require.Equal(t, "first", string(r.Stored))
			} else {
				require.Empty(t, r.Stored)
			}
		}
	})
}
