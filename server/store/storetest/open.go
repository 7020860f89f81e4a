package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/laurelhq/laurel/ent/migrations"
	"github.com/laurelhq/laurel/server/store"
)

// Dialects are the databases every test of storage runs on.
var Dialects = []store.Dialect{store.SQLite, store.Postgres}

var shared struct {
	once   sync.Once
	server *Server
	dir    string
	err    error
	number atomic.Int64
}

// Main runs a package's tests and stops the Postgres server they shared; call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop postgres:", err)
		}
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// Each runs a test on every dialect, each time with a fresh migrated database.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, dialect := range Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, dialect))
		})
	}
}

// Open returns a fresh migrated database, closed at the end of the test.
func Open(t testing.TB, dialect store.Dialect) *store.Store {
	t.Helper()
	url := URL(t, dialect)
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	opened.Store(s, url)
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// OpenBefore returns a fresh database of an earlier version: the schema as it was before the migration of that name, such as fold_program.
// It is closed at the end of the test.
func OpenBefore(t testing.TB, dialect store.Dialect, migration string) *store.Store {
	t.Helper()
	url := URL(t, dialect)
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	opened.Store(s, url)
	t.Cleanup(func() { _ = s.Close() })
	if err := migrateUpTo(t.Context(), s, migration); err != nil {
		t.Fatal(err)
	}
	return s
}

// migrateUpTo applies the migrations that come before the named one.
func migrateUpTo(ctx context.Context, s *store.Store, migration string) error {
	folder, err := fs.Sub(migrations.Files, string(s.Dialect()))
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if s.Dialect() == store.Postgres {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, s.Write(), folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	for i, source := range provider.ListSources() {
		if i > 0 && strings.HasSuffix(source.Path, "_"+migration+".sql") {
			_, err := provider.UpTo(ctx, provider.ListSources()[i-1].Version)
			return err
		}
	}
	return fmt.Errorf("no migration is called %s, or it is the first one", migration)
}

// Again opens the database of an open store once more, as another process does.
func Again(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	url, known := opened.Load(s)
	if !known {
		t.Fatal("the store was not opened by Open")
	}
	again, err := store.Open(t.Context(), url.(string))
	if err != nil {
		t.Fatal(err)
	}
	opened.Store(again, url)
	t.Cleanup(func() { _ = again.Close() })
	return again
}

// opened holds the addresses of stores that Open and Again have opened.
var opened sync.Map

// URL returns the address of a fresh empty database. Tests of a package share one Postgres server and have a database each.
func URL(t testing.TB, dialect store.Dialect) string {
	t.Helper()
	if dialect == store.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "laurel.db")
	}
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "laurel-pg-"); shared.err == nil {
			shared.server, shared.err = StartServer(context.WithoutCancel(t.Context()), shared.dir, false)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	name := fmt.Sprintf("test_%d", shared.number.Add(1))
	pool, err := sql.Open("pgx", shared.server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return shared.server.URL(name)
}
