package ingest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// entry is the entry of an id with one of its contents.
func entry(id string, content byte) journal.Entry {
	return journal.Entry{EventID: id, UserID: "u", TsMicros: 1_700_000_000_000_000, ContentHash: [16]byte{content},
		Body: []byte{1, 0, 0, content}}
}

func requestOf(entries ...journal.Entry) *request {
	return &request{entries: entries, done: make(chan outcome, 1)}
}

// drawRequests draws requests as Accept makes them: within one of them each id stands once. They share few ids, so that they meet.
func drawRequests(t *rapid.T, prefix string) []*request {
	one := rapid.Custom(func(t *rapid.T) *request {
		ids := rapid.SliceOfNDistinct(rapid.IntRange(0, 4), 1, 4, rapid.ID).Draw(t, "ids")
		r := requestOf()
		for _, id := range ids {
			r.entries = append(r.entries, entry(fmt.Sprintf("%s%d", prefix, id), byte(rapid.IntRange(0, 2).Draw(t, "content"))))
		}
		return r
	})
	return rapid.SliceOfN(one, 1, 8).Draw(t, "requests")
}

// TestGroupsAnswerAsIfOneCameAfterTheOther writes groups to a real journal and compares the answers with those that a map gives to the
// requests one by one, and what the journal has then with what the map has. A part of them meets what a group before it has stored.
func TestGroupsAnswerAsIfOneCameAfterTheOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		c, run := newCommitter(j, time.Now, 1), 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			before, refusedBefore := totals(t, j)
			stands, refused := map[string][16]byte{}, map[journal.Identity]map[[16]byte]bool{}
			for range rapid.IntRange(1, 3).Draw(t, "groups") {
				group := drawRequests(t, fmt.Sprintf("e-%d-", run))
				c.append(group)
				for _, r := range group {
					got := <-r.done
					require.NoError(t, got.err)
					require.Len(t, got.statuses, len(r.entries))
					for i, e := range r.entries {
						want := journal.Conflict
						switch content, known := stands[e.EventID]; {
						case !known:
							stands[e.EventID], want = e.ContentHash, journal.Appended
						case content == e.ContentHash:
							want = journal.Duplicate
						case refused[e.Identity()] == nil:
							refused[e.Identity()] = map[[16]byte]bool{e.ContentHash: true}
						default:
							refused[e.Identity()][e.ContentHash] = true
						}
						require.Equal(t, want, got.statuses[i], "%s of %v", e.EventID, r.entries)
					}
				}
			}
			kept := 0
			for _, contents := range refused {
				kept += len(contents)
			}
			stored, review := totals(t, j)
			require.EqualValues(t, len(stands), stored-before)
			require.EqualValues(t, kept, review-refusedBefore, "each content that was refused is kept for review, once")
		})
	})
}

// totals counts the events of a journal, none of which is folded here, and the conflicts that are kept.
func totals(t *rapid.T, j *journal.Journal) (events, conflicts int64) {
	events, _, err := j.Backlog(t.Context(), 1_000_000)
	require.NoError(t, err)
	_, conflicts, err = j.Totals(t.Context())
	require.NoError(t, err)
	return events, conflicts
}

// TestFailureOfATransactionIsToldToItsCallersOnly has one request that the journal refuses whole: those beside it in its transaction fail
// with it, whatever ids they share, and can be sent again; those of the transactions before and after it are durable.
func TestFailureOfATransactionIsToldToItsCallersOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		c := newCommitter(j, time.Now, 1)
		beside, broken, contradicts := requestOf(entry("a", 1), entry("b", 1)), requestOf(entry("c", 1), journal.Entry{EventID: "d"}),
			requestOf(entry("a", 2))
		before := requestOf(entry("z", 1))
		c.append([]*request{before})
		require.Equal(t, outcome{statuses: []journal.Status{journal.Appended}}, <-before.done)
		c.append([]*request{beside, broken, contradicts})
		for _, r := range []*request{beside, broken, contradicts} {
			got := <-r.done
			require.ErrorContains(t, got.err, "must be set")
			require.Nil(t, got.statuses)
		}
		again := requestOf(entry("b", 1), entry("c", 1), entry("a", 2))
		c.append([]*request{contradicts, again})
		require.Equal(t, outcome{statuses: []journal.Status{journal.Appended}}, <-contradicts.done)
		require.Equal(t, outcome{statuses: []journal.Status{journal.Appended, journal.Appended, journal.Duplicate}}, <-again.done,
			"nothing of the failed transaction is there")
	})
}

