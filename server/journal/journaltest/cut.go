package journaltest

import (
	"context"
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

// Narrow puts a range with room for so many transactions behind the others of a Postgres database, and has the journal stand so many before
// it. Whoever has it open must open it anew.
func Narrow(t testing.TB, s *store.Store, room, before int64) {
	t.Helper()
	list := ranges(t, open(t, s))
	last := list[len(list)-1]
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		table, until := fmt.Sprintf("journal_event_%d", last.ID+1), last.Until+room<<13
		for _, statement := range []string{
			fmt.Sprintf("INSERT INTO journal_range (id, first, until, head, made_at) SELECT %d, %d, %d, max(head), max(made_at) FROM journal_range",
				last.ID+1, last.Until, until),
			"CREATE TABLE " + table + " (LIKE journal_event INCLUDING ALL)",
			fmt.Sprintf("ALTER TABLE journal_event ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)", table, last.Until, until),
			fmt.Sprintf("UPDATE setting SET value = (%d - pg_current_xact_id()::text::bigint)::text WHERE id = 'journal_offset'",
				last.Until>>13-before),
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return tx.Guard(ctx, "journal_event")
	})
	if err != nil {
		t.Fatal(err)
	}
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
