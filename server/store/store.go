package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
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

// ClockMicros is an SQL expression for the database's clock at the moment it is evaluated, in microseconds since 1970. What processes
// compare with each other is measured by it, since their own clocks may differ.
func (d Dialect) ClockMicros() string {
	if d == Postgres {
		return "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS integer)"
}

// sqliteReaders bounds the reader connections of SQLite.
const sqliteReaders = 4

// Store is an open database.
type Store struct {
	dialect Dialect
	process string
	write   *sql.DB
	read    *sql.DB
	// fold, spare and migrating are nil on SQLite, whose one writer does their work, and whose readers look up for the fold.
	fold, spare, migrating *sql.DB
	ent                    *db.Client
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
	write, err := sql.Open("sqlite",
		base+"&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_pragma=cache_size(-49152)&_pragma=wal_autocheckpoint(10000)"+
			"&_pragma=recursive_triggers(1)") // REPLACE asks the triggers that guard rows from being deleted, too
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
	return newStore(SQLite, dialect.SQLite, rand.Text(), write, read), nil
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

func newStore(d Dialect, entDialect, process string, write, read *sql.DB) *Store {
	return &Store{
		dialect: d, process: process, write: write, read: read,
		ent: db.NewClient(db.Driver(entsql.OpenDB(entDialect, read))),
	}
}

// Dialect tells which database this is.
func (s *Store) Dialect() Dialect { return s.dialect }

// Process is a random name that this store was given when it was opened. On Postgres its connections carry it, so that EndProcess can tell
// them from those of other processes.
func (s *Store) Process() string { return s.process }

// Ent is for reads outside a transaction. On SQLite it can't write.
func (s *Store) Ent() *db.Client { return s.ent }

// Read is for raw reads outside a transaction. On SQLite it can't write.
func (s *Store) Read() *sql.DB { return s.read }

// Write is for a raw statement that is a transaction of its own.
func (s *Store) Write() *sql.DB { return s.write }

// Fold is for the look-ups of the fold by key. On SQLite it can't write.
func (s *Store) Fold() *sql.DB {
	if s.fold == nil {
		return s.read
	}
	return s.fold
}

// Spare is for a raw statement that may not wait until others give their connections back, such as a heartbeat: on Postgres it has a
// connection of its own.
func (s *Store) Spare() *sql.DB {
	if s.spare == nil {
		return s.write
	}
	return s.spare
}

// Now reads the database's clock.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var micros int64
	if err := s.read.QueryRowContext(ctx, "SELECT "+s.dialect.ClockMicros()).Scan(&micros); err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return time.UnixMicro(micros), nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{s.read, s.fold, s.spare, s.migrating, s.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}
