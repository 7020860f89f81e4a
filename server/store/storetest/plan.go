package storetest

import (
	"context"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/server/store"
)

// Query is a statement with its values, as a database was asked it.
type Query struct {
	Text   string
	Values []any
}

// Recorded returns a client that reads a store and gives every query to record first.
func Recorded(s *store.Store, record func(Query)) *db.Client {
	name := dialect.SQLite
	if s.Dialect() == store.Postgres {
		name = dialect.Postgres
	}
	return db.NewClient(db.Driver(recorder{entsql.OpenDB(name, s.Read()), record}))
}

// recorder is a driver that gives away what it is asked.
type recorder struct {
	dialect.Driver
	record func(Query)
}

// Query implements dialect.Driver.
func (r recorder) Query(ctx context.Context, query string, args, v any) error {
	values, _ := args.([]any)
	r.record(Query{query, values})
	return r.Driver.Query(ctx, query, args, v)
}

// RequirePage fails when a database answers a query of a page by sorting, or by reading a whole table: the page would cost what the list
// holds, not what it shows. On Postgres the tables must have been filled and analyzed, else it reads them whole since they are small.
func RequirePage(t testing.TB, s *store.Store, query Query) {
	t.Helper()
	plan := plan(t, s, query)
	dear := []string{"Sort", "Seq Scan", "TEMP B-TREE"}
	if strings.Contains(query.Text, " WHERE ") && !strings.Contains(plan, " USING ") {
		dear = append(dear, "SCAN ") // without a condition SQLite walks in the order of the key, and stops when the page is full
	}
	for _, step := range dear {
		if strings.Contains(plan, step) {
			t.Errorf("%s\n%v\nis answered by:\n%s", query.Text, query.Values, plan)
			return
		}
	}
}

// plan tells how a database answers a query, one step a line.
func plan(t testing.TB, s *store.Store, query Query) string {
	t.Helper()
	explain, before := "EXPLAIN ", 0
	if s.Dialect() == store.SQLite {
		explain, before = "EXPLAIN QUERY PLAN ", 3
	}
	rows, err := s.Read().QueryContext(t.Context(), explain+query.Text, query.Values...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var step string
		values := make([]any, before+1)
		for i := range before {
			values[i] = new(int)
		}
		values[before] = &step
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
