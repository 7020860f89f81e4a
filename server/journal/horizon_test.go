package journal

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// patience bounds the wait for something that happens at once on a machine that isn't busy.
const patience = 20 * time.Second

func openPostgres(t *testing.T) (s *store.Store, url string) {
	t.Helper()
	url = storetest.URL(t, store.Postgres)
	return openAt(t, url), url
}

// openAt opens a database as one more process does.
func openAt(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

// begin starts a transaction on a connection of its own, as somebody else's program would: no time-out ends it.
func begin(t *testing.T, url string) *sql.Tx {
	t.Helper()
	pool, err := sql.Open("pgx", url)
	require.NoError(t, err)
	tx, err := pool.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = tx.Rollback(), pool.Close() })
	return tx
}

// drawID has a transaction draw its id.
func drawID(t *testing.T, tx *sql.Tx) {
	t.Helper()
	_, err := tx.ExecContext(t.Context(), "SELECT pg_current_xact_id()")
	require.NoError(t, err)
}

func appendOne(t *testing.T, j *Journal, id string) {
	t.Helper()
	_, err := j.Append(t.Context(), []Entry{entry(id, "1")}, 1)
	require.NoError(t, err)
}

// requireReadable asserts how many events can be read from the beginning.
func requireReadable(t *testing.T, j *Journal, count int, why string) {
	t.Helper()
	require.Len(t, readAll(t, j), count, why)
}

// TestSlowAppenderHidesNothing holds one appender's transaction open while 15 others go on: a reader that follows the journal
// must see every event in the end, in particular the ones of the slow transaction, which got the lowest positions.
func TestSlowAppenderHidesNothing(t *testing.T) {
	t.Parallel()
	const appenders, batches, size = 16, 20, 25
	s, url := openPostgres(t)
	j := open(t, s)
	slow := begin(t, url)
	_, err := j.insertPostgres(t.Context(), slow, postgresAppendNew, []Entry{entry("slow", "x")}, 1, noFloor)
	require.NoError(t, err)

	var writers sync.WaitGroup
	for a := range appenders - 1 {
		writers.Go(func() {
			for b := range batches {
				entries := make([]Entry, size)
				for i := range entries {
					entries[i] = entry(fmt.Sprintf("e-%d-%d-%d", a, b, i), "x")
				}
				_, err := j.Append(context.WithoutCancel(t.Context()), entries, 1)
				assert.NoError(t, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()

	seen, at := map[int64]bool{}, Uniform(j.Partitions(), 0)
	follow := func() int {
		records, end, err := j.Read(t.Context(), allPartitions(j), at, 100)
		require.NoError(t, err)
		for _, r := range records {
			require.False(t, at.Covers(r.Partition, r.Seq))
			require.False(t, seen[r.Seq])
			seen[r.Seq] = true
		}
		at = end
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
	for follow() > 0 {
	}
	require.Len(t, seen, (appenders-1)*batches*size+1)
}

// TestOnlyAppendsHoldTheReaderBack has transactions of others stay open that have an id: in the same database, in another one of the same
// server, and one that folds and appends nothing.
func TestOnlyAppendsHoldTheReaderBack(t *testing.T) {
	t.Parallel()
	s, url := openPostgres(t)
	j := open(t, s)
	drawID(t, begin(t, url))
	_, other := openPostgres(t)
	drawID(t, begin(t, other))
	fold := begin(t, url)
	_, err := fold.ExecContext(t.Context(), "UPDATE journal_partition SET cursor = 0 WHERE id = 0")
	require.NoError(t, err)

	foreign := begin(t, other)
	elsewhere := open(t, openAt(t, other))
	_, err = elsewhere.insertPostgres(t.Context(), foreign, postgresAppendNew, []Entry{entry("elsewhere", "1")}, 1, noFloor)
	require.NoError(t, err)

	var head Positions
	appendOne(t, j, "a")
	requireReadable(t, j, 1, "nobody but these is at work")
	require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		head, err = j.Head(ctx, tx)
		return err
	}))
	settled, err := j.Settled(t.Context(), head)
	require.NoError(t, err)
	require.True(t, settled, "no append is under way")

	slow := begin(t, url)
	_, err = j.insertPostgres(t.Context(), slow, postgresAppendNew, []Entry{entry("b", "1")}, 1, noFloor)
	require.NoError(t, err)
	appendOne(t, j, "c")
	requireReadable(t, j, 1, "an append below is open")
	require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		head, err = j.Head(ctx, tx)
		return err
	}))
	settled, err = j.Settled(t.Context(), head)
	require.NoError(t, err)
	require.False(t, settled, "an append may still add something below")
	require.NoError(t, slow.Commit())
	requireReadable(t, j, 3, "and now it isn't")
	settled, err = j.Settled(t.Context(), head)
	require.NoError(t, err)
	require.True(t, settled)
}

