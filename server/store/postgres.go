package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresWriters, postgresFolders and postgresReaders bound the connections of one process to Postgres. Reads that take long, such as the
// rebuild of a board, can't keep writes waiting, nor can callers keep the fold waiting: a connection for each lane, one for the reader of
// the journal, and one to spare.
const postgresWriters, postgresFolders, postgresReaders = 6, 10, 12

// byKey rules plans out for the fold. Its statements look rows up by key, thousands at a time, in tables that grow from nothing: a plan
// made while a table was small, or from statistics of yesterday, must not read all of it for each batch.
var byKey = map[string]string{"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}

// A process that froze or was cut off may not stop the others for longer than a lease runs: the server ends a write transaction in which
// nothing happened for writeIdle, no statement waits for a lock longer than lockWait, and a peer that stays silent for peerSilence is gone.
// A read transaction holds nobody up, so readIdle only keeps a forgotten one from lasting for ever; rows that are being sent don't count as
// idle.
const (
	writeIdle   = 3 * time.Second
	lockWait    = 2 * time.Second
	readIdle    = time.Minute
	peerSilence = 5 * time.Second
)

// After keepAliveIdle without a word the peer is asked every keepAliveInterval, keepAliveCount times.
const (
	keepAliveIdle     = 2 * time.Second
	keepAliveInterval = time.Second
	keepAliveCount    = 3
)

// applicationName is what the connections of a process call themselves; it stays far below the 63 bytes that Postgres keeps.
func applicationName(process string) string { return "laurel " + process }

func openPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	config.DialFunc = dialer(config.ConnectTimeout).DialContext
	process := rand.Text()
	maps.Copy(config.RuntimeParams, map[string]string{
		"application_name": applicationName(process),
		// What byKey rules out seems so dear to the planner that it would compile even a look at sixteen rows, for a quarter of a second.
		"jit": "off",
		// Postgres leaves these alone on a Unix socket.
		"tcp_keepalives_idle": seconds(keepAliveIdle), "tcp_keepalives_interval": seconds(keepAliveInterval),
		"tcp_keepalives_count": strconv.Itoa(keepAliveCount),
		"tcp_user_timeout":     millis(peerSilence),
	})
	write := map[string]string{"idle_in_transaction_session_timeout": millis(writeIdle), "lock_timeout": millis(lockWait)}
	s := newStore(Postgres, dialect.Postgres, process, pool(config, postgresWriters, write),
		pool(config, postgresReaders, map[string]string{"idle_in_transaction_session_timeout": millis(readIdle)}))
	folding := maps.Clone(byKey)
	maps.Copy(folding, write)
	s.fold = pool(config, postgresFolders, folding)
	s.spare = pool(config, 1, write)
	s.migrating = pool(config, 1, nil) // a migration waits for locks, and takes, as long as it must
	s.migrating.SetMaxIdleConns(0)
	if err := s.write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach postgres: %w", err), s.Close())
	}
	return s, nil
}

// pool makes up to size connections that have settings of their own on top of the common ones.
func pool(common *pgx.ConnConfig, size int, settings map[string]string) *sql.DB {
	config := common.Copy()
	maps.Copy(config.RuntimeParams, settings)
	connections := stdlib.OpenDB(*config,
		stdlib.OptionAfterConnect(func(_ context.Context, c *pgx.Conn) error { return registerArrays(c.TypeMap()) }))
	connections.SetMaxOpenConns(size)
	connections.SetMaxIdleConns(size)
	return connections
}

func millis(d time.Duration) string  { return strconv.FormatInt(d.Milliseconds(), 10) }
func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// EndProcess has the database end all sessions of another process, so that what they hold comes free and nothing they have begun is
// committed. On SQLite, where a process that is gone holds nothing, it does nothing. It does not wait until they have ended.
func (s *Store) EndProcess(ctx context.Context, process string) error {
	if s.dialect == SQLite {
		return nil
	}
	_, err := s.Spare().ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = "+
		"current_database()",
		applicationName(process))
	if err != nil {
		return fmt.Errorf("end the sessions of process %s: %w", process, err)
	}
	return nil
}
