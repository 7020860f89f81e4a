package contest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// maxFinished bounds the final contests that are kept compiled, since somebody looks at them.
const maxFinished = 64

// finished keeps the final contests that were asked for last.
type finished struct {
	mu sync.Mutex
	// kept is in the order of use, the last one first.
	kept []kept
}

// kept is a final contest and what it was loaded for: a contest that has another title by now is loaded again.
type kept struct {
	past *Past
	full *Live
}

func (f *finished) get(past *Past) *Live {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.kept, func(k kept) bool { return k.past == past })
	if at < 0 {
		return nil
	}
	found := f.kept[at]
	f.kept = slices.Insert(slices.Delete(f.kept, at, at+1), 0, found)
	return found.full
}

func (f *finished) put(past *Past, full *Live) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = slices.DeleteFunc(f.kept, func(k kept) bool { return k.past.ID == past.ID })
	f.kept = slices.Insert(f.kept[:min(len(f.kept), maxFinished-1)], 0, kept{past, full})
}

// Get returns a contest with its definition, also a final one, which is read from the database unless it was asked for lately. ErrNotFound
// when there is none.
func (s *Service) Get(ctx context.Context, id string) (*Live, error) {
	set := s.Set()
	if c := set.Get(id); c != nil {
		return c, nil
	}
	past := set.past.byID[id]
	if past == nil {
		return nil, fmt.Errorf("contest %q: %w", id, ErrNotFound)
	}
	if c := s.finished.get(past); c != nil {
		return c, nil
	}
	c, err := s.loadFinished(ctx, past)
	if err != nil {
		return nil, fmt.Errorf("read contest %s: %w", id, err)
	}
	s.finished.put(past, c)
	return c, nil
}

func (s *Service) loadFinished(ctx context.Context, past *Past) (c *Live, err error) {
	err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Ent().Contest.Get(ctx, past.ID)
		if err != nil {
			return err
		}
		published, err := catalog.Versions(ctx, tx, catalog.KindContest, map[string]int{row.ID: row.Version})
		if err != nil {
			return err
		}
		definition := read(published[0], row)
		if definition.Unread != nil {
			definition = pastDefinition(past.Summary, definition.Unread)
		}
		definition.Title = past.Summary.GetTitle()
		c, err = newLive(definition, row, s.Journal.Partitions())
		return err
	})
	return c, err
}
