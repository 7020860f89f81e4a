package journal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
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

// TestKeysOfOldEventsAreDropped has events of several ages: the keys of those that arrived and happened before the horizon go, and no event
// from then comes in again.
func TestKeysOfOldEventsAreDropped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		history := old("old", "1", now, 9000)
		history.Source = event.HistoryOf("")
		ahead := old("ahead", "1", now, -100) // it was taken in by a clock that events had moved
		require.Equal(t, []Status{Appended, Appended, Appended, Appended}, appendAt(t, j, now.AddDate(0, 0, -500),
			old("gone", "1", now, 500), old("late", "1", now, 300), history, ahead))
		require.Equal(t, []Status{Appended, Appended}, appendAt(t, j, now.AddDate(0, 0, -300), old("far", "1", now, 399),
			old("near", "1", now, 300)))

		require.EqualValues(t, 1, dropAll(t, j, now))
		require.Equal(t, 5, keys(t, s))
		h, err := j.HorizonNow(t.Context())
		require.NoError(t, err)
		require.Equal(t, DefaultHorizonDays, h.Days)
		require.Equal(t, now.Add(-h.Span()-HorizonMargin).UnixMicro(), h.FloorMicros)
		require.Zero(t, dropAll(t, j, now), "the floor is high enough")

		statuses := appendAt(t, j, now, old("gone", "1", now, 500), old("gone", "2", now, 1), old("far", "1", now, 399), old("near", "2", now, 1),
			old("new", "1", now, 401),
			history, ahead, old("late", "1", now, 300))
		require.Equal(t, []Status{TooOld, Appended, Duplicate, Conflict, TooOld, Duplicate, Duplicate, Duplicate}, statuses)
		require.Equal(t, TooOld, appendAt(t, j, now, old("gone", "1", now, 500))[0])

		statuses = appendAt(t, j, now, old("one", "1", now, 500), old("one", "2", now, 1), old("one", "2", now, 1), old("one", "3", now, 1),
			old("one", "4", now, 500), old("one", "1", now, 500))
		require.Equal(t, []Status{TooOld, Appended, Duplicate, Conflict, TooOld, TooOld}, statuses, "contents of one id, of several ages")
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

// TestKeysGoInSlices has more keys than a step looks at, and two processes that step in turn: each step is small, and one goes on where the
// other stopped.
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

// TestASliceIsReadByItsPages asks Postgres how it would look: at the pages of the slice, and at each event by its position.
func TestASliceIsReadByItsPages(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j, now := open(t, s), time.Now()
	for batch := range 8 {
		entries := make([]Entry, 4000)
		for i := range entries {
			entries[i] = old(fmt.Sprint(batch, "/", i), "1", now, 500)
		}
		appendAt(t, j, now, entries...)
	}
	_, err := s.Write().ExecContext(t.Context(), "ANALYZE")
	require.NoError(t, err)
	plan := ""
	err = scanAll(t.Context(), s.Write(), "EXPLAIN "+pagesQuery(1<<50, now.UnixMicro()), func(scan func(...any) error) error {
		var line string
		err := scan(&line)
		plan += line + "\n"
		return err
	}, "(0,0)", "(10,0)")
	require.NoError(t, err)
	require.Contains(t, plan, "Tid Range Scan on event_key")
	require.Contains(t, plan, "Index Scan using journal_event")
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

// TestAnAppendThatBeganBeforeTheFloorIsRefused stops an append that repeats an event after it took its snapshot, in which there is no floor
// yet, and lets it go on when the key is gone: it is not stored again.
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

// TestRepeatsWhileKeysAreDropped has appenders send the same events again and again, in calls of mixed ages, while the floor rises over
// them one by one.
func TestRepeatsWhileKeysAreDropped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const events, appenders = 56, 3
		j, now := open(t, s), time.Now()
		_, err := j.SetHorizonDays(t.Context(), 1)
		require.NoError(t, err)
		began := now.AddDate(0, 0, -events/8-3)
		entries := make([]Entry, events) // one every three hours
		for i := range entries {
			id := fmt.Sprint("e", i)
			entries[i] = entry(id, id)
			entries[i].TsMicros = began.Add(time.Duration(i) * 3 * time.Hour).UnixMicro()
			appendAt(t, j, time.UnixMicro(entries[i].TsMicros), entries[i])
		}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		var counts [TooOld + 1]atomic.Int64
		for a := range appenders {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(a), 0))
				for ctx.Err() == nil {
					places := random.Perm(events)[:1+random.IntN(8)]
					call := make([]Entry, len(places))
					for i, place := range places {
						call[i] = entries[place]
					}
					statuses, err := j.Append(t.Context(), call, now.UnixMicro())
					if err != nil {
						t.Error(err)
						return
					}
					for _, status := range statuses {
						counts[status].Add(1)
					}
				}
			})
		}
		dropped := int64(0)
		for step := range events {
			for range 4 {
				n, _, err := j.DropKeys(t.Context(), began.Add(time.Duration(3*step+26)*time.Hour))
				require.NoError(t, err)
				dropped += n
			}
		}
		stop()
		all.Wait()
		require.Positive(t, dropped)
		require.Positive(t, counts[TooOld].Load())
		require.Positive(t, counts[Duplicate].Load())
		require.Zero(t, counts[Appended].Load()+counts[Conflict].Load())
		require.Len(t, readAll(t, j), events)
	})
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

