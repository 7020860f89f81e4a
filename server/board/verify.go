package board

import (
	"context"
	"errors"
	"fmt"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/store"
)

// verifyPage is how many places of the board are read at a time.
const verifyPage = 1000

// Difference is a place at which a board and the standings disagree.
type Difference struct {
	Place int64
	// Board and Standings are what each has there; the zero value where it has nothing.
	Board, Standings Entry
}

// errDifferent ends a comparison at the first difference.
var errDifferent = errors.New("different")

// Verify compares a board with the standings it is a view of, place by place, and returns how many places are equal and the first
// difference. Nothing may be folded meanwhile, or the comparison means nothing.
func Verify(ctx context.Context, engine Engine, s *store.Store, board string) (places int64, difference *Difference, err error) {
	var page Page
	read := func(place int64) (Entry, error) {
		at := (place - 1) % verifyPage
		if at == 0 {
			if page, err = engine.Page(ctx, board, place-1, verifyPage); err != nil {
				return Entry{}, fmt.Errorf("read board: %w", err)
			}
		}
		if at >= int64(len(page.Rows)) {
			return Entry{}, nil
		}
		return page.Rows[at].Entry, nil
	}
	compare := func(standing Entry) error {
		entry, err := read(places + 1)
		if err != nil {
			return err
		}
		if entry != standing {
			difference = &Difference{Place: places + 1, Board: entry, Standings: standing}
			return errDifferent
		}
		places++
		return nil
	}
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for row, err := range contest.InOrder(ctx, tx, board) {
			if err != nil {
				return err
			}
			if err := compare(Entry(row)); err != nil {
				return err
			}
		}
		beyond, err := read(places + 1)
		if err == nil && beyond != (Entry{}) {
			difference = &Difference{Place: places + 1, Board: beyond}
		}
		return err
	})
	if errors.Is(err, errDifferent) {
		err = nil
	}
	return places, difference, err
}
