package journaltest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// Cut closes the range of a database that is open, and returns it. On Postgres the journal leaps ahead as it does after a restore, so
// whoever has it open must open it anew.
func Cut(t testing.TB, s *store.Store) journal.Range {
	t.Helper()
	j := open(t, s)
	list := ranges(t, j)
	at := slices.IndexFunc(list, func(r journal.Range) bool { return r.State == journal.RangeOpen })
	if at < 0 {
		t.Fatal("no range is open")
	}
	if s.Dialect() == store.Postgres {
		_, err := s.Write().ExecContext(t.Context(), fmt.Sprintf("UPDATE setting SET value = (value::bigint + %d)::text WHERE id = "+
			"'journal_offset'", list[len(list)-1].Until>>13))
		if err != nil {
			t.Fatal(err)
		}
		j = open(t, s)
	} else {
		j.SpanRanges(0)
		if _, err := j.KeepRanges(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := ranges(t, j)[at]
	if r.State != journal.RangeClosed {
		t.Fatalf("range %d is %s; is anything in it?", r.ID, r.State)
	}
	return r
}

func open(t testing.TB, s *store.Store) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func ranges(t testing.TB, j *journal.Journal) []journal.Range {
	t.Helper()
	list, err := j.Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}
