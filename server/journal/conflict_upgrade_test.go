package journal

import (
	"io/fs"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/migrations"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// beforePositions is the last version whose refused re-uses of ids had no position.
const beforePositions = 20261122000100

// TestConflictsGetPositions moves a database of the version before: a refused re-use gets the position of the event that has its id, if there is one.
func TestConflictsGetPositions(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), storetest.URL(t, dialect))
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.Close() })
			folder, err := fs.Sub(migrations.Files, string(dialect))
			require.NoError(t, err)
			language := goose.DialectSQLite3
			if dialect == store.Postgres {
				language = goose.DialectPostgres
			}
			provider, err := goose.NewProvider(language, s.Write(), folder, goose.WithDisableGlobalRegistry(true))
			require.NoError(t, err)
			_, err = provider.UpTo(t.Context(), beforePositions)
			require.NoError(t, err)
			hash := "X'01'"
			if dialect == store.Postgres {
				hash = `'\x01'`
			}
			for _, statement := range []string{
				"INSERT INTO event_key (source, event_id, content_hash, seq) VALUES ('', 'a', '00000000-0000-0000-0000-000000000000', 7), ('shop', 'a', '00000000-0000-0000-0000-000000000000', 8)",
				"INSERT INTO event_conflict (source, event_id, content_hash, body, refused_at) VALUES ('shop', 'a', " + hash + ", " + hash + ", 5), ('', 'b', " + hash + ", " + hash + ", 6)",
			} {
				_, err := s.Write().ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			_, err = s.Migrate(t.Context())
			require.NoError(t, err)
			for id, want := range map[string]int64{"a": 8, "b": 0} {
				var seq int64
				require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT seq FROM event_conflict WHERE event_id = $1", id).Scan(&seq))
				require.Equal(t, want, seq)
			}
		})
	}
}
