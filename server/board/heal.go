package board

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/store"
)

// errAgain says that a board was distrusted while it was being read.
var errAgain = errors.New("distrusted while it was rebuilt")

// Expect has a board built that was never seen here, so that it is there before the first batch.
func (k *Keeper) Expect(board string) {
	k.mu.Lock()
	_, seen := k.totals[board]
	k.mu.Unlock()
	if !seen {
		k.Distrust(board)
	}
}

// Distrust has a board rebuilt from standings, because the engine lost it or may miss a batch.
func (k *Keeper) Distrust(board string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lost := k.missing[board]
	if lost == nil {
		lost = &rebuild{}
		k.missing[board] = lost
	}
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

// current says ErrLost of a board that is known to lack a batch: an engine that refuses writes may go on answering reads.
func (k *Keeper) current(board string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if lost := k.missing[board]; lost != nil && lost.behind || k.starved() {
		return ErrLost
	}
	return nil
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
	for wait := minHealWait; ; wait = min(2*wait, maxHealWait) {
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
		k.Log.WarnContext(ctx, "board not rebuilt yet", "board", board, "error", err.Error())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// load replaces the board by the standings of one moment, then applies what was committed since.
func (k *Keeper) load(ctx context.Context, board string) error {
	err := k.loadOnce(ctx, board)
	for attempt := 1; errors.Is(err, ErrBehind) && attempt < maxLoadAttempts; attempt++ {
		err = k.loadOnce(ctx, board)
	}
	if errors.Is(err, ErrBehind) {
		// The owner of the partitions applies faster than standings are read here, so the board is there and newer than they are.
		_, _, err = k.Engine.Page(ctx, board, 0, 0)
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
		results, err := k.Engine.Apply(ctx, waiting)
		if err != nil {
			return fmt.Errorf("apply what waited: %w", err)
		}
		for _, result := range results {
			if result == Lost {
				return ErrLost
			}
		}
	}
}

func (k *Keeper) loadOnce(ctx context.Context, board string) error {
	// A batch is applied after it was committed, so what has come up to here is in the standings that are read now.
	k.mu.Lock()
	k.missing[board].reading, k.missing[board].again, k.missing[board].pending = true, false, nil
	k.mu.Unlock()
	return k.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		positions, err := k.Journal.Cursors(ctx, tx)
		if err != nil {
			return err
		}
		if err := k.Engine.Load(ctx, board, entries(contest.Standings(ctx, tx, board)), positions); err != nil {
			return fmt.Errorf("load board: %w", err)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, position := range positions {
			k.revisions[board] = max(k.revisions[board], position)
		}
		return nil
	})
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
