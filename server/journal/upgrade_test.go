package journal

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/migrations"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// beforeRanges is the last version of the schema that had the journal in one piece.
const beforeRanges = 20261122000100

// TestJournalInOnePieceBecomesTheFirstRange moves a database with events to ranges and back. No row is written anew on Postgres: the table
// stays the same file.
func TestJournalInOnePieceBecomesTheFirstRange(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), storetest.URL(t, dialect))
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.Close() })
			folder, err := fs.Sub(migrations.Files, string(dialect))
			require.NoError(t, err)
			schema := goose.DialectSQLite3
			if dialect == store.Postgres {
				schema = goose.DialectPostgres
			}
			provider, err := goose.NewProvider(schema, s.Write(), folder, goose.WithDisableGlobalRegistry(true))
			require.NoError(t, err)
			_, err = provider.UpTo(t.Context(), beforeRanges)
			require.NoError(t, err)
			const highest = int64(7_000_000) << ordinalBits // above what a fresh server of Postgres gives out
			for i := range 10 {
				_, err := s.Write().ExecContext(t.Context(), "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES "+
					"($1, 1, 2, $2, 3, $3)",
					highest-9+int64(i), 100+i, fmt.Append(nil, "body", i))
				require.NoError(t, err)
			}
			file := ""
			if dialect == store.Postgres {
				require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT pg_relation_filepath('journal_event')").Scan(&file))
			}
			for range 2 {
				_, err = s.Migrate(t.Context())
				require.NoError(t, err)
				requireFirstRange(t, s, highest)
				if file != "" {
					var now string
					require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT pg_relation_filepath('journal_event_1')").Scan(&now))
					require.Equal(t, file, now)
					file = ""
				}
				_, err = provider.DownTo(t.Context(), beforeRanges)
				require.NoError(t, err)
				var count int
				require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM journal_event").Scan(&count))
				require.GreaterOrEqual(t, count, 10, "the way back keeps every event")
			}
		})
	}
}

func requireFirstRange(t *testing.T, s *store.Store, highest int64) {
	t.Helper()
	j := open(t, s)
	list := ranges(t, j)
	require.Less(t, highest, list[0].Until)
	contents, err := j.Contents(t.Context(), Range{First: 0, Until: highest + 1})
	require.NoError(t, err)
	require.Equal(t, Contents{Events: 10, Bytes: 50, FirstSeq: highest - 9, LastSeq: highest, FirstIngest: 100, LastIngest: 109, FirstEvent: 2,
		LastEvent: 2}, contents)
	_, err = j.Append(t.Context(), []Entry{entry(fmt.Sprint("new", len(readAll(t, j))), "1")}, 200)
	require.NoError(t, err)
	records := readAll(t, j)
	require.Greater(t, records[len(records)-1].Seq, highest)
	tables := []string{"journal_event"}
	if s.Dialect() == store.Postgres {
		tables = append(tables, "journal_event_1", "journal_event_2")
	}
	for _, table := range tables {
		_, err = s.Write().ExecContext(t.Context(), "DELETE FROM "+table)
		require.ErrorContains(t, err, "append-only")
	}
}

// TestConflictsGetPositions moves a database of the version before: a refused re-use gets the position of the event that has its id, if
// there is one.
func TestConflictsGetPositions(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s := storetest.OpenBefore(t, dialect, "conflict_position")
			hash := "X'01'"
			if dialect == store.Postgres {
				hash = `'\x01'`
			}
			for _, statement := range []string{
				"INSERT INTO event_key (source, event_id, content_hash, seq) VALUES ('', 'a', '00000000-0000-0000-0000-000000000000', 7), ('shop', " +
					"'a', '00000000-0000-0000-0000-000000000000', 8)",
				"INSERT INTO event_conflict (source, event_id, content_hash, body, refused_at) VALUES ('shop', 'a', " + hash + ", " + hash +
					", 5), ('', 'b', " + hash + ", " + hash + ", 6)",
			} {
				_, err := s.Write().ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			_, err := s.Migrate(t.Context())
			require.NoError(t, err)
			for id, want := range map[string]int64{"a": 8, "b": 0} {
				var seq int64
				require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT seq FROM event_conflict WHERE event_id = $1", id).Scan(&seq))
				require.Equal(t, want, seq)
			}
		})
	}
}
