package board

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/laurelhq/laurel/server/contest"
)

const (
	// lookTime bounds one read of the engine: one that hangs is treated as away.
	lookTime = time.Second
	// sortedTTL is how long a page that the database sorted is shared while its board is rebuilt.
	sortedTTL = 2 * time.Second
	// maxSorted bounds the shared pages of one board that the database sorted.
	maxSorted = 100
	// maxRanksFromStandings bounds the players whose place is counted in the database while a board is rebuilt: each reads the whole contest.
	maxRanksFromStandings = 4
)

// pageKey names a part of a board.
type pageKey struct {
	board       string
	from, count int64
}

// sortedPage is a page that the database sorted, and until when it is shared.
type sortedPage struct {
	Page
	until time.Time
}

// Page returns up to count rows from place from+1 on. A finished contest is read from its frozen places, which are never stale; any other
// from the engine, or from its standings when the board is away.
func (k *Keeper) Page(ctx context.Context, board string, from, count int64) (Page, error) {
	if k.final(board) {
		return k.finalPage(ctx, board, from, count)
	}
	doubtful, err := k.current(board)
	if err == nil {
		var page Page
		look, cancel := context.WithTimeout(ctx, lookTime)
		page, err = k.Engine.Page(look, board, from, count)
		cancel()
		if err == nil {
			k.measured(board, page.Total)
			page.Stale = doubtful || k.behind()
			return page, nil
		}
	}
	if ctx.Err() != nil {
		return Page{}, ctx.Err()
	}
	return k.sorted(ctx, pageKey{board, from, count})
}

// behind reports whether events that were accepted seconds ago are known not to be on boards yet.
func (k *Keeper) behind() bool { return k.Behind != nil && k.Behind() }

// final reports whether a contest is over and its places are frozen.
func (k *Keeper) final(board string) bool { return k.Final != nil && k.Final(board) }

// finalPage reads frozen places. Their positions are at least those of every event that counted, so the revision doesn't go back when a
// contest becomes final.
func (k *Keeper) finalPage(ctx context.Context, board string, from, count int64) (Page, error) {
	if err := CheckPage(from, count); err != nil {
		return Page{}, fmt.Errorf("page of board %q: %w", board, err)
	}
	placed, total, positions, err := contest.FinalPage(ctx, k.Store, board, from, count, k.Journal.Partitions())
	if err != nil {
		return Page{}, fmt.Errorf("read final board: %w", err)
	}
	page := Page{Rows: make([]Row, len(placed)), Total: total, Positions: positions}
	for i, row := range placed {
		page.Rows[i] = Row{Entry: Entry(row.Ranked), Place: row.Place}
	}
	return page, nil
}

// sorted reads the database at most once in sortedTTL for the same page: sorting a large contest is dear.
func (k *Keeper) sorted(ctx context.Context, key pageKey) (Page, error) {
	if page, ok := k.sharedPage(key); ok {
		return page, nil
	}
	read, err, _ := k.reads.Do(fmt.Sprintf("%s/%d/%d", key.board, key.from, key.count), func() (any, error) {
		ranked, total, folded, err := contest.SortedPage(context.WithoutCancel(ctx), k.Store, key.board, key.from, key.count,
			k.Journal.Partitions())
		if err != nil {
			return nil, fmt.Errorf("read board from standings: %w", err)
		}
		page := Page{Rows: make([]Row, len(ranked)), Total: total, Positions: folded, Stale: true, Sorted: true}
		for i, r := range ranked {
			page.Rows[i] = Row{Entry: Entry(r), Place: key.from + int64(i) + 1}
		}
		k.sharePage(key, page)
		return page, nil
	})
	if err != nil {
		return Page{}, err
	}
	page, _ := read.(Page)
	return page, nil
}

func (k *Keeper) sharedPage(key pageKey) (Page, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	page, ok := k.shared[key.board][key]
	return page.Page, ok && k.Now().Before(page.until)
}

func (k *Keeper) sharePage(key pageKey, page Page) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Now()
	pages := k.shared[key.board]
	if pages == nil {
		pages = map[pageKey]sortedPage{}
		k.shared[key.board] = pages
	}
	maps.DeleteFunc(pages, func(_ pageKey, old sortedPage) bool { return now.After(old.until) })
	if len(pages) < maxSorted {
		pages[key] = sortedPage{page, now.Add(sortedTTL)}
	}
}

// Rank returns the rows of players, Place 0 for one who is not on the board.
func (k *Keeper) Rank(ctx context.Context, board string, users []string) ([]Row, error) {
	if k.final(board) {
		return k.finalRanks(ctx, board, users)
	}
	_, err := k.current(board)
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

// finalRanks reads frozen places of players.
func (k *Keeper) finalRanks(ctx context.Context, board string, users []string) ([]Row, error) {
	placed, err := contest.FinalRanks(ctx, k.Store, board, users)
	if err != nil {
		return nil, fmt.Errorf("read final ranks: %w", err)
	}
	byUser := make(map[string]contest.Placed, len(placed))
	for _, row := range placed {
		byUser[row.UserID] = row
	}
	rows := make([]Row, len(users))
	for i, user := range users {
		row := byUser[user]
		row.UserID = user
		rows[i] = Row{Entry: Entry(row.Ranked), Place: row.Place}
	}
	return rows, nil
}

// measured keeps the size of a board that the engine was asked for. What the database sorted before that is of the past.
func (k *Keeper) measured(board string, total int64) {
	k.Sizes.set(board, total)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.shared, board)
}
