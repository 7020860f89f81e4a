package store_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/migrations"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestMigrateTwiceAppliesOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		applied, err := s.Migrate(t.Context())
		require.NoError(t, err)
		require.Zero(t, applied, "the second run has nothing left to do")
	})
}

// TestManyStartOnOneEmptyDatabase has several processes start at once, as a first deployment does.
func TestManyStartOnOneEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	var processes sync.WaitGroup
	var steps atomic.Int64
	for range 4 {
		processes.Go(func() {
			s, err := store.Open(context.WithoutCancel(t.Context()), url)
			if !assert.NoError(t, err) {
				return
			}
			applied, err := s.Migrate(context.WithoutCancel(t.Context()))
			assert.NoError(t, err)
			steps.Add(int64(applied))
			assert.NoError(t, s.Close())
		})
	}
	processes.Wait()
	files, err := fs.Glob(migrations.Files, "postgres/*.sql")
	require.NoError(t, err)
	require.EqualValues(t, len(files), steps.Load(), "each step is applied by one of them")
}

func TestAppendOnlyTablesRefuseChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, err := s.Write().ExecContext(t.Context(),
			"INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) VALUES ('Contest', 'a', 1, 'h', 'y', 1, 'x')")
		require.NoError(t, err)
		_, err = s.Write().ExecContext(t.Context(), "UPDATE definition SET yaml = 'z'")
		require.ErrorContains(t, err, "append-only")
		_, err = s.Write().ExecContext(t.Context(), "DELETE FROM definition")
		require.ErrorContains(t, err, "append-only")
	})
}

// TestGuardIsLiftedInsideATransactionOnly deletes a row of an append-only table on SQLite, and fails to delete another.
func TestGuardIsLiftedInsideATransactionOnly(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	insert := func(id string) {
		_, err := s.Write().ExecContext(t.Context(),
			"INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) VALUES ('Contest', '"+id+
				"', 1, 'h', 'y', 1, 'x')")
		require.NoError(t, err)
	}
	insert("a")
	insert("b")
	stop := errors.New("stop")
	for _, end := range []error{nil, stop} {
		err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Unguarded(ctx, "definition", func() error {
				_, err := tx.ExecContext(ctx, "DELETE FROM definition WHERE def_id = (SELECT min(def_id) FROM definition)")
				require.NoError(t, err)
				return end
			})
		})
		require.ErrorIs(t, err, end)
		_, err = s.Write().ExecContext(t.Context(), "DELETE FROM definition")
		require.ErrorContains(t, err, "append-only", "the guard is back")
		count, err := s.Ent().Definition.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, count)
	}
}

func TestTxRollsBackEntAndRawTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		stop := errors.New("stop")
		err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('raw', '1')"); err != nil {
				return err
			}
			if err := tx.Ent().Setting.Create().SetID("ent").SetValue("1").Exec(ctx); err != nil {
				return err
			}
			return stop
		})
		require.ErrorIs(t, err, stop)
		count, err := s.Ent().Setting.Query().Count(t.Context())
		require.NoError(t, err)
		require.Zero(t, count)
	})
}

// TestPanicLeavesNoTransactionOpen has what runs in a transaction panic, more often than there are connections. Doors answer panics with an
// internal error and go on, so the database must go on too.
func TestPanicLeavesNoTransactionOpen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for range 20 {
			require.Panics(t, func() {
				_ = s.Tx(t.Context(), func(context.Context, *store.Tx) error { panic("in a write") })
			})
			require.Panics(t, func() {
				_ = s.View(t.Context(), func(context.Context, *store.Tx) error { panic("in a view") })
			})
			require.Zero(t, s.Write().Stats().InUse)
			require.Zero(t, s.Read().Stats().InUse)
		}
	})
}

func TestConflictAndUnavailable(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		insert := "INSERT INTO setting (id, value) VALUES ('a', '1')"
		_, err := s.Write().ExecContext(t.Context(), insert)
		require.NoError(t, err)
		_, err = s.Write().ExecContext(t.Context(), insert)
		require.True(t, store.IsConflict(err), "got %v", err)
		require.False(t, store.IsUnavailable(err))
	})
}

func TestSQLiteReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	_, err := s.Read().ExecContext(t.Context(), "INSERT INTO setting (id, value) VALUES ('a', '1')")
	require.ErrorContains(t, err, "readonly")
}

// TestSQLiteFileIsWhereThePathSays opens a path with signs that mean something in a URI.
func TestSQLiteFileIsWhereThePathSays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c# 100%41", "who?.db")
	s, err := store.Open(t.Context(), "sqlite:"+path)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	require.FileExists(t, path)
	_, err = s.Ent().Setting.Query().Count(t.Context())
	require.NoError(t, err, "readers open the same file")
}

func TestOpenSaysWhatAUrlLooksLike(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), "mysql://x")
	require.ErrorContains(t, err, "sqlite:PATH")
	_, err = store.Open(t.Context(), "sqlite:")
	require.ErrorContains(t, err, "path")
}
