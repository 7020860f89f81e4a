package contest

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// CheckRevision returns catalog.ErrStale when the set is not the newest one. It keeps definitions from changing until the transaction ends;
// batches of other lanes go on.
func (s *Set) CheckRevision(ctx context.Context, tx *store.Tx) error {
	return catalog.CheckRevision(ctx, tx, s.Revision)
}

// TakeRevision is CheckRevision for a transaction that will change contests itself, by Close: no other batch commits until it ends.
func (s *Set) TakeRevision(ctx context.Context, tx *store.Tx) error {
	return catalog.TakeRevision(ctx, tx, s.Revision)
}

// readRevisionAndTime reads the revision and, in the same query, the database's clock in microseconds.
func readRevisionAndTime(ctx context.Context, s *store.Store) (revision, micros int64, err error) {
	var text string
	err = s.Read().QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM setting WHERE id = '"+catalog.SettingRevision+"'), '0'), "+
		s.Dialect().ClockMicros()).Scan(&text, &micros)
	if err != nil {
		return 0, 0, fmt.Errorf("read contest revision: %w", err)
	}
	if revision, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("read contest revision: %w", err)
	}
	return revision, micros, nil
}

// touched reports whether a conditional update met its row.
func touched(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
