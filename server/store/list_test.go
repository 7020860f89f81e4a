package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestPageOfAListByTimeCostsWhatItShows asks for pages of lists by time out of ten thousand rows, with each filter that there is an index
// for.
func TestPageOfAListByTimeCostsWhatItShows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bytesOf := map[store.Dialect]string{store.SQLite: "CAST(CAST(i AS text) AS blob)",
			store.Postgres: "CAST(CAST(i AS text) AS bytea)"}[s.Dialect()]
		const series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
		statements := []string{
			series + "INSERT INTO dead_letter (partition, seq, event_id, stage, subject, reason, failed_at) SELECT 0, i, 'e', 's' || i % 10, 'c' " +
				"|| i % 10, 'why', i FROM n",
			series + "INSERT INTO contest_snapshot (contest_id, number, taken_at, total, positions, top) SELECT 'c' || i % 5, i, i, 3, '', " +
				bytesOf + " FROM n",
			series + "INSERT INTO event_conflict (event_id, content_hash, body, refused_at) SELECT 'e', " + bytesOf + ", " + bytesOf + ", i FROM n",
			"ANALYZE",
		}
		for _, statement := range statements {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		after := int64(5000)
		for _, each := range []struct {
			from, filter string
			columns      store.Columns
		}{
			{"dead_letter", "", store.Columns{Key: "id", Time: "failed_at"}},
			{"dead_letter", "stage = ?", store.Columns{Key: "id", Time: "failed_at"}},
			{"dead_letter", "subject = ?", store.Columns{Key: "id", Time: "failed_at"}},
			{"contest_snapshot", "contest_id = ?", store.Columns{Key: "number", Time: "taken_at"}},
			{"event_conflict", "", store.Columns{Key: "id", Time: "refused_at"}},
		} {
			for _, wanted := range []store.Listing{{Limit: 20}, {Limit: 20, OldestFirst: true}, {Limit: 20, After: &after},
				{Limit: 20, OldestFirst: true, After: &after}} {
				conditions := s.Conditions()
				if each.filter != "" {
					conditions.Add(each.filter, map[string]string{"stage = ?": "s1", "subject = ?": "c1", "contest_id = ?": "c1"}[each.filter])
				}
				tail := conditions.List(wanted, each.columns)
				storetest.RequirePage(t, s, storetest.Query{Text: "SELECT * FROM " + each.from + tail, Values: conditions.Args})
			}
		}
	})
}
