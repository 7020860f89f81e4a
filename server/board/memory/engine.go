package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// loadCheckEvery is the number of entries Load reads between looks at its context.
const loadCheckEvery = 1024

// Engine keeps boards in this process's memory. It is safe for concurrent use: each board has one writer at a time and any number of
// readers.
type Engine struct {
	mu     sync.RWMutex
	boards map[string]*ranking
}

var _ board.Engine = (*Engine)(nil)

// New returns an engine in which every board is lost.
func New() *Engine {
	return &Engine{boards: make(map[string]*ranking)}
}

func (e *Engine) find(id string) (*ranking, bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	r, ok := e.boards[id]
	return r, ok
}

// Apply writes the batches one after another, each under its board's lock. An entry outside the bounds of board.Entry is an error, and
// leaves the batches before its own applied.
func (e *Engine) Apply(ctx context.Context, batches []board.Batch) ([]board.Result, error) {
	results := make([]board.Result, len(batches))
	// A board that is loaded between two of its batches, the first of which found it lost, must not take the second without the first.
	var lost map[string]bool
	for i, b := range batches {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("apply to board %q: %w", b.Board, err)
		}
		if err := b.Check(); err != nil {
			return nil, err
		}
		if lost[b.Board] {
			results[i] = board.Lost
			continue
		}
		result, err := e.apply(b)
		if err != nil {
			return nil, fmt.Errorf("apply to board %q: %w", b.Board, err)
		}
		if result == board.Lost {
			if lost == nil {
				lost = make(map[string]bool)
			}
			lost[b.Board] = true
		}
		results[i] = result
	}
	return results, nil
}

func (e *Engine) apply(b board.Batch) (board.Result, error) {
	for {
		r, ok := e.find(b.Board)
		if !ok {
			return board.Lost, nil
		}
		if result, done, err := r.tryApply(b); done {
			return result, err
		}
	}
}

// Page reads places from+1 to from+count; count is at most board.MaxPage.
func (e *Engine) Page(ctx context.Context, id string, from, count int64) (board.Page, error) {
	if err := board.CheckPage(from, count); err != nil {
		return board.Page{}, fmt.Errorf("page of board %q: %w", id, err)
	}
	r, err := e.read(ctx, id)
	if err != nil {
		return board.Page{}, fmt.Errorf("page of board %q: %w", id, err)
	}
	defer r.mu.RUnlock()
	return board.Page{Rows: r.page(from, count), Total: r.order.sizes.total, Positions: slices.Clone(r.positions)}, nil
}

// Rank reads the players' rows at one moment, in the order of users.
func (e *Engine) Rank(ctx context.Context, id string, users []string) ([]board.Row, error) {
	r, err := e.read(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("rank on board %q: %w", id, err)
	}
	defer r.mu.RUnlock()
	return r.rank(users), nil
}

// read finds a board and takes its read lock, which the caller releases.
func (e *Engine) read(ctx context.Context, id string) (*ranking, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, ok := e.find(id)
	if !ok {
		return nil, board.ErrLost
	}
	r.mu.RLock()
	return r, nil
}

// Load builds a board aside, while the old one is read and written, and puts it in its place. It holds one record and one
// sort key for each player beyond what the boards hold.
func (e *Engine) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	fresh := newRanking()
	var keys []key
	for entry, err := range entries {
		if err == nil && len(keys)%loadCheckEvery == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("load board %q: %w", id, err)
		}
		k, err := fresh.stage(entry)
		if err != nil {
			return fmt.Errorf("load board %q: %w", id, err)
		}
		keys = append(keys, k)
	}
	if err := board.CheckLoad(id, positions); err != nil {
		return fmt.Errorf("load board %q: %w", id, err)
	}
	fresh.positions = slices.Clone(positions)
	fresh.order.fill(keys)
	if err := e.replace(id, fresh); err != nil {
		return fmt.Errorf("load board %q: %w", id, err)
	}
	return nil
}

// replace puts a loaded board in the place of the old one, unless that has gone on in the meantime. The old board's lock is taken
// before the engine's, so that a long batch on one board never holds up the others.
func (e *Engine) replace(id string, fresh *ranking) error {
	for {
		old, ok := e.find(id)
		if !ok {
			if e.swap(id, nil, fresh) {
				return nil
			}
			continue
		}
		if done, err := e.supersede(id, old, fresh); done {
			return err
		}
	}
}

// supersede replaces a board that is there; done is false when someone else was faster.
func (e *Engine) supersede(id string, old, fresh *ranking) (done bool, err error) {
	old.mu.Lock()
	defer old.mu.Unlock()
	if fresh != nil && old.behind(fresh.positions) {
		return true, board.ErrBehind
	}
	old.retired = true
	return e.swap(id, old, fresh), nil
}

// swap changes what the engine holds under an id from old to fresh, either of which may be nil for none.
func (e *Engine) swap(id string, old, fresh *ranking) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.boards[id] != old {
		return false
	}
	if fresh == nil {
		delete(e.boards, id)
	} else {
		e.boards[id] = fresh
	}
	return true
}

// Drop forgets a board.
func (e *Engine) Drop(_ context.Context, id string) error {
	return e.replace(id, nil)
}
