package board

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// maxLoadAttempts bounds how often a board is read again from standings at once, because another process loaded or dropped it meanwhile.
	maxLoadAttempts = 3
	// caughtUpAtOnce bounds the entries that are written at once to a board that misses some.
	caughtUpAtOnce = 2000
	// maxPending bounds the batches that wait for one board to be read; beyond that it is read once more.
	maxPending = 1000
	// maxLoads bounds the boards that are rebuilt at once, since each holds a read of the database for as long.
	maxLoads = 2
	// watchInterval is how often boards are looked after: lost ones are rebuilt, sizes are read.
	watchInterval = time.Second
	// applyTime bounds one write to the engine: one that hangs is treated as away. The fold waits for it with a few batches at most, once,
	// since nothing is written to boards that are known to be away.
	applyTime = 2 * time.Second
	// minHealWait and maxHealWait bound the pause after a rebuild that failed.
	minHealWait, maxHealWait = 50 * time.Millisecond, time.Second
)

// KeeperConfig is what a Keeper needs.
type KeeperConfig struct {
	Engine  Engine
	Store   *store.Store
	Journal *journal.Journal
	// Sizes is where the keeper says how many players are on each board; nil means that nobody asks.
	Sizes *Sizes
	// Boards lists the contests whose boards must be there: those that are not final.
	Boards func() []string
	// Final tells that a contest is over and its places are frozen: it is read from those and has no board. It must be quick; nil means that
	// none is.
	Final func(board string) bool
	// Rebuilt is told of each board that was loaded from standings.
	Rebuilt func(board string)
	// Fed tells whether committed batches reach the engine; nil means always. Boards that live in a process get only what that process folds.
	Fed func() bool
	// Behind tells that events which were accepted seconds ago are known not to be on boards yet, in any process: pages then say that they are
	// stale. It must be quick; nil means never.
	Behind func() bool
	Now    func() time.Time
	Log    *slog.Logger
}

// Keeper keeps the engine's boards equal to the standings: it applies committed batches, rebuilds a board that the engine has lost, and
// writes what a board misses. While a board is away, readers get rows from the database, marked stale. It drops the boards of finished
// contests, once.
type Keeper struct {
	KeeperConfig
	mu sync.Mutex
	// missing are the boards that are lost, and wake tells Run that another one was found.
	missing map[string]*rebuild
	wake    chan struct{}
	// loads has room for the rebuilds that may run at once.
	loads chan struct{}
	// shared are pages that the database sorted, by board.
	shared map[string]map[pageKey]sortedPage
	reads  singleflight.Group
}

// rebuild is how far a lost board is.
type rebuild struct {
	// running tells that a goroutine has it, reading that standings are being read: only batches committed after that need to be kept;
	// again that the board was distrusted meanwhile, so that it must be read once more; behind that the engine lacks a committed batch,
	// so that what it answers, if it answers, is of the past.
	running, reading, again, behind bool
	pending                         []Batch
}

// NewKeeper returns a keeper of no boards yet.
func NewKeeper(config KeeperConfig) *Keeper {
	if config.Sizes == nil {
		config.Sizes = NewSizes()
	}
	return &Keeper{
		KeeperConfig: config, missing: map[string]*rebuild{}, wake: make(chan struct{}, 1), loads: make(chan struct{}, maxLoads),
		shared: map[string]map[pageKey]sortedPage{},
	}
}

// Apply writes the entries of committed batches. It is called by one goroutine, in order. A board that is lost is rebuilt in the
// background. An error means that the engine is away: its boards are brought up to date when it is back, since they miss the batches.
func (k *Keeper) Apply(ctx context.Context, batches []Batch) error {
	batches = slices.DeleteFunc(slices.Clone(batches), func(batch Batch) bool { return k.final(batch.Board) }) // frozen with the batch in it
	ready := make([]Batch, 0, len(batches))
	k.mu.Lock()
	for _, batch := range batches {
		lost := k.missing[batch.Board]
		switch {
		case lost == nil:
			ready = append(ready, batch)
		case lost.reading && len(lost.pending) == maxPending:
			lost.behind, lost.again, lost.pending = true, true, nil
		case lost.reading:
			lost.behind, lost.pending = true, append(lost.pending, batch)
		default:
			lost.behind = true
		}
	}
	k.mu.Unlock()
	if len(ready) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, applyTime)
	defer cancel()
	results, err := k.Engine.Apply(ctx, ready)
	for i, batch := range ready {
		if err != nil || results[i] == Lost {
			k.Distrust(batch.Board)
			k.outdate(batch.Board)
		}
	}
	if err == nil {
		return nil
	}
	if store.IsUnavailable(err) {
		for _, board := range k.Boards() {
			k.Distrust(board) // the next batches need not wait to find out again that the engine is away
		}
	}
	return fmt.Errorf("apply to boards: %w", err)
}

// Run loads the boards that are missing and looks after them until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	k.watch(ctx)
	for {
		k.heal(ctx, &running)
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-ticker.C:
			k.watch(ctx)
		}
	}
}

// watch drops the boards of finished contests, reads the size of each other, and finds the ones that are lost. It stops at the first sign
// that the engine is away.
func (k *Keeper) watch(ctx context.Context) {
	if !k.retire(ctx) {
		return
	}
	for _, board := range k.Boards() {
		if k.final(board) {
			continue
		}
		look, cancel := context.WithTimeout(ctx, lookTime)
		page, err := k.Engine.Page(look, board, 0, 0)
		cancel()
		switch {
		case errors.Is(err, ErrLost):
			k.Distrust(board)
		case err != nil:
			return
		default:
			k.measured(board, page.Total)
		}
	}
}

// retire drops the boards of finished contests and forgets them. A board that is still being rebuilt has its turn when that has ended.
func (k *Keeper) retire(ctx context.Context) (done bool) {
	for _, board := range k.finished() {
		look, cancel := context.WithTimeout(ctx, lookTime)
		err := k.Engine.Drop(look, board)
		cancel()
		if err != nil {
			return false
		}
		k.mu.Lock()
		delete(k.shared, board)
		k.mu.Unlock()
		k.Sizes.forget(board)
	}
	return true
}

// finished lists the boards that may be on the engine although their contests are final.
func (k *Keeper) finished() []string {
	boards := k.Sizes.boards()
	k.mu.Lock()
	boards = slices.DeleteFunc(boards, func(board string) bool { return k.missing[board] != nil })
	k.mu.Unlock()
	return slices.DeleteFunc(boards, func(board string) bool { return !k.final(board) })
}

// Settled reports whether every batch that was handed to Apply so far is on the engine's boards: none is lost, being rebuilt, or lacks a
// batch that could not be applied. Only then may it be stored that boards have what was folded.
func (k *Keeper) Settled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.missing) == 0 && !k.starved()
}
