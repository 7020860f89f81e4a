package fold

import (
	"context"

	"github.com/laurelhq/laurel/server/store"
)

// Scratch is the state of one batch: rows of a cache, copied before they change. Throw it away and the cache is as it was; Adopt, once the
// batch is committed, and the cache has what the batch made. What was done since a Mark can be undone alone. It belongs to one goroutine.
type Scratch struct {
	tables  *Tables
	cache   *Cache
	entries map[Key]*entry
	// wanted are the entries that the cache did not have, loaded those of them that Load has found since.
	wanted  [tables][]*entry
	loaded  []*entry
	changed [tables][]*entry
	// log holds what entries were before they changed, since Begin; part numbers the stretches between marks.
	log  []change
	part int
	// damaged tells why a row that was asked for since Begin can't be read.
	damaged error
	// spare are rows that nobody uses any more, for the next copies.
	spare [tables][]*Row
	// blank are the states of rows that were never written; nobody changes them.
	blank [tables]State
}

// entry is a row that the batch touches.
type entry struct {
	partition int
	// base is the row as it was committed last and is never changed; work is the batch's own copy, nil while it equals base.
	base, work *Row
	// part is the stretch in which the log took the row last; listed tells that changed has the entry, whether it was undone or not.
	part   int
	listed bool
}

// change is what a row was; before is nil when the batch had not changed it.
type change struct {
	entry  *entry
	before *Row
}

// Mark is a moment of a scratch and its effects.
type Mark struct{ log, late, dead, emitted, unrated int }

// NewScratch returns a scratch above a cache; use it for one batch after another.
func NewScratch(t *Tables, cache *Cache) *Scratch {
	s := &Scratch{tables: t, cache: cache, entries: map[Key]*entry{}}
	for id, table := range t {
		if table != nil {
			s.blank[id] = table.New()
		}
	}
	return s
}

// Want names a row that an event of a partition touches, before Load.
func (s *Scratch) Want(k Key, partition int) {
	if s.entries[k] != nil {
		return
	}
	e := &entry{partition: partition, base: s.cache.get(k)}
	s.entries[k] = e
	if e.base == nil {
		e.base = &Row{Key: k, Partition: partition}
		s.wanted[k.Table] = append(s.wanted[k.Table], e)
	}
}

// Len is how many rows the batch touches.
func (s *Scratch) Len() int { return len(s.entries) }

// Load finds the rows that are wanted and not known, with one statement a table; a row that is not stored is new. A nil store holds
// nothing.
func (s *Scratch) Load(ctx context.Context, from *store.Store) error {
	for id, wanted := range s.wanted {
		if len(wanted) == 0 {
			continue
		}
		keys := make([]Key, len(wanted))
		for i, e := range wanted {
			keys[i] = e.base.Key
		}
		if from != nil {
			rows, err := s.tables[id].Load(ctx, from, keys)
			if err != nil {
				return err
			}
			for _, row := range rows {
				s.entries[row.Key].base = row
			}
		}
		for _, e := range wanted {
			if e.base.State == nil {
				e.base.State = s.blank[id]
			}
		}
		s.loaded = append(s.loaded, wanted...)
		s.wanted[id] = wanted[:0]
	}
	return nil
}

// Begin starts an event: what was done before can't be undone any more.
func (s *Scratch) Begin() {
	for _, c := range s.log {
		s.release(c.before)
	}
	s.log, s.damaged = s.log[:0], nil
	s.part++
}

// Damaged tells why a row that was asked for since Begin can't be read; what was done with it means nothing.
func (s *Scratch) Damaged() error { return s.damaged }

// Mark remembers this moment of the scratch and the effects.
func (s *Scratch) Mark(out *Effects) Mark {
	s.part++
	return Mark{log: len(s.log), late: len(out.Late), dead: len(out.Dead), emitted: len(out.Emitted), unrated: len(out.Unrated)}
}

