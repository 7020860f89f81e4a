package limit_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/laurelhq/laurel/server/store/storetest"
)

// The tables have the columns and indexes of journal_event, event_key and standing.
const (
	postgresJournal = `CREATE TABLE limit_event (id bigint PRIMARY KEY, player bigint NOT NULL, event_ts bigint NOT NULL, ingest_ts bigint
		NOT NULL, partition integer NOT NULL,
		body bytea NOT NULL)`
	postgresKey = `CREATE TABLE limit_key (seq bigint NOT NULL, content_hash bytea NOT NULL, source text COLLATE "C" NOT NULL, event_id text
		COLLATE "C" NOT NULL,
		PRIMARY KEY (source, event_id))`
	byPlayer         = "CREATE INDEX limit_event_player ON limit_event (player, event_ts)"
	postgresStanding = `CREATE TABLE limit_standing (id bigint PRIMARY KEY, contest_id varchar NOT NULL, user_id varchar NOT NULL, partition
		bigint NOT NULL,
		units bigint NOT NULL, tie bytea NOT NULL, rounds bigint NOT NULL, version bigint NOT NULL, seq bigint NOT NULL, state bytea NOT NULL,
			UNIQUE (contest_id, user_id))`
	postgresInsert = `WITH keyed AS (INSERT INTO limit_key SELECT id, hash, '', event_id FROM unnest($1::bigint[], $4::text[], $5::bytea[])
		AS k (id, event_id, hash))
		INSERT INTO limit_event SELECT id, player, id, 1, partition, body
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $6::bytea[]) AS e (id, player, partition, body)`
	postgresUpdate = `UPDATE limit_standing AS s SET units = n.units, tie = n.tie, rounds = s.rounds + 1, version = 1, seq = $3, state = $4
		FROM unnest($1::bigint[], $2::bytea[], $5::bigint[]) AS n (id, tie, units) WHERE s.id = n.id`
	sqliteJournal = `CREATE TABLE limit_event (id integer PRIMARY KEY, player integer NOT NULL, event_ts integer NOT NULL, ingest_ts integer
		NOT NULL, partition integer NOT NULL,
		body blob NOT NULL)`
	sqliteKey = `CREATE TABLE limit_key (source text NOT NULL, event_id text NOT NULL, content_hash blob NOT NULL, seq integer NOT NULL,
		PRIMARY KEY (source, event_id))
		WITHOUT ROWID`
	sqliteStanding = `CREATE TABLE limit_standing (id integer PRIMARY KEY, contest_id text NOT NULL, user_id text NOT NULL, partition integer
		NOT NULL,
		units integer NOT NULL, tie blob NOT NULL, rounds integer NOT NULL, version integer NOT NULL, seq integer NOT NULL, state blob NOT NULL,
			UNIQUE (contest_id, user_id))`
	sqliteUpdate = "UPDATE limit_standing SET units = ?, tie = ?, rounds = rounds + 1, version = 1, seq = ?, state = ? WHERE id = ?"
	// sqliteRows is how many rows one SQLite insert carries.
	sqliteRows = 100
)

var (
	sqliteInsert    = "INSERT INTO limit_event VALUES " + strings.TrimSuffix(strings.Repeat("(?,?,?,1,?,?),", sqliteRows), ",")
	sqliteInsertKey = "INSERT INTO limit_key VALUES " + strings.TrimSuffix(strings.Repeat("('',?,?,?),", sqliteRows), ",")
)

// player is where a player's events stand in the index: anywhere.
func player(user int) int64 { return int64(uint64(user+1) * 0x9e3779b97f4a7c15) }

type postgres struct{ pool *sql.DB }

