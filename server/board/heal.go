package board

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// errAgain says that a board was distrusted while it was being read.
var errAgain = errors.New("distrusted while it was rebuilt")

// Expect has a board built that was never seen here, so that it is there before the first batch. A board of a finished contest is dropped
// instead.
func (k *Keeper) Expect(board string) {
	if !k.Sizes.meet(board) {
		k.Distrust(board)
	}
}

// Distrust has a board brought up to its standings, because the engine lost it or may miss a batch.
func (k *Keeper) Distrust(board string) {
	if k.final(board) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	lost := k.missing[board]
	if lost == nil {
		lost = &rebuild{}
		k.missing[board] = lost
	}
	k.Sizes.meet(board)
	lost.again = lost.reading // what is being read may have been read too early
	lost.behind = lost.behind || k.starved()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// outdate notes that the engine lacks a batch of a board.
func (k *Keeper) outdate(board string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if lost := k.missing[board]; lost != nil {
		lost.behind = true
	}
}

// starved reports whether batches are committed that this engine never gets.
func (k *Keeper) starved() bool { return k.Fed != nil && !k.Fed() }

// current says whether a board may lack a batch, and ErrLost when it is known to: an engine that refuses writes may go on answering reads.
func (k *Keeper) current(board string) (doubtful bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lost := k.missing[board]
	if lost != nil && lost.behind || k.starved() {
		return true, ErrLost
	}
	return lost != nil, nil
}

// heal starts the rebuild of every lost board that is not being rebuilt yet.
func (k *Keeper) heal(ctx context.Context, running *sync.WaitGroup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for board, lost := range k.missing {
		if !lost.running {
			lost.running = true
			running.Go(func() { k.rebuild(ctx, board) })
		}
	}
}

// rebuild loads a board until it succeeds or ctx ends.
func (k *Keeper) rebuild(ctx context.Context, board string) {
	for wait := minHealWait; !k.abandoned(board); wait = min(2*wait, maxHealWait) {
		select {
		case <-ctx.Done():
			return
		case k.loads <- struct{}{}:
		}
		err := k.load(ctx, board)
		<-k.loads
		if err == nil {
			k.Rebuilt(board)
			return
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errAgain) {
			k.Log.WarnContext(ctx, "board not rebuilt yet", "board", board, "error", err.Error())
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// abandoned gives up a board whose contest became final meanwhile.
func (k *Keeper) abandoned(board string) bool {
	if !k.final(board) {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.missing, board)
	return true
}

// load brings the board up to its standings of one moment, then applies what was committed since.
func (k *Keeper) load(ctx context.Context, board string) error {
	err := k.loadOnce(ctx, board)
	for attempt := 1; (errors.Is(err, ErrBehind) || errors.Is(err, ErrLost)) && attempt < maxLoadAttempts; attempt++ {
		err = k.loadOnce(ctx, board)
	}
	if err != nil {
		return err
	}
	for {
		k.mu.Lock()
		waiting, again := k.missing[board].pending, k.missing[board].again
		k.missing[board].pending = nil
		if len(waiting) == 0 && !again {
			delete(k.missing, board)
		}
		k.mu.Unlock()
		if again {
			return errAgain
		}
		if len(waiting) == 0 {
			return nil
		}
		if err := k.write(ctx, waiting); err != nil {
			return fmt.Errorf("apply what waited: %w", err)
		}
	}
}

// loadOnce writes to a board that is there what it misses, and loads one that is lost. A board that another process loaded or dropped
// meanwhile is ErrBehind or ErrLost; the next attempt takes the other way.
func (k *Keeper) loadOnce(ctx context.Context, board string) error {
	// A batch is applied after it was committed, so what has come up to here is in the standings that are read now.
	k.mu.Lock()
	k.missing[board].reading, k.missing[board].again, k.missing[board].pending = true, false, nil
	k.mu.Unlock()
	look, cancel := context.WithTimeout(ctx, lookTime)
	page, err := k.Engine.Page(look, board, 0, 0)
	cancel()
	switch {
	case errors.Is(err, ErrLost):
		return k.loadAll(ctx, board)
	case err != nil:
		return err
	}
	return k.catchUp(ctx, board, page.Positions)
}

// loadAll replaces a board by its standings.
func (k *Keeper) loadAll(ctx context.Context, board string) error {
	return k.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		positions := make(journal.Positions, k.Journal.Partitions())
		if err := k.Engine.Load(ctx, board, entries(contest.Folded(ctx, tx, board, positions)), positions); err != nil {
			return fmt.Errorf("load board: %w", err)
		}
		return nil
	})
}

// catchUp writes the standings that were changed beyond the board's positions. Unlike a load it never holds back what other processes apply
// meanwhile, nor is it held back by that: of two batches of a partition the engine skips the one that is behind, whose entries the other
// covers.
func (k *Keeper) catchUp(ctx context.Context, board string, has journal.Positions) error {
	after := make(journal.Positions, max(k.Journal.Partitions(), len(has)))
	copy(after, has)
	return k.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		batch := Batch{Board: board}
		for row, err := range contest.FoldedSince(ctx, tx, board, after) {
			if err != nil {
				return err
			}
			// A batch ends between two positions, so that the board holds everything up to the one that it notes.
			if row.Partition != batch.Partition || (len(batch.Entries) >= caughtUpAtOnce && row.Seq > batch.Seq) {
				if err := k.write(ctx, []Batch{batch}); err != nil {
					return err
				}
				batch.Entries = nil
			}
			batch.Partition, batch.Seq, batch.Entries = row.Partition, row.Seq, append(batch.Entries, Entry(row.Ranked))
		}
		return k.write(ctx, []Batch{batch})
	})
}

// write applies batches to boards that must be there. A batch of nothing is left out.
func (k *Keeper) write(ctx context.Context, batches []Batch) error {
	batches = slices.DeleteFunc(batches, func(batch Batch) bool { return len(batch.Entries) == 0 })
	if len(batches) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, applyTime)
	defer cancel()
	results, err := k.Engine.Apply(ctx, batches)
	if err != nil {
		return err
	}
	if slices.Contains(results, Lost) {
		return ErrLost
	}
	return nil
}

func entries(rows iter.Seq2[contest.Ranked, error]) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for row, err := range rows {
			if !yield(Entry(row), err) {
				return
			}
		}
	}
}
