package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/laurelhq/laurel/ent/db"
)

// Dialect names the database in use.
type Dialect string

// The dialects Laurel runs on.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

const (
	// sqliteReaders bounds the reader connections of SQLite.
	sqliteReaders = 4
	// postgresWriters and postgresReaders bound the connections of one process to Postgres. Reads that take long, such as the rebuild
	// of a board, can't keep writes waiting.
	postgresWriters, postgresReaders = 8, 12
)

// Store is an open database.
type Store struct {
	dialect Dialect
	write   *sql.DB
	read    *sql.DB
	ent     *db.Client
}

// Open opens the database at url: sqlite:PATH or postgres://…. It does not migrate. The error says what a right url looks like.
func Open(ctx context.Context, url string) (*Store, error) {
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url)
	default:
		return nil, fmt.Errorf("database url %q: want sqlite:PATH or postgres://user:password@host/name", url)
	}
}

// uriSigns keeps a path as it is: SQLite is given it in a URI, where these would begin something else.
var uriSigns = strings.NewReplacer("%", "%25", "#", "%23", "?", "%3f")

func openSQLite(ctx context.Context, path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("database url: sqlite: needs a path, such as sqlite:data/laurel.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make folder of the database: %w", err)
	}
	base := "file:" + uriSigns.Replace(path) + "?_busy_timeout=5000&_foreign_keys=1&_time_format=sqlite&_timezone=UTC"
	write, err := sql.Open("sqlite", base+"&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_pragma=cache_size(-49152)&_pragma=wal_autocheckpoint(10000)")
	if err != nil {
		return nil, fmt.Errorf("open sqlite writer: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", base+"&_query_only=1&_pragma=cache_size(-2048)")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sqlite readers: %w", err), write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	if err := assertSQLite(ctx, write); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	return newStore(SQLite, dialect.SQLite, write, read), nil
}

// assertSQLite refuses settings under which an answer would not be durable: some of them are ignored in silence when misspelt.
func assertSQLite(ctx context.Context, write *sql.DB) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"},
	} {
		var got string
		if err := write.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return fmt.Errorf("read sqlite %s: %w", want.pragma, err)
		}
		if got != want.value {
			return fmt.Errorf("sqlite %s is %s, want %s", want.pragma, got, want.value)
		}
	}
	return nil
}

func openPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	// Statements look rows up by key, thousands at a time, in tables that grow from nothing: a plan made while a table was small, or
	// from statistics of yesterday, must not read all of it for each batch.
	for _, setting := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
		config.RuntimeParams[setting] = "off"
	}
	write, read := stdlib.OpenDB(*config), stdlib.OpenDB(*config)
	write.SetMaxOpenConns(postgresWriters)
	write.SetMaxIdleConns(postgresWriters)
	read.SetMaxOpenConns(postgresReaders)
	read.SetMaxIdleConns(postgresReaders)
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach postgres: %w", err), read.Close(), write.Close())
	}
	return newStore(Postgres, dialect.Postgres, write, read), nil
}

func newStore(d Dialect, entDialect string, write, read *sql.DB) *Store {
	return &Store{
		dialect: d, write: write, read: read,
		ent: db.NewClient(db.Driver(entsql.OpenDB(entDialect, read))),
	}
}

// Dialect tells which database this is.
func (s *Store) Dialect() Dialect { return s.dialect }

// Ent is for reads outside a transaction. On SQLite it can't write.
func (s *Store) Ent() *db.Client { return s.ent }

// Read is for raw reads outside a transaction. On SQLite it can't write.
func (s *Store) Read() *sql.DB { return s.read }

// Write is for a raw statement that is a transaction of its own.
func (s *Store) Write() *sql.DB { return s.write }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Close closes the database.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}