// TestKeysGoThoughTheEventsWentBefore has a journal that is kept for a shorter time than its keys: marks say how old those are.
func TestKeysGoThoughTheEventsWentBefore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now().AddDate(0, 0, -100)
		_, err := j.SetHorizonDays(t.Context(), 32)
		require.NoError(t, err)
		lift(t, s)
		for i := range 40 {
			e := old(fmt.Sprint(i), "1", now, 0)
			require.Equal(t, []Status{Appended}, appendAt(t, j, now, e))
			require.LessOrEqual(t, dropAll(t, j, now.Add(time.Second)), int64(5))
			_, err = s.Write().ExecContext(t.Context(), "DELETE FROM journal_event WHERE ingest_ts < $1", now.AddDate(0, 0, -5).UnixMicro())
			require.NoError(t, err)
			require.Equal(t, []Status{Duplicate}, appendAt(t, j, now, e))
			now = now.AddDate(0, 0, 1)
		}
		require.GreaterOrEqual(t, keys(t, s), 32)
		require.Less(t, keys(t, s), 40)
		dropAll(t, j, now.AddDate(0, 0, 40))
		require.Zero(t, keys(t, s))
	})
}

// TestKeysOfADroppedRangeGoByItsLastEvent: an event that is in the archive only happened no later than the last one there.
func TestKeysOfADroppedRangeGoByItsLastEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		at := func(days int) time.Time { return now.AddDate(0, 0, -days) }
		appendAt(t, j, at(900), old("a", "1", now, 900))
		require.Zero(t, dropAll(t, j, at(900)))
		lift(t, s)
		for _, statement := range []string{
			"DELETE FROM journal_event",
			`INSERT INTO journal_archive (range_id, archived_at, events, bytes, first_seq, last_seq, first_ingest, last_ingest, first_event,
				last_event, manifest_hash, folder, archived_by)
				SELECT min(id), 1, 1, 1, 1, 1, 1, 1, 1, ` + fmt.Sprint(at(500).UnixMicro()) + ", 'm', 'f', 'b' FROM journal_range",
			"INSERT INTO journal_drop (range_id, dropped_at, manifest_hash, dropped_by) SELECT min(id), 1, 'm', 'b' FROM journal_range",
		} {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		require.Zero(t, dropAll(t, j, at(450)), "the floor is at 850 days")
		require.EqualValues(t, 1, dropAll(t, j, at(50)))
	})
}

// TestMarksStayFew: however often the horizon changes. A while after, one is old enough again.
func TestMarksStayFew(t *testing.T) {
	t.Parallel()
	now, h := time.UnixMicro(0), Horizon{Days: 32}
	var m marks
	for i := range 5000 {
		h.Days = []int{32, 320, 1}[i/1000%3]
		if now = now.Add(6 * time.Hour); m.due(now, h) {
			_, arrived, _ := h.nextFloor(now)
			m = m.with(mark{At: now.UnixMicro(), Position: int64(i)}, arrived)
			require.LessOrEqual(t, len(m), maxMarks)
		}
		_, arrived, _ := h.nextFloor(now)
		if position := m.before(arrived); h.Days == 32 && i%1000 > 200 {
			require.Positive(t, position)
		}
	}
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

// TestARefusalOutlivesTheEventItIsAbout: the list of conflicts still has it, with the event as long as the journal has it, whoever has the
// id by now.
func TestARefusalOutlivesTheEventItIsAbout(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, now := open(t, s), time.Now()
		appendAt(t, j, now.AddDate(0, 0, -500), old("a", "first", now, 500), old("b", "first", now, 500))
		require.Equal(t, []Status{Conflict, Conflict}, appendAt(t, j, now.AddDate(0, 0, -499), old("a", "other", now, 499),
			old("b", "other", now, 499)))
		require.EqualValues(t, 2, dropAll(t, j, now))
		require.Equal(t, []Status{Appended}, appendAt(t, j, now, old("a", "third", now, 0)))
		// as if the journal no longer had it
		_, err := s.Write().ExecContext(t.Context(), "UPDATE event_conflict SET seq = 0 WHERE event_id = 'b'")
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
