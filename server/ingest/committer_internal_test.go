package ingest

import (
	"context"
	"fmt"
	"slices"
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

// TestRequestsShareATransactionUnlessTheyContradict takes each request into a transaction or puts it off to the next one.
func TestRequestsShareATransactionUnlessTheyContradict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		group := drawRequests(t, "e")
		m := newMerged(group)
		require.Same(t, group[0], m.taken[0], "each transaction gets somewhere")
		require.Len(t, group, len(m.taken)+len(m.postponed))
		stands := map[string][16]byte{}
		for i := range m.entries {
			require.NotContains(t, stands, m.entries[i].EventID, "an id stands once in a transaction")
			stands[m.entries[i].EventID] = m.entries[i].ContentHash
		}
		agrees := func(r *request) bool {
			return !slices.ContainsFunc(r.entries, func(e journal.Entry) bool { return stands[e.EventID] != e.ContentHash })
		}
		taken, put := 0, 0
		for _, r := range group { // both lists keep the order in which requests came
			if taken < len(m.taken) && m.taken[taken] == r {
				require.True(t, agrees(r))
				taken++
				continue
			}
			require.Same(t, r, m.postponed[put])
			require.False(t, agrees(r), "nothing is put off that fits")
			put++
		}
	})
}

// TestGroupsAnswerAsIfOneCameAfterTheOther writes groups to a real journal and compares the answers with those that a map gives to the
// requests one by one: first those that share a transaction, then those that contradict it.
func TestGroupsAnswerAsIfOneCameAfterTheOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		c, run := newCommitter(j, time.Now, 1), 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			group := drawRequests(t, fmt.Sprintf("e-%d-", run))
			order, waiting := []*request(nil), group
			for len(waiting) > 0 {
				m := newMerged(waiting)
				order, waiting = append(order, m.taken...), m.postponed
			}
			c.append(group)
			stands := map[string][16]byte{}
			for _, r := range order {
				got := <-r.done
				require.NoError(t, got.err)
				for i, e := range r.entries {
					want := journal.Conflict
					switch content, known := stands[e.EventID]; {
					case !known:
						stands[e.EventID], want = e.ContentHash, journal.Appended
					case content == e.ContentHash:
						want = journal.Duplicate
					}
					require.Equal(t, want, got.statuses[i], "%s of %v", e.EventID, r.entries)
				}
			}
		})
	})
}

// TestFailureOfATransactionIsToldToItsCallersOnly has one request that the journal refuses whole: those beside it in its transaction fail
// with it and can be sent again, those of the transactions before and after it are durable.
func TestFailureOfATransactionIsToldToItsCallersOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		c := newCommitter(j, time.Now, 1)
		beside, broken, contradicts := requestOf(entry("a", 1), entry("b", 1)), requestOf(entry("c", 1), journal.Entry{EventID: "d"}),
			requestOf(entry("a", 2))
		c.append([]*request{beside, broken, contradicts})
		for _, r := range []*request{beside, broken} {
			got := <-r.done
			require.ErrorContains(t, got.err, "must be set")
			require.Nil(t, got.statuses)
		}
		require.Equal(t, outcome{statuses: []journal.Status{journal.Appended}}, <-contradicts.done, "it stood in a transaction of its own")
		again := requestOf(entry("b", 1), entry("c", 1), entry("a", 1))
		c.append([]*request{again})
		require.Equal(t, outcome{statuses: []journal.Status{journal.Appended, journal.Appended, journal.Conflict}}, <-again.done,
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
