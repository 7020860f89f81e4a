package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

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

		records := readAll(t, j)
		require.Len(t, records, 3)
		for _, r := range records {
			require.Equal(t, "1", string(r.Body), "the original stays unchanged")
		}
		conflicts, err := s.Ent().EventConflict.Query().All(t.Context())
		require.NoError(t, err)
		require.Len(t, conflicts, 1)
		require.Equal(t, "other", string(conflicts[0].Body))
	})
}

// readAll returns what can be read now, from the beginning.
func readAll(t *testing.T, j *Journal) []Record {
	t.Helper()
	records, _, err := j.Read(t.Context(), allPartitions(j), Uniform(j.Partitions(), 0), 100_000)
	require.NoError(t, err)
	return records
}

func allPartitions(j *Journal) []int {
	all := make([]int, j.Partitions())
	for i := range all {
		all[i] = i
	}
	return all
}

func TestPositionsGrowAfterARestoreOnAYoungerServer(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	ranges, err := open(t, s).Ranges(t.Context())
	require.NoError(t, err)
	addRange(t, s, Range{ID: 3, First: ranges[1].Until, Until: 5000000<<20 + 1})
	_, err = s.Write().ExecContext(t.Context(), `INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body)
		VALUES (5000000::bigint << 20, 0, 0, 1, 0, '\x00'::bytea)`)
	require.NoError(t, err)
	j := open(t, s)
	_, err = j.Append(t.Context(), []Entry{entry("later", "1")}, 1)
	require.NoError(t, err)
	records, _, err := j.Read(t.Context(), allPartitions(j), Uniform(j.Partitions(), 5000000<<20), 10)
	require.NoError(t, err)
	require.Len(t, records, 1, "the new event lies above the restored one and can be read")
}

// TestPositionsGrowBeyondTheHeadAfterARestore has a contest close, or keys be dropped, millions of transactions after the last event, and
// the database restored where transaction ids are low.
func TestPositionsGrowBeyondTheHeadAfterARestore(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	appendOne(t, j, "before")
	j.offset += 3 * restoreGap // as long as nobody sends anything
	var head Positions
	require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		head, err = j.Head(ctx, tx)
		return err
	}))
	restored := open(t, storetest.Again(t, s))
	appendOne(t, restored, "after")
	records, _, err := restored.Read(t.Context(), allPartitions(j), head, 10)
	require.NoError(t, err)
	require.Len(t, records, 1, "what comes in after the restore lies above what was the head before")
	again := open(t, storetest.Again(t, s))
	require.Equal(t, restored.offset, again.offset, "once is enough")
}

// TestReadOfSomePartitionsKnowsHowFarTheRestGoes has a process that owns few partitions not look at the events of the others again and
// again.
func TestReadOfSomePartitionsKnowsHowFarTheRestGoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		perPartition := map[int]int{}
		for i := range 100 {
			e := entry(strconv.Itoa(i), "1")
			_, err := j.Append(t.Context(), []Entry{e}, 1)
			require.NoError(t, err)
			perPartition[PartitionOf(e.UserID, j.Partitions())]++
		}
		all := readAll(t, j)
		last := all[len(all)-1]
		other := (last.Partition + 1) % j.Partitions()
		require.Positive(t, perPartition[other])

		records, end, err := j.Read(t.Context(), []int{other}, Uniform(j.Partitions(), 0), 1000)
		require.NoError(t, err)
		require.Len(t, records, perPartition[other])
		require.Equal(t, last.Seq, end[other], "nothing of this partition lies below")
		require.Zero(t, end[last.Partition], "nobody asked for it")

		records, end, err = j.Read(t.Context(), []int{other}, Uniform(j.Partitions(), 0), 1)
		require.NoError(t, err)
		require.Len(t, records, 1)
		require.Equal(t, records[0].Seq, end[other], "there may be more")

		after := Uniform(j.Partitions(), 0)
		after[last.Partition] = last.Seq
		records, end, err = j.Read(t.Context(), allPartitions(j), after, 1000)
		require.NoError(t, err)
		require.Len(t, records, 100-perPartition[last.Partition], "partitions may be at different places")
		require.Equal(t, Uniform(j.Partitions(), last.Seq), end)
	})
}

func TestAppendInATransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		_, err := j.Append(t.Context(), []Entry{entry("a", "1")}, 10)
		require.NoError(t, err)
		<-j.Woken()
		stop := errors.New("stop")
		add := func(end error) error {
			return s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := j.AppendTx(ctx, tx, []Entry{entry("b", "1"), entry("a", "2")}, 20); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('beside', '1')"); err != nil {
					return err
				}
				return end
			})
		}
		require.ErrorIs(t, add(stop), stop)
		require.Len(t, readAll(t, j), 1, "rolled back with the rest")
		require.NoError(t, add(nil))
		records := readAll(t, j)
		require.Len(t, records, 2, "one that is there already is left out")
		require.EqualValues(t, 20, records[1].IngestMicros)
		require.Equal(t, PartitionOf("u_b", j.Partitions()), records[1].Partition)
		select {
		case <-j.Woken():
			t.Fatal("readers are woken by the caller, after the commit")
		default:
		}
		j.Wake()
		<-j.Woken()
	})
}

// TestAppendAfterAWriteIsRefused asserts the order of lock and transaction id: see docs/decisions/0008.
func TestAppendAfterAWriteIsRefused(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('before', '1')"); err != nil {
			return err
		}
		return j.AppendTx(ctx, tx, []Entry{entry("a", "1")}, 20)
	})
	require.ErrorIs(t, err, errLate)
	err = s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := j.AppendTx(ctx, tx, []Entry{entry("a", "1")}, 20); err != nil {
			return err
		}
		return j.AppendTx(ctx, tx, []Entry{entry("b", "1")}, 20)
	})
	require.ErrorIs(t, err, errLate, "their positions would be the same")
	require.Empty(t, readAll(t, j))
}

// TestBacklogCountsAboveEachCursor has one partition stand still while the others are far ahead.
func TestBacklogCountsAboveEachCursor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		backlog := func(limit int) (int64, int64) {
			events, oldest, err := j.Backlog(t.Context(), limit)
			require.NoError(t, err)
			return events, oldest
		}
		events, oldest := backlog(10)
		require.Zero(t, events)
		require.Zero(t, oldest)

		slow, waiting, first := 3, int64(0), int64(0)
		for i := range 100 {
			e := entry(strconv.Itoa(i), "1")
			_, err := j.Append(t.Context(), []Entry{e}, int64(1000+i))
			require.NoError(t, err)
			if PartitionOf(e.UserID, j.Partitions()) == slow {
				waiting++
				if first == 0 {
					first = int64(1000 + i)
				}
			}
		}
		require.Positive(t, waiting)
		events, oldest = backlog(1000)
		require.EqualValues(t, 100, events)
		require.EqualValues(t, 1000, oldest)
		events, _ = backlog(30)
		require.EqualValues(t, 30, events, "counted up to the limit")

		all := readAll(t, j)
		move := func(position int64, but int) {
			_, err := s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = $1 WHERE id <> $2", position, but)
			require.NoError(t, err)
		}
		move(all[len(all)-1].Seq, slow)
		events, oldest = backlog(1000)
		require.Equal(t, waiting, events, "only those of the partition that stands still")
		require.Equal(t, first, oldest)

		_, err := j.Append(t.Context(), []Entry{entry("new", "1")}, 2000)
		require.NoError(t, err)
		events, oldest = backlog(1000)
		require.Equal(t, waiting+1, events)
		require.Equal(t, first, oldest)
		move(readAll(t, j)[100].Seq, -1)
		events, oldest = backlog(1000)
		require.Zero(t, events)
		require.Zero(t, oldest)
	})
}

// TestRepeatsMetUnprepared sends a repeat in the middle of new events, twice as often as appends are cautious after one.
func TestRepeatsMetUnprepared(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	appendOne(t, j, "kept")
	unprepared := 0
	for i := range 2*cautious + 2 {
		if j.caution.Load() <= 0 {
			unprepared++
		}
		statuses, err := j.Append(t.Context(), []Entry{entry(fmt.Sprint("a", i), "1"), entry("kept", "1"), entry(fmt.Sprint("b", i), "1")}, 1)
		require.NoError(t, err)
		require.Equal(t, []Status{Appended, Duplicate, Appended}, statuses, i)
	}
	require.Equal(t, 2, unprepared)
	require.Len(t, readAll(t, j), 1+2*(2*cautious+2))
}
