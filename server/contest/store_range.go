package contest

import (
	"context"
	"fmt"
	"slices"

	entcontest "github.com/laurelhq/laurel/ent/db/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// Needing returns in words which contest that is not final may have to be folded anew from some events of the journal, or nothing. It is
// one whose window the events touch, unless all of them were folded before it was published.
func Needing(ctx context.Context, tx *store.Tx, events journal.Contents, partitions int) (string, error) {
	if events.Events == 0 {
		return "", nil
	}
	rows, err := tx.Ent().Contest.Query().
		Where(entcontest.StateNEQ(int(final)), entcontest.StartTsLTE(events.LastEvent), entcontest.EndTsGT(events.FirstEvent)).
		Order(entcontest.ByID()).All(ctx)
	if err != nil {
		return "", fmt.Errorf("read contests: %w", err)
	}
	for _, row := range rows {
		opened, err := journal.ParsePositions(row.OpenSeq, partitions)
		if err != nil {
			return "", fmt.Errorf("contest %s: open_seq: %w", row.ID, err)
		}
		if events.LastSeq > slices.Min(opened) {
			return fmt.Sprintf("contest %q is not final yet, and events of its window are among them", row.ID), nil
		}
	}
	return "", nil
}
