package journal

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func open(t *testing.T, s *store.Store) *Journal {
	t.Helper()
	j, err := Open(t.Context(), s, 0)
	require.NoError(t, err)
	return j
}

func entry(id, content string) Entry {
	e := Entry{EventID: id, UserID: "u_" + id, Body: []byte(content)}
	copy(e.ContentHash[:], content)
	return e
}

func TestAppendTellsNewRepeatedAndConflicting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		statuses, err := j.Append(t.Context(), []Entry{entry("a", "1"), entry("b", "1")}, 10)
		require.NoError(t, err)
		require.Equal(t, []Status{Appended, Appended}, statuses)

		statuses, err = j.Append(t.Context(), []Entry{entry("a", "1"), entry("c", "1"), entry("b", "other")}, 20)
		require.NoError(t, err)
		require.Equal(t, []Status{Duplicate, Appended, Conflict}, statuses)

		var records []Record
		require.Eventually(t, func() bool { // another test's open transaction on the same server holds the horizon back
			records, err = j.Read(t.Context(), allPartitions(j), 0, 10)
			return err == nil && len(records) == 3
		}, 20*time.Second, 10*time.Millisecond)
		for _, r := range records {
			require.Equal(t, "1", string(r.Body), "the original stays unchanged")
		}
		conflicts, err := s.Ent().EventConflict.Query().All(t.Context())
		require.NoError(t, err)
		require.Len(t, conflicts, 1)
		require.Equal(t, "other", string(conflicts[0].Body))
	})
}

func allPartitions(j *Journal) []int {
	all := make([]int, j.Partitions())
	for i := range all {
		all[i] = i
	}
	return all
}

// TestSlowAppenderHidesNothing holds one appender's transaction open while 15 others go on: a reader that follows the journal
// must see every event in the end, in particular the ones of the slow transaction, which got the lowest positions.
func TestSlowAppenderHidesNothing(t *testing.T) {
	t.Parallel()
	const appenders, batches, size = 16, 20, 25
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)

	slow, err := s.Write().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var count int
	var ids any
	err = slow.QueryRowContext(t.Context(), postgresAppend, j.offset, 1, []int64{3}, []string{"slow"}, [][]byte{make([]byte, 16)}, [][]byte{[]byte("x")}, 1).Scan(&count, &ids)
	require.NoError(t, err)
	require.Equal(t, 1, count)

	var writers sync.WaitGroup
	for a := range appenders - 1 {
		writers.Go(func() {
			for b := range batches {
				entries := make([]Entry, size)
				for i := range entries {
					entries[i] = entry(fmt.Sprintf("e-%d-%d-%d", a, b, i), "x")
				}
				if _, err := j.Append(context.WithoutCancel(t.Context()), entries, 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()

	seen, cursor := map[int64]bool{}, int64(0)
	follow := func() int {
		records, err := j.Read(t.Context(), allPartitions(j), cursor, 100)
		require.NoError(t, err)
		for _, r := range records {
			require.Greater(t, r.Seq, cursor)
			require.False(t, seen[r.Seq])
			seen[r.Seq], cursor = true, r.Seq
		}
		return len(records)
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			follow()
		}
	}
	follow()
	require.Empty(t, seen, "nothing above an open append may be read yet")
	require.NoError(t, slow.Commit())
	require.Eventually(t, func() bool {
		for follow() > 0 {
		}
		return len(seen) == (appenders-1)*batches*size+1
	}, 10*time.Second, 10*time.Millisecond)
}

func TestPositionsGrowAfterARestoreOnAYoungerServer(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	open(t, s)
	_, err := s.Write().ExecContext(t.Context(), `INSERT INTO journal_event (id, partition, event_id, content_hash, ingest_ts, body)
		VALUES (5000000::bigint << 20, 0, 'restored', '\x00'::bytea, 1, '\x00'::bytea)`)
	require.NoError(t, err)
	j := open(t, s)
	_, err = j.Append(t.Context(), []Entry{entry("later", "1")}, 1)
	require.NoError(t, err)
	require.Eventually(t, func() bool { // another test's open transaction on the same server holds the horizon back
		records, err := j.Read(t.Context(), allPartitions(j), 5000000<<20, 10)
		return err == nil && len(records) == 1
	}, 20*time.Second, 10*time.Millisecond, "the new event lies above the restored one and can be read")
}

func TestLeasesFenceTheLateWriter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, start := open(t, s), time.Unix(1000, 0)
		first, changed, err := j.Claim(t.Context(), "first", nil, start)
		require.NoError(t, err)
		require.True(t, changed)
		require.Len(t, first.Held, DefaultPartitions)

		again, changed, err := j.Claim(t.Context(), "first", first, start.Add(time.Second))
		require.NoError(t, err)
		require.False(t, changed)

		second, _, err := j.Claim(t.Context(), "second", nil, start.Add(time.Second))
		require.NoError(t, err)
		require.Empty(t, second.Held, "nothing is free while the first owner's lease runs")

		second, _, err = j.Claim(t.Context(), "second", nil, start.Add(time.Minute))
		require.NoError(t, err)
		require.Len(t, second.Held, DefaultPartitions, "the first owner was paused past its lease")

		late := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return j.Advance(ctx, tx, again, 7) })
		require.ErrorIs(t, late, ErrFenced)
		require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return j.Advance(ctx, tx, second, 7) }))
		cursor, err := j.LowestCursor(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 7, cursor)
	})
}

// TestLeaseFromBeforeTheClockWasSetBackRunsOut is part of row 19: a process died, and the next one starts with a clock an hour behind its leases.
func TestLeaseFromBeforeTheClockWasSetBackRunsOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, start := open(t, s), time.Unix(1_000_000, 0)
		died, _, err := j.Claim(t.Context(), "died", nil, start)
		require.NoError(t, err)
		next, _, err := j.Claim(t.Context(), "next", nil, start.Add(-maxSkew))
		require.NoError(t, err)
		require.Empty(t, next.Held, "clocks may lie so far apart, so the owner may be alive")
		next, _, err = j.Claim(t.Context(), "next", next, start.Add(-time.Hour))
		require.NoError(t, err)
		require.Len(t, next.Held, DefaultPartitions, "no process waits an hour for the partitions")
		late := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return j.Advance(ctx, tx, died, 7) })
		require.ErrorIs(t, late, ErrFenced)
	})
}

func TestAdvanceKeepsPartitionsThatAreAhead(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	j := open(t, s)
	_, err := s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = 100 WHERE id = 1")
	require.NoError(t, err)
	lease, _, err := j.Claim(t.Context(), "a", nil, time.Unix(1000, 0))
	require.NoError(t, err)
	require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return j.Advance(ctx, tx, lease, 50) }))
	lease, _, err = j.Claim(t.Context(), "a", lease, time.Unix(1000, 0))
	require.NoError(t, err)
	require.EqualValues(t, 100, lease.Cursors[1])
	require.EqualValues(t, 50, lease.Cursors[0])
}
