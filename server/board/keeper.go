package board

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// maxLoadAttempts bounds how often a board is read again from standings because another process was ahead.
	maxLoadAttempts = 3
	// maxLoads bounds the boards that are rebuilt at once, since each holds a read of the database for as long.
	maxLoads = 2
	// watchInterval is how often boards are looked after: lost ones are rebuilt, sizes are read.
	watchInterval = time.Second
	// applyTime and lookTime bound one call of the engine: one that hangs is treated as away.
	applyTime, lookTime = 5 * time.Second, time.Second
	// staleTTL is how long a page read from the database is shared while its board is rebuilt.
	staleTTL = 2 * time.Second
	// maxRanksFromStandings bounds the players whose place is counted in the database while a board is rebuilt: each reads the whole contest.
	maxRanksFromStandings = 4
	// minHealWait and maxHealWait bound the pause after a rebuild that failed.
	minHealWait, maxHealWait = 50 * time.Millisecond, time.Second
)

// KeeperConfig is what a Keeper needs.
type KeeperConfig struct {
	Engine  Engine
	Store   *store.Store
	Journal *journal.Journal
	// Boards lists the contests whose boards must be there.
	Boards func() []string
	// Rebuilt is told of each board that was loaded from standings.
	Rebuilt func(board string)
	// Fed tells whether committed batches reach the engine; nil means always. Boards that live in a process get only what that process folds.
	Fed func() bool
	Now func() time.Time
	Log *slog.Logger
}

// Keeper keeps the engine's boards equal to the standings: it applies committed batches, and rebuilds a board that the engine has lost.
// While it does, readers get rows from the database, marked stale.
type Keeper struct {
	KeeperConfig
	mu sync.Mutex
	// missing are the boards that are lost, and wake tells Run that another one was found.
	missing map[string]*rebuild
	wake    chan struct{}
	// loads has room for the rebuilds that may run at once.
	loads     chan struct{}
	revisions map[string]int64
	totals    map[string]int64
	stale     map[staleKey]stalePage
	reads     singleflight.Group
}

// rebuild is how far a lost board is.
type rebuild struct {
	// running tells that a goroutine has it, reading that standings are being read: only batches committed after that need to be kept;
	// again that the board was distrusted meanwhile, so that it must be read once more; behind that the engine lacks a committed batch,
	// so that what it answers, if it answers, is of the past.
	running, reading, again, behind bool
	pending                         []Batch
}

type staleKey struct {
	board       string
	from, count int64
}

type stalePage struct {
	rows  []Row
	total int64
	until time.Time
}

// NewKeeper returns a keeper of no boards yet.
func NewKeeper(config KeeperConfig) *Keeper {
	return &Keeper{
		KeeperConfig: config, missing: map[string]*rebuild{}, wake: make(chan struct{}, 1), loads: make(chan struct{}, maxLoads), revisions: map[string]int64{}, totals: map[string]int64{}, stale: map[staleKey]stalePage{},
	}
}

// Apply writes the entries of committed batches. It is called by one goroutine, in order. A board that is lost is rebuilt in the
// background. An error means that the engine is away: its boards are rebuilt when it is back, since they miss the batches.
func (k *Keeper) Apply(ctx context.Context, batches []Batch) error {
	ready := make([]Batch, 0, len(batches))
	k.mu.Lock()
	for _, batch := range batches {
		k.revisions[batch.Board] = max(k.revisions[batch.Board], batch.Seq)
		lost := k.missing[batch.Board]
		switch {
		case lost == nil:
			ready = append(ready, batch)
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
			k.Distrust(board) // the next batches need not wait for the engine to find that out again
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

// watch reads the size of each board, and finds the ones that are lost. It stops at the first sign that the engine is away.
func (k *Keeper) watch(ctx context.Context) {
	for _, board := range k.Boards() {
		look, cancel := context.WithTimeout(ctx, lookTime)
		_, total, err := k.Engine.Page(look, board, 0, 0)
		cancel()
		switch {
		case errors.Is(err, ErrLost):
			k.Distrust(board)
		case err != nil:
			return
		default:
			k.mu.Lock()
			k.totals[board] = total
			k.mu.Unlock()
		}
	}
}

// Page returns up to count rows from place from+1 on and the number of players. stale tells that they come from the database because the board is away.
func (k *Keeper) Page(ctx context.Context, board string, from, count int64) (rows []Row, total int64, stale bool, err error) {
	if err = k.current(board); err == nil {
		look, cancel := context.WithTimeout(ctx, lookTime)
		rows, total, err = k.Engine.Page(look, board, from, count)
		cancel()
	}
	if err == nil {
		k.mu.Lock()
		k.totals[board] = total
		k.mu.Unlock()
		return rows, total, false, nil
	}
	if ctx.Err() != nil {
		return nil, 0, false, ctx.Err()
	}
	rows, total, err = k.pageFromStandings(ctx, staleKey{board, from, count})
	return rows, total, true, err
}

// pageFromStandings reads the database at most once in staleTTL for the same page: sorting a large contest is dear.
func (k *Keeper) pageFromStandings(ctx context.Context, key staleKey) ([]Row, int64, error) {
	if page, ok := k.sharedPage(key); ok {
		return page.rows, page.total, nil
	}
	read, err, _ := k.reads.Do(fmt.Sprintf("%s/%d/%d", key.board, key.from, key.count), func() (any, error) {
		ranked, total, err := contest.Page(context.WithoutCancel(ctx), k.Store, key.board, key.from, key.count)
		if err != nil {
			return nil, fmt.Errorf("read board from standings: %w", err)
		}
		page := stalePage{rows: make([]Row, len(ranked)), total: total, until: k.Now().Add(staleTTL)}
		for i, r := range ranked {
			page.rows[i] = Row{Entry: Entry(r), Place: key.from + int64(i) + 1}
		}
		k.sharePage(key, page)
		return page, nil
	})
	if err != nil {
		return nil, 0, err
	}
	page, _ := read.(stalePage)
	return page.rows, page.total, nil
}

func (k *Keeper) sharedPage(key staleKey) (stalePage, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	page, ok := k.stale[key]
	return page, ok && k.Now().Before(page.until)
}

func (k *Keeper) sharePage(key staleKey, page stalePage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Now()
	for old, kept := range k.stale {
		if now.After(kept.until) {
			delete(k.stale, old)
		}
	}
	k.stale[key] = page
}

// Rank returns the rows of players, Place 0 for one who is not on the board.
func (k *Keeper) Rank(ctx context.Context, board string, users []string) ([]Row, error) {
	err := k.current(board)
	if err == nil {
		look, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		var rows []Row
		if rows, err = k.Engine.Rank(look, board, users); err == nil {
			return rows, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(users) > maxRanksFromStandings {
		return nil, fmt.Errorf("ranks of %d players: %w", len(users), err)
	}
	rows := make([]Row, len(users))
	for i, user := range users {
		place, ranked, err := contest.PlaceOf(ctx, k.Store, board, user)
		if err != nil {
			return nil, fmt.Errorf("read rank from standings: %w", err)
		}
		rows[i] = Row{Entry: Entry(ranked), Place: place}
	}
	return rows, nil
}

// Revision grows with every change of a board; it is the journal position the board was last changed at.
func (k *Keeper) Revision(board string) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.revisions[board]
}

// Total is the number of players on a board as last read.
func (k *Keeper) Total(board string) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.totals[board]
}
