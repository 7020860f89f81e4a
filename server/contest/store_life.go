package contest

import (
	"context"
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// move is a transition that changes nothing but the state.
func (s *Service) move(ctx context.Context, id string, from, to laurelv1.ContestState) (moved bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		moved, err = catalog.Change(ctx, tx, func(revision int64) (bool, error) {
			return touched(tx.ExecContext(ctx, "UPDATE contest SET state = $1, changed_at = $2, revision = $3 WHERE id = $4 AND state = $5",
				int(to), s.Now().UnixMicro(), revision, id, int(from)))
		})
		return err
	})
	return moved, err
}

// Close sets the last journal positions that count, once. In a transaction of the fold, begin with TakeRevision: two batches that share the
// revision and both want it alone would wait for each other.
func Close(ctx context.Context, tx *store.Tx, id string, at journal.Positions) (closed bool, err error) {
	closed, err = catalog.Change(ctx, tx, func(revision int64) (bool, error) {
		return touched(tx.ExecContext(ctx, "UPDATE contest SET close_seq = $1, revision = $2 WHERE id = $3 AND close_seq IS NULL", at.String(),
			revision, id))
	})
	if err != nil {
		return false, fmt.Errorf("close contest: %w", err)
	}
	return closed, nil
}
