package board

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
	maxLoadAttempts = 5
	// watchInterval is how often boards are looked after: lost ones are rebuilt, sizes are read.
	watchInterval = time.Second
	// staleTTL is how long a page read from the database is shared while its board is rebuilt.
	staleTTL = 2 * time.Second
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
	Now     func() time.Time
	Log     *slog.Logger
}

// Keeper keeps the engine's boards equal to the standings: it applies committed batches, and rebuilds a board that the engine has lost.
// While it does, readers get rows from the database, marked stale.
type Keeper struct {
	KeeperConfig
	mu sync.Mutex
	// pending holds, for each board that is lost, the batches committed since its rebuild began to read standings.
	pending map[string][]Batch
	// healing are the lost boards whose rebuild is under way, and lost wakes Run when another one was found.
	healing   map[string]bool
	lost      chan struct{}
	revisions map[string]int64
	totals    map[string]int64
	stale     map[staleKey]stalePage
	reads     singleflight.Group
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
		KeeperConfig: config, pending: map[string][]Batch{}, healing: map[string]bool{}, lost: make(chan struct{}, 1), revisions: map[string]int64{}, totals: map[string]int64{}, stale: map[staleKey]stalePage{},
	}
}

// Apply writes the entries of committed batches. It is called by one goroutine, in order. A board that is lost is rebuilt in the
// background. An error means that the engine is away: its boards are rebuilt when it is back, since they miss the batches.
func (k *Keeper) Apply(ctx context.Context, batches []Batch) error {
	ready := make([]Batch, 0, len(batches))
	k.mu.Lock()
	for _, batch := range batches {
		k.revisions[batch.Board] = max(k.revisions[batch.Board], batch.Seq)
		if waiting, isLost := k.pending[batch.Board]; isLost {
			k.pending[batch.Board] = append(waiting, batch)
			continue
		}
		ready = append(ready, batch)
	}
	k.mu.Unlock()
	if len(ready) == 0 {
		return nil
	}
	results, err := k.Engine.Apply(ctx, ready)
	for i, batch := range ready {
		if err != nil || results[i] == Lost {
			k.lose(batch.Board)
		}
	}
	if err != nil {
		return fmt.Errorf("apply to boards: %w", err)
	}
	return nil
}

// lose marks a board as lost and has Run rebuild it.
func (k *Keeper) lose(board string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.pending[board]; !known {
		k.pending[board] = []Batch{}
	}
	select {
	case k.lost <- struct{}{}:
	default:
	}
}

// heal starts the rebuild of every lost board that is not being rebuilt yet.
func (k *Keeper) heal(ctx context.Context, running *sync.WaitGroup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for board := range k.pending {
		if k.healing[board] {
			continue
		}
		k.healing[board] = true
		running.Go(func() { k.rebuild(ctx, board) })
	}
}

// rebuild loads a board until it succeeds or ctx ends.
func (k *Keeper) rebuild(ctx context.Context, board string) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.healing, board)
	}()
	for wait := minHealWait; ; wait = min(2*wait, maxHealWait) {
		err := k.load(ctx, board)
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
	var err error
	for range maxLoadAttempts {
		if err = k.loadOnce(ctx, board); !errors.Is(err, ErrBehind) {
			break
		}
	}
	if err != nil {
		return err
	}
	for {
		k.mu.Lock()
		waiting := k.pending[board]
		if len(waiting) == 0 {
			delete(k.pending, board)
			k.mu.Unlock()
			return nil
		}
		k.pending[board] = []Batch{}
		k.mu.Unlock()
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
	k.pending[board] = []Batch{}
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
		case <-k.lost:
		case <-ticker.C:
			k.watch(ctx)
		}
	}
}

// watch reads the size of each board, and finds the ones that are lost.
func (k *Keeper) watch(ctx context.Context) {
	for _, board := range k.Boards() {
		_, total, err := k.Engine.Page(ctx, board, 0, 0)
		switch {
		case errors.Is(err, ErrLost):
			k.lose(board)
		case err == nil:
			k.mu.Lock()
			k.totals[board] = total
			k.mu.Unlock()
		}
	}
}

// Page returns up to count rows from place from+1 on and the number of players. stale tells that they come from the database because the board is away.
func (k *Keeper) Page(ctx context.Context, board string, from, count int64) (rows []Row, total int64, stale bool, err error) {
	rows, total, err = k.Engine.Page(ctx, board, from, count)
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
		ranked, total, err := contest.Page(ctx, k.Store, key.board, key.from, key.count)
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
	rows, err := k.Engine.Rank(ctx, board, users)
	if err == nil {
		return rows, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	rows = make([]Row, len(users))
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
