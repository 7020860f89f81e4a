package api

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/identity"
)

const (
	// windowFresh is how long a window of a board is shared between readers.
	windowFresh = time.Second
	// maxWindowRows bounds the rows of all shared windows together: some 20 MB.
	maxWindowRows = 100_000
	// windowTime bounds one reading; it goes on when the reader who started it goes away, since others may wait for it.
	windowTime = 10 * time.Second
)

// windowKey names a part of a board: count places from from+1 on.
type windowKey struct {
	contest     string
	from, count int64
}

// placed is a row with what strangers see of its player.
type placed struct {
	board.Row
	identity.PublicName
}

// window is a part of a board as it was read. It is shared and never changed.
type window struct {
	rows []placed
	page board.Page
	at   time.Time
	// public is the REST answer for anonymous readers, made by the first of them.
	public atomic.Pointer[renderedBoard]
}

// windows shares readings of boards between concurrent and close readers, so that a crowd costs as much as one.
type windows struct {
	cache   *otter.Cache[windowKey, *window]
	flights singleflight.Group
}

func newWindows() (*windows, error) {
	cache, err := otter.New(&otter.Options[windowKey, *window]{
		MaximumWeight: maxWindowRows,
		Weigher:       func(_ windowKey, w *window) uint32 { return uint32(len(w.rows)) + 1 },
	})
	return &windows{cache: cache}, err
}

// window returns a part of a board: at most windowFresh old for strangers, and for everyone else only while the board has not changed.
// Whether it has is asked of the board itself, since any process may have changed it; that reads no row.
func (a *API) window(ctx context.Context, caller identity.Caller, key windowKey) (*window, error) {
	exact, revision := caller.Kind != identity.Anonymous, int64(0)
	if exact {
		now, err := a.Board.Page(ctx, key.contest, 0, 0)
		if err != nil {
			return nil, fmt.Errorf("read board: %w", err)
		}
		revision = now.Revision()
	}
	usable := func(w *window) bool {
		return a.Now().Sub(w.at) < windowFresh && w.page.Revision() >= revision
	}
	if shared, ok := a.windows.cache.GetIfPresent(key); ok && usable(shared) {
		return shared, nil
	}
	flight := fmt.Sprintf("%s\x00%d\x00%d", key.contest, key.from, key.count)
	if exact {
		flight += fmt.Sprintf("\x00%d", revision)
	}
	result := a.windows.flights.DoChan(flight, func() (any, error) {
		if shared, ok := a.windows.cache.GetIfPresent(key); ok && usable(shared) {
			return shared, nil
		}
		reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), windowTime)
		defer cancel()
		fresh, err := a.readWindow(reading, key)
		if err != nil {
			return nil, err
		}
		a.windows.cache.Set(key, fresh)
		return fresh, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-result:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.(*window), nil
	}
}

// readWindow asks the board.
func (a *API) readWindow(ctx context.Context, key windowKey) (*window, error) {
	at := a.Now()
	page, err := a.Board.Page(ctx, key.contest, key.from, key.count)
	if err != nil {
		return nil, fmt.Errorf("read board: %w", err)
	}
	named, err := a.named(ctx, page.Rows)
	if err != nil {
		return nil, err
	}
	return &window{rows: named, page: page, at: at}, nil
}

// named adds what strangers see of each player.
func (a *API) named(ctx context.Context, rows []board.Row) ([]placed, error) {
	users := make([]string, len(rows))
	for i, row := range rows {
		users[i] = row.UserID
	}
	names, err := a.Identity.Names(ctx, users)
	if err != nil {
		return nil, fmt.Errorf("name players: %w", err)
	}
	named := make([]placed, len(rows))
	for i, row := range rows {
		named[i] = placed{row, names[i]}
	}
	return named, nil
}