// stall is put into a statement where it shall wait for whoever holds the gate.
const stall = "pg_advisory_xact_lock_shared(7, 7) IS NOT NULL"

// gate stops statements that stall until it is opened.
func gate(t *testing.T, url string) (open func()) {
	t.Helper()
	tx := begin(t, url)
	_, err := tx.ExecContext(t.Context(), "SELECT pg_advisory_xact_lock(7, 7)")
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Commit()) }
}

// requireStalled waits until a statement stands at the gate.
func requireStalled(t *testing.T, s *store.Store) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting int
		err := s.Read().QueryRowContext(t.Context(), `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 7
			AND objid = 7
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&waiting)
		return err == nil && waiting == 1
	}, patience, 5*time.Millisecond)
}

// replaced is a statement of the journal with something else in one place.
func replaced(t *testing.T, query, old, with string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(query, old))
	return strings.Replace(query, old, with, 1)
}

// appends are the two ways to append on Postgres.
var appends = map[string]string{"new": postgresAppendNew, "any": postgresAppendAny}

// stalledAppend runs the append of the journal with a change to it, and returns what tells of its end.
func stalledAppend(t *testing.T, j *Journal, tx *sql.Tx, query, id string) (done chan error) {
	t.Helper()
	done = make(chan error, 1)
	go func() {
		var first, taken bool
		var count int
		var fresh sql.NullString
		err := tx.QueryRowContext(t.Context(), query, j.offset, 1, store.LockClass, int32(store.AppendLock), []string{""}, []string{id},
			[][16]byte{{}}, []int64{0}, []int64{0}, []int64{3},
			[][]byte{[]byte("x")}, 1, 0).Scan(&first, &taken, &count, &fresh)
		if err == nil && !taken {
			err = errTooOld
		}
		if err == nil && count != 1 {
			err = fmt.Errorf("inserted %d", count)
		}
		done <- err
	}()
	return done
}

// TestAppenderStoppedBeforeItsLock: it draws its id later than any reader that went by.
func TestAppenderStoppedBeforeItsLock(t *testing.T) {
	t.Parallel()
	for name, statement := range appends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appenderStoppedBeforeItsLock(t, statement)
		})
	}
}

func appenderStoppedBeforeItsLock(t *testing.T, statement string) {
	t.Helper()
	s, url := openPostgres(t)
	j := open(t, s)
	drawID(t, begin(t, url)) // so that the oldest transaction of all says nothing
	pass := gate(t, url)
	slow := begin(t, url)
	done := stalledAppend(t, j, slow, replaced(t, statement, "CASE WHEN pg_current_xact_id_if_assigned() IS NULL", "CASE WHEN "+stall), "slow")
	requireStalled(t, s)
	appendOne(t, j, "a")
	requireReadable(t, j, 1, "it holds nobody back")
	first := readAll(t, j)[0].Seq
	pass()
	require.NoError(t, <-done)
	require.NoError(t, slow.Commit())
	records := readAll(t, j)
	require.Len(t, records, 2)
	require.Equal(t, first, records[0].Seq, "it stands above what was read")
}

// TestAppenderStoppedBeforeItsID has the lock and no id yet: as far as the reader knows its id may be any that is running.
func TestAppenderStoppedBeforeItsID(t *testing.T) {
	t.Parallel()
	for name, statement := range appends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appenderStoppedBeforeItsID(t, statement)
		})
	}
}

func appenderStoppedBeforeItsID(t *testing.T, statement string) {
	t.Helper()
	url := ownServer(t).URL("postgres") // on a shared one, transactions of other tests are the oldest
	s := openAt(t, url)
	j := open(t, s)
	appendOne(t, j, "before")
	foreign := begin(t, url)
	drawID(t, foreign)
	pass := gate(t, url)
	slow := begin(t, url)
	done := stalledAppend(t, j, slow, replaced(t, statement, "CASE WHEN first THEN", "CASE WHEN "+stall+" THEN"), "slow")
	requireStalled(t, s)
	appendOne(t, j, "a")
	requireReadable(t, j, 1, "what lies above the oldest transaction waits")
	require.NoError(t, foreign.Commit())
	requireReadable(t, j, 2, "none is older now than what the reader has seen end")
	pass()
	require.NoError(t, <-done)
	appendOne(t, j, "b")
	requireReadable(t, j, 2, "it has its id")
	require.NoError(t, slow.Commit())
	requireReadable(t, j, 4, "nothing is left out")
}

// TestReaderStoppedBetweenItsSteps stops the reader after its snapshot and before it lists locks, and again before it reads.
func TestReaderStoppedBetweenItsSteps(t *testing.T) {
	t.Parallel()
	s, url := openPostgres(t)
	j := open(t, s)
	ends, stays, commits := begin(t, url), begin(t, url), begin(t, url)
	for i, tx := range []*sql.Tx{ends, stays, commits} {
		_, err := j.insertPostgres(t.Context(), tx, postgresAppendNew, []Entry{entry(fmt.Sprint("open-", i), "1")}, 1, noFloor)
		require.NoError(t, err)
	}
	appendOne(t, j, "a")
	pass := gate(t, url)
	type answer struct {
		horizon int64
		err     error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		query := replaced(t, horizonPostgres, "::text::bigint AS next)", "::text::bigint AS next WHERE "+stall+")")
		a.err = s.Read().QueryRowContext(t.Context(), query, store.LockClass, int32(store.AppendLock)).Scan(&a.horizon, new(bool))
		answers <- a
	}()
	requireStalled(t, s)
	require.NoError(t, ends.Rollback())
	appendOne(t, j, "b") // begins and ends after the snapshot
	late := begin(t, url)
	_, err := j.insertPostgres(t.Context(), late, postgresAppendNew, []Entry{entry("late", "1")}, 1, noFloor)
	require.NoError(t, err)
	pass()
	got := <-answers
	require.NoError(t, got.err)
	below := func() (count int) {
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM journal_event WHERE id < $1",
			(got.horizon+j.offset)<<ordinalBits).Scan(&count))
		return count
	}
	require.Zero(t, below(), "the oldest open append is the limit")
	require.NoError(t, stays.Commit())
	require.NoError(t, late.Commit())
	require.NoError(t, commits.Commit())
	require.Zero(t, below(), "whatever ended meanwhile lies above")
	requireReadable(t, j, 5, "and is found by the next look")
}

// TestNothingAppearsBelowAHorizon has appenders, short and long, and foreign transactions come and go while readers note horizons: what
// lies below one when it is known is all that will ever lie there.
func TestNothingAppearsBelowAHorizon(t *testing.T) {
	t.Parallel()
	const appenders, appends, looks = 6, 60, 150
	s, url := openPostgres(t)
	j := open(t, s)
	drawID(t, begin(t, url))
	var writers, readers sync.WaitGroup
	var running atomic.Bool
	running.Store(true)
	for a := range appenders {
		pool, err := sql.Open("pgx", url)
		require.NoError(t, err)
		t.Cleanup(func() { _ = pool.Close() })
		writers.Go(func() {
			for i := range appends {
				tx, err := pool.BeginTx(t.Context(), nil)
				if !assert.NoError(t, err) {
					return
				}
				_, err = j.insertPostgres(t.Context(), tx, postgresAppendNew, []Entry{entry(fmt.Sprint(a, "-", i), "1")}, 1, noFloor)
				assert.NoError(t, err)
				if i%3 == a%3 {
					_, err = tx.ExecContext(t.Context(), "SELECT pg_sleep(0.01)")
					assert.NoError(t, err)
				}
				assert.NoError(t, tx.Commit())
			}
		})
	}
	writers.Go(func() { // transactions with ids that append nothing
		for running.Load() {
			_, err := s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = cursor WHERE id = 1")
			assert.NoError(t, err)
		}
	})
	type look struct{ horizon, below int64 }
	noted := make([][]look, 3)
	count := func(horizon int64) (below int64) {
		assert.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM journal_event WHERE id < $1", horizon).Scan(&below))
		return below
	}
	for r := range noted {
		readers.Go(func() {
			for range looks {
				horizon, err := j.horizon(t.Context())
				assert.NoError(t, err)
				noted[r] = append(noted[r], look{horizon, count(horizon)})
			}
		})
	}
	readers.Wait()
	running.Store(false)
	writers.Wait()
	for r := range noted {
		for _, seen := range noted[r] {
			require.Equal(t, seen.below, count(seen.horizon), "something appeared below what had been read")
		}
	}
	requireReadable(t, j, appenders*appends, "all of it")
}

// TestIDsOf32BitsAreToldByTheirDistance checks the conversion around the places where 32 bits wrap.
func TestIDsOf32BitsAreToldByTheirDistance(t *testing.T) {
	t.Parallel()
	s, _ := openPostgres(t)
	for _, next := range []int64{1000, 1<<32 - 1, 1 << 32, 1<<32 + 5, 3<<32 + 1<<31, 7<<32 - 2} {
		for _, distance := range []int64{-900, -1, 0, 1, 900, 1<<31 - 1} {
			id := next - distance
			if id < 0 {
				continue
			}
			var got int64
			require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT "+wideID+" FROM (SELECT $1::bigint AS next, $2::bigint AS id) AS x",
				next, id&(1<<32-1)).Scan(&got))
			require.Equal(t, id, got, "next %d, distance %d", next, distance)
		}
	}
}

// TestPreparedAppendHoldsTheReaderBack has an append wait for its second phase, with no session of its own.
func TestPreparedAppendHoldsTheReaderBack(t *testing.T) {
	t.Parallel()
	server := ownServer(t, "-c", "max_prepared_transactions=2")
	s := openAt(t, server.URL("postgres"))
	j := open(t, s)
	prepared := begin(t, server.URL("postgres"))
	_, err := j.insertPostgres(t.Context(), prepared, postgresAppendNew, []Entry{entry("slow", "1")}, 1, noFloor)
	require.NoError(t, err)
	_, err = prepared.ExecContext(t.Context(), "PREPARE TRANSACTION 'slow'")
	require.NoError(t, err)
	appendOne(t, j, "a")
	requireReadable(t, j, 0, "the prepared append lies below")
	_, err = s.Write().ExecContext(t.Context(), "COMMIT PREPARED 'slow'")
	require.NoError(t, err)
	requireReadable(t, j, 2, "both")
}

// ownServer starts a server that no other test uses, with some more arguments.
func ownServer(t *testing.T, args ...string) *storetest.Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "laurel-journal-") // the server's own user may not enter the folders of the test
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := storetest.StartServer(t.Context(), dir, false)
	require.NoError(t, err)
	require.NoError(t, server.Stop())
	server.Through = []string{"sh", "-c", `exec "$@" ` + strings.Join(args, " "), "sh"}
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	return server
}
