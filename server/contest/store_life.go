package contest

import (
	"bytes"
	"context"
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// pausedSince reports whether another process has paused a contest, or ended a pause, since this one read it. Ask with the revision held.
func pausedSince(ctx context.Context, tx *store.Tx, c *Live) (since bool, err error) {
	var now []byte
	if err := tx.QueryRowContext(ctx, "SELECT pauses FROM contest WHERE id = $1", c.ID).Scan(&now); err != nil {
		return false, fmt.Errorf("read pauses: %w", err)
	}
	return !bytes.Equal(now, c.pauses), nil
}

// move is a transition that changes nothing but the state.
func (s *Service) move(ctx context.Context, c *Live, from, to laurelv1.ContestState) (moved bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		moved, err = catalog.Change(ctx, tx, func(revision int64) (bool, error) {
			if since, err := pausedSince(ctx, tx, c); err != nil || since {
				return false, err
			}
			return touched(tx.ExecContext(ctx, "UPDATE contest SET state = $1, changed_at = $2, revision = $3 WHERE id = $4 AND state = $5",
				int(to), s.Now().UnixMicro(), revision, c.ID, int(from)))
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