// TestTransactionsAreFilledInOrder gathers what waits: in the order in which it came, no more than a transaction holds, and no less.
func TestTransactionsAreFilledInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newCommitter(nil, nil, 1)
		size := rapid.IntRange(1, MaxBatch)
		if rapid.Bool().Draw(t, "round") { // some transactions are full to the last entry
			size = rapid.SampledFrom([]int{journal.MaxAppend % MaxBatch, MaxBatch, MaxBatch})
		}
		sizes := rapid.SliceOfN(size, 5, 20).Draw(t, "sizes")
		var sent []*request
		for _, size := range sizes {
			r := requestOf(make([]journal.Entry, size)...)
			sent = append(sent, r)
			c.queue <- r
		}
		var got []*request
		for left := <-c.queue; left != nil; {
			var group []*request
			group, left = c.gather(left)
			size := 0
			for _, r := range group {
				size += len(r.entries)
			}
			require.LessOrEqual(t, size, journal.MaxAppend)
			if left != nil {
				require.Greater(t, size+len(left.entries), journal.MaxAppend, "the next one had room")
			}
			got = append(got, group...)
		}
		require.Equal(t, sent, got)
	})
}

// TestCallerThatGoesAwayLosesNothing cancels a call that waits for its transaction: what it sent may still be stored, and sending it again
// is a duplicate then.
func TestCallerThatGoesAwayLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		c := newCommitter(j, time.Now, 1) // nobody writes yet
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := c.commit(ctx, requestOf(entry("a", 1)))
			gone <- err
		}()
		require.Eventually(t, func() bool { return len(c.queue) > 0 }, time.Minute, time.Millisecond)
		leave()
		require.ErrorIs(t, <-gone, context.Canceled)
		done := c.start()
		statuses, err := c.commit(t.Context(), requestOf(entry("a", 1), entry("b", 1)))
		require.NoError(t, err)
		require.Equal(t, []journal.Status{journal.Duplicate, journal.Appended}, statuses)
		c.stop()
		<-done
	})
}

// TestFullQueueHoldsCallersBack fills the room of those that wait: the next caller waits to get in, until he goes away or the server does.
func TestFullQueueHoldsCallersBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommitter(nil, nil, 1)
		for range maxQueued {
			c.queue <- requestOf()
		}
		ctx, leave := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { _, err := c.commit(ctx, requestOf()); errs <- err }()
		synctest.Wait()
		require.Empty(t, errs, "he waits")
		leave()
		require.ErrorIs(t, <-errs, context.Canceled)
		go func() { _, err := c.commit(t.Context(), requestOf()); errs <- err }()
		synctest.Wait()
		require.Empty(t, errs)
		c.stop()
		require.ErrorIs(t, <-errs, errStopped)
		require.Len(t, c.queue, maxQueued)
	})
}

// TestWhoComesTooLateIsToldSo stops the writers: whoever waits or comes later is told to send again, and nobody waits for ever.
func TestWhoComesTooLateIsToldSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const callers = 100
		c := newCommitter(nil, nil, 3)
		c.stop()
		early := requestOf()
		c.queue <- early
		c.refuseRest()
		require.Equal(t, outcome{err: errStopped}, <-early.done)
		<-c.start()
		errs := make(chan error, callers)
		for range callers {
			go func() { _, err := c.commit(t.Context(), requestOf(entry("a", 1))); errs <- err }()
		}
		for range callers {
			require.ErrorIs(t, <-errs, errStopped)
		}
	})
}

// TestManyContentsOfOneIDShareATransaction has a crowd of callers re-use one id with a content each, between callers who send what is new:
// nobody waits for more than the transaction of the events and that of the conflicts. Which transaction wrote a row Postgres tells.
func TestManyContentsOfOneIDShareATransaction(t *testing.T) {
	t.Parallel()
	const callers = 200
	s := storetest.Open(t, store.Postgres)
	j, err := journal.Open(t.Context(), s, 0)
	require.NoError(t, err)
	c := newCommitter(j, time.Now, 1)
	var rivals, others []*request
	for i := range callers {
		rivals = append(rivals, requestOf(entry("same", byte(i))))
		others = append(others, requestOf(entry(fmt.Sprint(i), 0), entry("same", byte(i))))
		c.queue <- rivals[i]
		c.queue <- others[i]
	}
	c.stop()
	<-c.start()
	for i := range callers {
		want := journal.Conflict
		if i == 0 {
			want = journal.Appended
		}
		require.Equal(t, outcome{statuses: []journal.Status{want}}, <-rivals[i].done)
		if i == 0 {
			want = journal.Duplicate
		}
		require.Equal(t, outcome{statuses: []journal.Status{journal.Appended, want}}, <-others[i].done)
	}
	var rows, kept, appends, keeps int
	require.NoError(t, s.Read().QueryRowContext(t.Context(), `SELECT count(*), count(DISTINCT xmin::text) FROM journal_event`).
		Scan(&rows, &appends))
	require.NoError(t, s.Read().QueryRowContext(t.Context(), `SELECT count(*), count(DISTINCT xmin::text) FROM event_conflict`).
		Scan(&kept, &keeps))
	require.Equal(t, []int{callers + 1, callers - 1, 1, 1}, []int{rows, kept, appends, keeps})
}
