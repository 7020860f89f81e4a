package boardtest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// Naive is a board engine written to be obviously right. It is the judge of the others and has no use beside.
type Naive struct {
	mu     sync.Mutex
	boards map[string]*naiveBoard
}

type naiveBoard struct {
	entries   map[string]board.Entry
	positions map[int]int64
}

var _ board.Engine = (*Naive)(nil)

// NewNaive returns a naive engine in which every board is lost.
func NewNaive() *Naive {
	return &Naive{boards: make(map[string]*naiveBoard)}
}

// Apply writes the batches one after another.
func (n *Naive) Apply(_ context.Context, batches []board.Batch) ([]board.Result, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	results := make([]board.Result, len(batches))
	for i, batch := range batches {
		b, ok := n.boards[batch.Board]
		switch {
		case !ok:
			results[i] = board.Lost
		case batch.Seq <= b.positions[batch.Partition]:
			results[i] = board.Skipped
		default:
			for _, e := range batch.Entries {
				b.entries[e.UserID] = e
			}
			b.positions[batch.Partition] = batch.Seq
			results[i] = board.Applied
		}
	}
	return results, nil
}

// rows are all rows of a board in order.
func (b *naiveBoard) rows() []board.Row {
	rows := make([]board.Row, 0, len(b.entries))
	for _, e := range slices.SortedFunc(maps.Values(b.entries), board.Compare) {
		rows = append(rows, board.Row{Entry: e, Place: int64(len(rows)) + 1})
	}
	return rows
}

// Page cuts a run out of the sorted board.
func (n *Naive) Page(_ context.Context, id string, from, count int64) (board.Page, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.boards[id]
	if !ok {
		return board.Page{}, board.ErrLost
	}
	rows := b.rows()
	total := int64(len(rows))
	page := board.Page{Rows: rows[min(from, total):min(from+count, total)], Total: total}
	for partition, seq := range b.positions {
		page.Positions = append(page.Positions, make(journal.Positions, max(0, partition+1-len(page.Positions)))...)
		page.Positions[partition] = seq
	}
	return page, nil
}

// Rank looks the players up in the sorted board.
func (n *Naive) Rank(_ context.Context, id string, users []string) ([]board.Row, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.boards[id]
	if !ok {
		return nil, board.ErrLost
	}
	byUser := make(map[string]board.Row)
	for _, row := range b.rows() {
		byUser[row.UserID] = row
	}
	rows := make([]board.Row, len(users))
	for i, user := range users {
		rows[i] = byUser[user]
		rows[i].UserID = user
	}
	return rows, nil
}

// Load replaces a board.
func (n *Naive) Load(_ context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	fresh := &naiveBoard{entries: make(map[string]board.Entry), positions: make(map[int]int64)}
	for e, err := range entries {
		if err != nil {
			return err
		}
		fresh.entries[e.UserID] = e
	}
	for partition, seq := range positions {
		fresh.positions[partition] = seq
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if old, ok := n.boards[id]; ok {
		for partition, seq := range old.positions {
			if fresh.positions[partition] < seq {
				return board.ErrBehind
			}
		}
	}
	n.boards[id] = fresh
	return nil
}

// Drop forgets a board.
func (n *Naive) Drop(_ context.Context, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.boards, id)
	return nil
}
