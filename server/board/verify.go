package board

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/store"
)

// verifyPage is how many places are compared at a time.
const verifyPage = 1000

// Difference is a place at which a board and the standings disagree.
type Difference struct {
	Place int64
	// Board and Standings are what each has there; the zero value where it has nothing.
	Board, Standings Entry
}

// Verify compares a board with the standings it is a view of, place by place, and returns how many places there are and the first difference.
// Nothing may be folded meanwhile, or the comparison means nothing.
func Verify(ctx context.Context, engine Engine, s *store.Store, board string) (places int64, difference *Difference, err error) {
	for from := int64(0); ; from += verifyPage {
		rows, total, err := engine.Page(ctx, board, from, verifyPage)
		if err != nil {
			return 0, nil, fmt.Errorf("read board: %w", err)
		}
		ranked, want, err := contest.Page(ctx, s, board, from, verifyPage)
		if err != nil {
			return 0, nil, fmt.Errorf("read standings: %w", err)
		}
		for i := range max(len(rows), len(ranked)) {
			d := Difference{Place: from + int64(i) + 1}
			if i < len(rows) {
				d.Board = rows[i].Entry
			}
			if i < len(ranked) {
				d.Standings = Entry(ranked[i])
			}
			if d.Board != d.Standings {
				return want, &d, nil
			}
		}
		if from+verifyPage >= max(total, want) {
			return want, nil, nil
		}
	}
}
