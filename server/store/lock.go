package store

import (
	"context"
	"fmt"
)

// Lock names an advisory lock, which a transaction holds until it ends. Who wants it alone and who shares it wait in one queue, so that
// neither is starved. On SQLite it does nothing: there write transactions follow each other anyway.
type Lock int32

// The locks there are. Their numbers stay what they are, since processes of different versions share them.
const (
	// AppendLock is shared by every transaction that appends to the journal, from before its id is drawn: see docs/decisions/0008.
	AppendLock Lock = iota + 1
	// ClaimLock is held alone by a process that claims all partitions or none.
	ClaimLock
	// RevisionLock is shared by every transaction that relies on the revision of contests, and held alone by one that changes it.
	RevisionLock
	// RangeLock is held alone by a transaction that cuts the journal into ranges or drops one.
	RangeLock
)

// LockClass sets the advisory locks of Laurel apart from others in the same database.
const LockClass = 5135135

// LockShared waits until nobody holds the lock alone, and shares it until the transaction ends. What the transaction reads from then on is
// what those left who held it before.
func (tx *Tx) LockShared(ctx context.Context, lock Lock) error {
	return tx.lock(ctx, "pg_advisory_xact_lock_shared", lock)
}

// LockExclusive waits until nobody else holds the lock, and holds it alone until the transaction ends.
func (tx *Tx) LockExclusive(ctx context.Context, lock Lock) error {
	return tx.lock(ctx, "pg_advisory_xact_lock", lock)
}

func (tx *Tx) lock(ctx context.Context, function string, lock Lock) error {
	if tx.dialect == SQLite {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "SELECT "+function+"($1, $2)", LockClass, int32(lock)); err != nil {
		return fmt.Errorf("advisory lock %d: %w", lock, err)
	}
	return nil
}
