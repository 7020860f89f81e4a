package fold_test

import (
	"context"
	"encoding/binary"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// tally is a state with a list, so that a copy that shares memory is noticed.
type tally struct{ values []int64 }

func (s *tally) CopyTo(into fold.State) {
	other, _ := into.(*tally)
	other.values = append(other.values[:0], s.values...)
}

func (s *tally) Size() int { return 8 * cap(s.values) }

func (s *tally) AppendBinary(b []byte) []byte {
	for _, v := range s.values {
		b = binary.AppendVarint(b, v)
	}
	return b
}

// shelf is a table that keeps its rows in a map.
type shelf struct{ rows map[string][]int64 }

func (*shelf) New() fold.State { return &tally{} }

func (t *shelf) Load(_ context.Context, _ *store.Store, keys []fold.Key) (rows []*fold.Row, _ error) {
	for _, k := range keys {
		if values, ok := t.rows[k.Subject]; ok {
			rows = append(rows, &fold.Row{Key: k, Stored: true, State: &tally{values: append([]int64{}, values...)}})
		}
	}
	return rows, nil
}

func (t *shelf) Store(_ context.Context, _ *store.Tx, rows []*fold.Row) error {
	for _, row := range rows {
		state, _ := row.State.(*tally)
		t.rows[row.Subject] = append([]int64{}, state.values...)
		row.Stored = true
	}
	return nil
}

// TestScratchIsLikeAMap runs random batches of events with parts that are undone, batches that are thrown away, and a cache that forgets,
// against a map that is copied whole.
func TestScratchIsLikeAMap(t *testing.T) {
	t.Parallel()
	opened := storetest.Open(t, store.SQLite) // only says that there is a database; the shelf keeps the rows
	rapid.Check(t, func(t *rapid.T) {
		table := &shelf{rows: map[string][]int64{}}
		tables := fold.Tables{fold.PlayerPage: table, fold.Standing: table}
		s := fold.NewScratch(&tables, fold.NewCache(rapid.SampledFrom([]int{1, 2000, 0}).Draw(t, "cache")))
		committed := map[string][]int64{}
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			subjects := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h"}), 1, 6, rapid.ID).
				Draw(t, "subjects")
			for _, subject := range subjects {
				s.Want(key(subject), 0)
			}
			require.NoError(t, s.Load(context.Background(), opened))
			now := maps.Clone(committed)
			for range rapid.IntRange(0, 6).Draw(t, "events") {
				playEvent(t, s, subjects, now)
			}
			for _, subject := range subjects {
				require.Equal(t, now[subject], valuesOf(s.Get(key(subject))), "row %s", subject)
			}
			if rapid.Bool().Draw(t, "commits") {
				require.NoError(t, s.Store(context.Background(), nil))
				s.Adopt()
				committed = now
			} else {
				s.Discard()
			}
			require.Equal(t, committed, table.rows)
		}
	})
}

// playEvent makes one event of some parts; a part, and the whole event, may be undone.
func playEvent(t *rapid.T, s *fold.Scratch, subjects []string, now map[string][]int64) {
	var out fold.Effects
	s.Begin()
	whole, before := s.Mark(&out), maps.Clone(now)
	for range rapid.IntRange(1, 4).Draw(t, "parts") {
		part, beforePart, late := s.Mark(&out), maps.Clone(now), len(out.Late)
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			subject, value := rapid.SampledFrom(subjects).Draw(t, "subject"), rapid.Int64Range(0, 9).Draw(t, "value")
			state, _ := s.Edit(key(subject)).State.(*tally)
			state.values = append(state.values, value)
			now[subject] = append(append([]int64(nil), now[subject]...), value)
			out.Late = append(out.Late, fold.Late{Reason: subject})
		}
		if rapid.IntRange(0, 3).Draw(t, "undo part") == 0 {
			s.Undo(part, &out)
			restore(now, beforePart)
			require.Len(t, out.Late, late)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "undo event") == 0 {
		s.Undo(whole, &out)
		restore(now, before)
		require.Empty(t, out.Late)
	}
}

func restore(now, before map[string][]int64) {
	clear(now)
	maps.Copy(now, before)
}

func key(subject string) fold.Key {
	return fold.Key{Table: fold.Standing, Definition: "d", Subject: subject}
}

func valuesOf(row *fold.Row) []int64 {
	state, _ := row.State.(*tally)
	if len(state.values) == 0 {
		return nil
	}
	return state.values
}