// Undo puts rows and effects back to what they were at a mark of the same event.
func (s *Scratch) Undo(m Mark, out *Effects) {
	for len(s.log) > m.log {
		last := s.log[len(s.log)-1]
		s.log = s.log[:len(s.log)-1]
		s.release(last.entry.work)
		last.entry.work = last.before
	}
	s.part++
	out.Late, out.Dead, out.Emitted, out.Unrated = out.Late[:m.late], out.Dead[:m.dead], out.Emitted[:m.emitted], out.Unrated[:m.unrated]
}

// Get returns a wanted row for reading.
func (s *Scratch) Get(k Key) *Row {
	e := s.entries[k]
	if e.base.Damaged != nil {
		s.damaged = e.base.Damaged
	}
	if e.work != nil {
		return e.work
	}
	return e.base
}

// Edit returns a wanted row for an event of the scratch to change.
func (s *Scratch) Edit(k Key) *Row {
	e := s.entries[k]
	if e.base.Damaged != nil {
		s.damaged = e.base.Damaged
	}
	if e.part != s.part {
		e.part = s.part
		before := e.work
		if before != nil {
			before = s.copy(e.work)
		}
		s.log = append(s.log, change{e, before})
	}
	if e.work == nil {
		e.work = s.copy(e.base)
	}
	if !e.listed {
		e.listed = true
		s.changed[k.Table] = append(s.changed[k.Table], e)
	}
	return e.work
}

// Changes calls visit with each row of a table that the batch changed, as it was and as it is.
func (s *Scratch) Changes(id TableID, visit func(before, after *Row)) {
	for _, e := range s.changed[id] {
		if e.work != nil {
			visit(e.base, e.work)
		}
	}
}

// Store writes the changed rows of all tables in the transaction of the batch.
func (s *Scratch) Store(ctx context.Context, tx *store.Tx) error {
	for id, changed := range s.changed {
		rows := make([]*Row, 0, len(changed))
		for _, e := range changed {
			if e.work != nil {
				rows = append(rows, e.work)
			}
		}
		if len(rows) == 0 {
			continue
		}
		if err := s.tables[id].Store(ctx, tx, rows); err != nil {
			return err
		}
	}
	return nil
}

// Adopt makes the batch's rows those of the cache, after its transaction has committed, and gets ready for the next batch.
func (s *Scratch) Adopt() {
	for _, e := range s.loaded {
		if e.work == nil && e.base.Damaged == nil {
			s.cache.put(e.base)
		}
	}
	for id := range s.changed {
		for _, e := range s.changed[id] {
			if e.work == nil {
				continue
			}
			if !s.cache.put(e.work) {
				s.release(e.work)
			}
			if e.base.State != s.blank[id] {
				s.release(e.base)
			}
			e.work = nil
		}
	}
	s.reset()
}

// Discard throws the batch's rows away and gets ready for the next batch; the cache is as it was.
func (s *Scratch) Discard() {
	for id := range s.changed {
		for _, e := range s.changed[id] {
			s.release(e.work)
		}
	}
	s.reset()
}

func (s *Scratch) reset() {
	s.Begin()
	clear(s.entries)
	clear(s.loaded)
	s.loaded = s.loaded[:0]
	for id := range s.changed {
		clear(s.changed[id])
		clear(s.wanted[id])
		s.changed[id], s.wanted[id] = s.changed[id][:0], s.wanted[id][:0]
	}
}

// maxSpare bounds the rows of a table that wait to be used again.
const maxSpare = 8192

func (s *Scratch) release(row *Row) {
	if row != nil && len(s.spare[row.Table]) < maxSpare {
		s.spare[row.Table] = append(s.spare[row.Table], row)
	}
}

func (s *Scratch) copy(row *Row) *Row {
	spare := s.spare[row.Table]
	if len(spare) == 0 {
		into := &Row{State: s.tables[row.Table].New()}
		row.copyTo(into)
		return into
	}
	into := spare[len(spare)-1]
	s.spare[row.Table] = spare[:len(spare)-1]
	row.copyTo(into)
	return into
}
