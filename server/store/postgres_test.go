package store_test

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// patience bounds the wait for something that happens at once on a machine that isn't busy.
const patience = 20 * time.Second

func TestNowIsTheDatabasesClock(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first, err := s.Now(t.Context())
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), first, time.Hour)
		require.Eventually(t, func() bool {
			later, err := s.Now(t.Context())
			return err == nil && later.After(first)
		}, patience, time.Millisecond, "it runs")
	})
}

// TestSettingsOfConnections asks the server what it made of them.
func TestSettingsOfConnections(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	show := func(name string) (write, read string) {
		require.NoError(t, s.Write().QueryRowContext(t.Context(), "SHOW "+name).Scan(&write))
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SHOW "+name).Scan(&read))
		return write, read
	}
	for name, want := range map[string][2]string{
		"application_name":                    {"laurel " + s.Process(), "laurel " + s.Process()},
		"idle_in_transaction_session_timeout": {"3s", "1min"},
		"lock_timeout":                        {"2s", "0"},
	} {
		write, read := show(name)
		require.Equal(t, want, [2]string{write, read}, name)
	}
	require.Less(t, len("laurel "+s.Process()), 63, "Postgres cuts longer names off")
	again, err := store.Open(t.Context(), storetest.URL(t, store.SQLite))
	require.NoError(t, err)
	require.NotEqual(t, s.Process(), again.Process())
	require.NoError(t, again.Close())
}

// TestServerBoundsTheSilenceOfItsPeers needs TCP, which servers of tests don't listen on otherwise.
func TestServerBoundsTheSilenceOfItsPeers(t *testing.T) {
	t.Parallel()
	const address = "127.53.1.35" // nobody else's, so that the port is free
	dir, err := os.MkdirTemp("", "laurel-store-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := storetest.StartServer(t.Context(), dir, false)
	require.NoError(t, err)
	require.NoError(t, server.Stop())
	server.Through = []string{"sh", "-c", `exec "$@" -c listen_addresses=` + address, "sh"}
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	s, err := store.Open(t.Context(), "postgres://laurel@"+address+":5432/postgres?sslmode=disable")
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	for name, want := range map[string]string{"tcp_keepalives_idle": "2", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",
		"tcp_user_timeout": "5000"} {
		var got string
		require.NoError(t, s.Write().QueryRowContext(t.Context(), "SHOW "+name).Scan(&got))
		require.Equal(t, want, got, name)
	}
}

// TestIdleTransactionIsEnded leaves a write transaction open, as a frozen process does.
func TestIdleTransactionIsEnded(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('a', '1')"); err != nil {
			return err
		}
		require.Eventually(t, func() bool {
			var open int
			err := s.Read().QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in "+
				"transaction'").Scan(&open)
			return err == nil && open == 0
		}, patience, 20*time.Millisecond)
		return nil
	})
	require.True(t, store.IsUnavailable(err), "got %v", err)
	_, err = s.Write().ExecContext(t.Context(), "INSERT INTO setting (id, value) VALUES ('a', '1')")
	require.NoError(t, err, "its lock is free, and it left nothing")
}

// TestRowsReadSlowlyAreNotIdle takes longer over the rows of a statement than an idle transaction may last.
func TestRowsReadSlowlyAreNotIdle(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT repeat('x', 10000) FROM generate_series(1, 5000)")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		pause, count := time.NewTicker(time.Millisecond), 0
		defer pause.Stop()
		for rows.Next() {
			<-pause.C
			count++
		}
		require.Equal(t, 5000, count)
		return rows.Err()
	})
	require.NoError(t, err)
}

// TestEndProcess ends the sessions of one process and of no other one.
func TestEndProcess(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	open := func() *store.Store {
		s, err := store.Open(t.Context(), url)
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	ended, other, ender := open(), open(), open()
	stay := func(s *store.Store) chan error {
		begun, end := make(chan struct{}), make(chan error, 1)
		go func() {
			end <- s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.ExecContext(ctx, "SELECT 1"); err != nil {
					return err
				}
				close(begun)
				_, err := tx.ExecContext(ctx, "SELECT pg_sleep(1)")
				return err
			})
		}()
		<-begun
		return end
	}
	gone, stays := stay(ended), stay(other)
	require.NoError(t, ender.EndProcess(t.Context(), ended.Process()))
	err := <-gone
	require.True(t, store.IsUnavailable(err), "got %v", err)
	require.NoError(t, <-stays)
	require.NoError(t, ender.EndProcess(t.Context(), "nobody"))
}

func TestNamedLocks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockShared(ctx, store.RevisionLock); err != nil {
				return err
			}
			return tx.LockExclusive(ctx, store.ClaimLock)
		}))
	})
}

// TestExclusiveLockIsNotStarved has those who share a lock follow each other without a gap while one wants it alone.
func TestExclusiveLockIsNotStarved(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	ctx, cancel := context.WithCancel(t.Context())
	var sharers sync.WaitGroup
	inside := make(chan struct{}, 1)
	for range 3 {
		sharers.Go(func() {
			for ctx.Err() == nil {
				assert.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if err := tx.LockShared(ctx, store.RevisionLock); err != nil {
						return err
					}
					select {
					case inside <- struct{}{}:
					default:
					}
					_, err := tx.ExecContext(ctx, "SELECT pg_sleep(0.02)")
					return err
				}))
			}
		})
	}
	<-inside
	for range 5 {
		require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.LockExclusive(ctx, store.RevisionLock) }))
	}
	cancel()
	sharers.Wait()
}

// TestLockWaitEnds has somebody hold a lock for longer than any statement waits.
func TestLockWaitEnds(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockExclusive(ctx, store.RevisionLock); err != nil {
			return err
		}
		waits := make(chan error, 1)
		go func() {
			waits <- s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.LockShared(ctx, store.RevisionLock) })
		}()
		return <-waits
	})
	require.True(t, store.IsUnavailable(err), "got %v", err)
}

func TestWhatCountsAsUnavailable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, message string
		want          bool
	}{
		{"57P01", "terminating connection due to administrator command", true},
		{"25P03", "terminating connection due to idle-in-transaction timeout", true},
		{"55P03", "canceling statement due to lock timeout", true},
		{"57014", "canceling statement due to statement timeout", true},
		{"57014", "canceling statement due to user request", true},
		{"23505", "duplicate key value", false},
		{"42601", "syntax error", false},
	} {
		require.Equal(t, c.want, store.IsUnavailable(&pgconn.PgError{Code: c.code, Message: c.message}), c.message)
	}
}

// TestPlansAreRuledOutForTheFoldOnly asks each kind of connection: a query of a person who looks something up may read a whole table when
// that is quicker.
func TestPlansAreRuledOutForTheFoldOnly(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	for _, setting := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
		for name, each := range map[string]struct {
			pool *sql.DB
			want string
		}{"fold": {s.Fold(), "off"}, "read": {s.Read(), "on"}, "write": {s.Write(), "on"}, "spare": {s.Spare(), "on"}} {
			var got string
			require.NoError(t, each.pool.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&got))
			require.Equal(t, each.want, got, "%s of %s", setting, name)
		}
		require.NoError(t, s.FoldTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			var got string
			err := tx.QueryRowContext(ctx, "SHOW "+setting).Scan(&got)
			require.Equal(t, "off", got)
			return err
		}))
	}
}
