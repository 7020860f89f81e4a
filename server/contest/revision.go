package contest

import (
	"context"
	"database/sql"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// CheckRevision returns catalog.ErrStale when the set is not the newest one. It keeps definitions from changing until the transaction ends; batches of other lanes go on.
func (s *Set) CheckRevision(ctx context.Context, tx *store.Tx) error {
	return catalog.CheckRevision(ctx, tx, s.Revision)
}

// TakeRevision is CheckRevision for a transaction that will change contests itself, by Close: no other batch commits until it ends.
func (s *Set) TakeRevision(ctx context.Context, tx *store.Tx) error {
	return catalog.TakeRevision(ctx, tx, s.Revision)
}

// touched reports whether a conditional update met its row.
func touched(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
