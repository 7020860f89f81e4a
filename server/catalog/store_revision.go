package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/laurelhq/laurel/server/store"
)

// SettingRevision is the setting that holds a number that grows with every publication, and with every change of a contest, that the fold
// must know of. The fold reads it in the transaction of each batch, so that every event sees one version of every definition.
const SettingRevision = "contest_revision"

// ErrStale says that what a batch was folded with is not the newest; the batch must be folded again.
var ErrStale = errors.New("definitions have changed")

// CheckRevision returns ErrStale when a revision is not the newest one. It keeps the newest from changing until the transaction ends;
// batches of other lanes go on.
func CheckRevision(ctx context.Context, tx *store.Tx, revision int64) error {
	return check(ctx, tx, revision, (*store.Tx).LockShared)
}

// TakeRevision is CheckRevision for a transaction that will make a Change itself: no other batch commits until it ends.
func TakeRevision(ctx context.Context, tx *store.Tx, revision int64) error {
	return check(ctx, tx, revision, (*store.Tx).LockExclusive)
}

// HoldRevision keeps batches from committing until the transaction ends.
func HoldRevision(ctx context.Context, tx *store.Tx) error {
	_, err := lockRevision(ctx, tx, (*store.Tx).LockExclusive)
	return err
}

// locking is how a transaction takes the revision's lock: batches share it, a change has it alone. It is no lock of a row, since those let
// batches that come and go keep a change waiting for ever; this one is given in the order in which it was asked for.
type locking func(tx *store.Tx, ctx context.Context, lock store.Lock) error

func check(ctx context.Context, tx *store.Tx, known int64, lock locking) error {
	revision, err := lockRevision(ctx, tx, lock)
	if err == nil && revision != known {
		err = ErrStale
	}
	return err
}

// lockRevision reads the revision once it has the lock: a statement sees what was committed before it began, so the two can't be one.
// SQLite has one writer at a time and needs no lock.
func lockRevision(ctx context.Context, tx *store.Tx, lock locking) (int64, error) {
	if err := lock(tx, ctx, store.RevisionLock); err != nil {
		return 0, fmt.Errorf("lock revision: %w", err)
	}
	return Revision(ctx, tx)
}

// Revision returns the newest revision; 0 while nothing was ever published.
func Revision(ctx context.Context, tx *store.Tx) (int64, error) {
	var text string
	err := tx.QueryRowContext(ctx, "SELECT value FROM setting WHERE id = '"+SettingRevision+"'").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read revision: %w", err)
	}
	return strconv.ParseInt(text, 10, 64)
}

// Change lets do change what the fold must know of, in rows that get the revision it is given, with no batch and no other change beside it.
// The revision is raised when do says that something changed.
func Change(ctx context.Context, tx *store.Tx, do func(revision int64) (changed bool, err error)) (bool, error) {
	revision, err := lockRevision(ctx, tx, (*store.Tx).LockExclusive)
	if err != nil {
		return false, err
	}
	changed, err := do(revision + 1)
	if !changed || err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('"+SettingRevision+
		"', $1) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
		strconv.FormatInt(revision+1, 10))
	if err != nil {
		return false, fmt.Errorf("raise revision: %w", err)
	}
	return true, nil
}