// openPostgres starts a server that syncs each commit and fills the standings.
func openPostgres(b *testing.B) *sql.DB {
	b.Helper()
	dir, err := os.MkdirTemp("", "laurel-limit-")
	require.NoError(b, err)
	server, err := storetest.StartServer(b.Context(), dir, true)
	require.NoError(b, err)
	b.Cleanup(func() { _, _ = server.Stop(), os.RemoveAll(dir) })
	// A plan of the time when a table was small must not read all of it, as in package store.
	pool, err := sql.Open("pgx", server.URL("postgres")+"&enable_seqscan=off&enable_hashjoin=off&enable_mergejoin=off")
	require.NoError(b, err)
	b.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxIdleConns(senders + folders)
	exec(b, pool, postgresJournal, postgresKey, byPlayer, postgresStanding,
		fmt.Sprintf(`INSERT INTO limit_standing SELECT n, 'load_best_20', 'load_' || n, n %% %d, 0,
		convert_to(repeat('t', %d), 'UTF8'), 1, 1, 1, convert_to(repeat('y', %d), 'UTF8') FROM generate_series(0, %d) AS n`, partitions, tieBytes,
			stateBytes, players-1))
	return pool
}

func (p *postgres) append(ctx context.Context, first int64, users []int) error {
	ids, places, players, names := make([]int64, len(users)), make([]int64, len(users)), make([]int64, len(users)), make([]string, len(users))
	hashes, contents := make([][]byte, len(users)), make([][]byte, len(users))
	for i, user := range users {
		ids[i], places[i], players[i] = first+int64(i), int64(user%partitions), player(user)
		names[i], hashes[i], contents[i] = row(ids[i])
	}
	if _, err := p.pool.ExecContext(ctx, postgresInsert, ids, players, places, names, hashes, contents); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	return nil
}

func (p *postgres) update(ctx context.Context, users []int, seq int64) error {
	ids, ties, units := make([]int64, len(users)), make([][]byte, len(users)), make([]int64, len(users))
	for i, user := range users {
		ids[i], ties[i], units[i] = int64(user), tie(user, seq), seq*7919+int64(user)
	}
	if _, err := p.pool.ExecContext(ctx, postgresUpdate, ids, ties, seq, states, units); err != nil {
		return fmt.Errorf("update standings: %w", err)
	}
	return nil
}

type sqlite struct{ pool *sql.DB }

// openSQLite makes a file that is synced at each commit, with the settings of package store, and fills the standings.
func openSQLite(b *testing.B) *sql.DB {
	b.Helper()
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "limit.db")+
		"?_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_pragma=cache_size(-49152)&_pragma=wal_autocheckpoint(10000)")
	require.NoError(b, err)
	b.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	exec(b, pool, sqliteJournal, sqliteKey, byPlayer, sqliteStanding,
		fmt.Sprintf(`WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < %d)
		INSERT INTO limit_standing SELECT n, 'load_best_20', 'load_' || n, n %% %d, 0, zeroblob(%d), 1, 1, 1, zeroblob(%d) FROM n`, players-1,
			partitions, tieBytes, stateBytes))
	var synchronous string
	require.NoError(b, pool.QueryRowContext(b.Context(), "PRAGMA synchronous").Scan(&synchronous))
	require.Equal(b, "2", synchronous)
	return pool
}

func (s *sqlite) append(ctx context.Context, first int64, users []int) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, sqliteInsert)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		key, err := tx.PrepareContext(ctx, sqliteInsertKey)
		if err != nil {
			return err
		}
		defer func() { _ = key.Close() }()
		for from := 0; from < len(users); from += sqliteRows {
			args, keys := make([]any, 0, 5*sqliteRows), make([]any, 0, 3*sqliteRows)
			for i, user := range users[from : from+sqliteRows] {
				number := first + int64(from+i)
				name, hash, body := row(number)
				args, keys = append(args, number, player(user), number, user%partitions, body), append(keys, name, hash, number)
			}
			if _, err := key.ExecContext(ctx, keys...); err != nil {
				return err
			}
			if _, err := insert.ExecContext(ctx, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *sqlite) update(ctx context.Context, users []int, seq int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		update, err := tx.PrepareContext(ctx, sqliteUpdate)
		if err != nil {
			return err
		}
		defer func() { _ = update.Close() }()
		for _, user := range users {
			if _, err := update.ExecContext(ctx, seq*7919+int64(user), tie(user, seq), seq, states, user); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *sqlite) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return fmt.Errorf("write: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
