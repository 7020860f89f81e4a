package contest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/laurelhq/laurel/server/store"
)

// settingRevision holds a number that grows with every change of a contest the fold must know of. The fold reads it in the
// transaction of each batch, so that every event sees one version of every contest.
const settingRevision = "contest_revision"

// ErrStale says that the set a batch was folded with is not the newest one; the batch must be folded again.
var ErrStale = errors.New("contests have changed")

// CheckRevision returns ErrStale when the set is not the newest one. It keeps contests from changing until the transaction ends; batches of other lanes go on.
func (s *Set) CheckRevision(ctx context.Context, tx *store.Tx) error {
	return s.check(ctx, tx, (*store.Tx).LockShared)
}

// TakeRevision is CheckRevision for a transaction that will change contests itself, by Close: no other batch commits until it ends.
func (s *Set) TakeRevision(ctx context.Context, tx *store.Tx) error {
	return s.check(ctx, tx, (*store.Tx).LockExclusive)
}

// locking is how a transaction takes the revision's lock: batches share it, a change has it alone. It is no lock of a row, since those let batches that come and
// go keep a change waiting for ever; this one is given in the order in which it was asked for.
type locking func(tx *store.Tx, ctx context.Context, lock store.Lock) error

func (s *Set) check(ctx context.Context, tx *store.Tx, lock locking) error {
	revision, err := lockRevision(ctx, tx, lock)
	if err == nil && revision != s.Revision {
		err = ErrStale
	}
	return err
}

// lockRevision reads the revision once it has the lock: a statement sees what was committed before it began, so the two can't be one. SQLite has one writer
// at a time and needs no lock.
func lockRevision(ctx context.Context, tx *store.Tx, lock locking) (int64, error) {
	if err := lock(tx, ctx, store.RevisionLock); err != nil {
		return 0, fmt.Errorf("lock contest revision: %w", err)
	}
	return readRevision(ctx, tx)
}

// readRevision returns 0 while no contest was ever published.
func readRevision(ctx context.Context, tx *store.Tx) (int64, error) {
	var text string
	err := tx.QueryRowContext(ctx, "SELECT value FROM setting WHERE id = '"+settingRevision+"'").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read contest revision: %w", err)
	}
	return strconv.ParseInt(text, 10, 64)
}

// readRevisionAndTime reads the revision and, in the same query, the database's clock in microseconds.
func readRevisionAndTime(ctx context.Context, s *store.Store) (revision, micros int64, err error) {
	var text string
	err = s.Read().QueryRowContext(ctx, "SELECT coalesce((SELECT value FROM setting WHERE id = '"+settingRevision+"'), '0'), "+
		s.Dialect().ClockMicros()).Scan(&text, &micros)
	if err != nil {
		return 0, 0, fmt.Errorf("read contest revision: %w", err)
	}
	if revision, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("read contest revision: %w", err)
	}
	return revision, micros, nil
}

// change lets do change contest rows, which get the revision it is given, with no batch and no other change beside it. The revision is raised when do
// says that something changed.
func change(ctx context.Context, tx *store.Tx, do func(revision int64) (changed bool, err error)) (bool, error) {
	revision, err := lockRevision(ctx, tx, (*store.Tx).LockExclusive)
	if err != nil {
		return false, err
	}
	changed, err := do(revision + 1)
	if !changed || err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('"+settingRevision+"', $1) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
		strconv.FormatInt(revision+1, 10))
	if err != nil {
		return false, fmt.Errorf("raise contest revision: %w", err)
	}
	return true, nil
}

// touched reports whether a conditional update met its row.
func touched(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
