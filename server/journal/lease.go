package journal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurelhq/laurel/server/store"
)

// LeaseDuration is how long a claim lasts without being renewed.
const LeaseDuration = 10 * time.Second

// maxSkew is how far the clocks of processes may lie apart. A lease that ends later than any of them could have asked for was written
// before the clock was set back: nobody may wait for that time to come again. The epoch keeps its owner from writing all the same.
const maxSkew = time.Minute

// Lease is the right to fold some partitions.
type Lease struct {
	Owner string
	// Held maps partition to epoch.
	Held map[int]int64
	// Cursors maps partition to the last folded position.
	Cursors map[int]int64
}

// Lowest is the lowest cursor of the lease.
func (l *Lease) Lowest() int64 {
	lowest := int64(-1)
	for _, cursor := range l.Cursors {
		if lowest < 0 || cursor < lowest {
			lowest = cursor
		}
	}
	return max(lowest, 0)
}

// Partitions lists the partitions of the lease in order.
func (l *Lease) Partitions() []int { return slices.Sorted(maps.Keys(l.Held)) }

// condition is an SQL expression that holds for the rows of the lease at their epochs. Its text is stable so that the
// database can keep the statement prepared.
func (l *Lease) condition() string {
	terms := make([]string, 0, len(l.Held))
	for _, partition := range l.Partitions() {
		terms = append(terms, "(id = "+strconv.Itoa(partition)+" AND epoch = "+strconv.FormatInt(l.Held[partition], 10)+")")
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

// Claim renews what owner holds and takes every free partition: the first process folds, the others stand by. changed tells whether
// the set of partitions is another one than in previous: what was cached for them must then be dropped.
func (j *Journal) Claim(ctx context.Context, owner string, previous *Lease, now time.Time) (lease *Lease, changed bool, err error) {
	lease = &Lease{Owner: owner, Held: map[int]int64{}, Cursors: map[int]int64{}}
	err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err := j.lockPartitions(ctx, tx)
		if err != nil {
			return err
		}
		for _, p := range rows {
			if p.owner != owner && p.leaseUntil > micros(now) && p.leaseUntil <= micros(now.Add(LeaseDuration+maxSkew)) {
				continue
			}
			// A process that does not know the epoch is not the one that holds it, even under the same name.
			if p.owner != owner || previous == nil || previous.Held[p.id] != p.epoch {
				p.epoch++
			}
			_, err := tx.ExecContext(ctx, "UPDATE journal_partition SET owner = $1, epoch = $2, lease_until = $3 WHERE id = $4",
				owner, p.epoch, micros(now.Add(LeaseDuration)), p.id)
			if err != nil {
				return err
			}
			lease.Held[p.id], lease.Cursors[p.id] = p.epoch, p.cursor
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("claim partitions: %w", err)
	}
	changed = previous == nil || len(previous.Held) != len(lease.Held)
	for partition, epoch := range lease.Held {
		if previous != nil && (previous.Held[partition] != epoch || previous.Cursors[partition] != lease.Cursors[partition]) {
			changed = true
		}
	}
	return lease, changed, nil
}

type partitionRow struct {
	id            int
	owner         string
	epoch, cursor int64
	leaseUntil    int64
}

func (j *Journal) lockPartitions(ctx context.Context, tx *store.Tx) ([]partitionRow, error) {
	query := "SELECT id, owner, epoch, cursor, lease_until FROM journal_partition ORDER BY id"
	if tx.Dialect() == store.Postgres {
		query += " FOR UPDATE"
	}
	result, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = result.Close() }()
	var rows []partitionRow
	for result.Next() {
		var p partitionRow
		if err := result.Scan(&p.id, &p.owner, &p.epoch, &p.cursor, &p.leaseUntil); err != nil {
			return nil, err
		}
		rows = append(rows, p)
	}
	return rows, result.Err()
}

// Release frees the partitions of a lease so that another process may claim them at once.
func (j *Journal) Release(ctx context.Context, lease *Lease) error {
	_, err := j.store.Write().ExecContext(ctx,
		"UPDATE journal_partition SET owner = '', epoch = epoch + 1, lease_until = 0 WHERE owner = $1", lease.Owner)
	if err != nil {
		return fmt.Errorf("release partitions: %w", err)
	}
	return nil
}

// Advance moves the cursors of all partitions of a lease to position, inside the transaction that holds the effects of the
// batch. ErrFenced when one of them has another owner by now; the transaction must then be rolled back.
func (j *Journal) Advance(ctx context.Context, tx *store.Tx, lease *Lease, position int64) error {
	result, err := tx.ExecContext(ctx, "UPDATE journal_partition SET cursor = CASE WHEN cursor < $1 THEN $1 ELSE cursor END WHERE "+lease.condition(), position)
	if err != nil {
		return fmt.Errorf("advance cursors: %w", err)
	}
	moved, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("advance cursors: %w", err)
	}
	if moved != int64(len(lease.Held)) {
		return ErrFenced
	}
	return nil
}

// LowestCursor is the position up to which every partition is folded.
func (j *Journal) LowestCursor(ctx context.Context) (cursor int64, err error) {
	if err := j.store.Read().QueryRowContext(ctx, "SELECT min(cursor) FROM journal_partition").Scan(&cursor); err != nil {
		return 0, fmt.Errorf("read cursors: %w", err)
	}
	return cursor, nil
}

// HighestCursor is the position above which no partition is folded, as seen by the transaction.
func (j *Journal) HighestCursor(ctx context.Context, tx *store.Tx) (cursor int64, err error) {
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(cursor), 0) FROM journal_partition").Scan(&cursor); err != nil {
		return 0, fmt.Errorf("read cursors: %w", err)
	}
	return cursor, nil
}

// Cursors returns the folded position of each partition as seen by the transaction.
func (j *Journal) Cursors(ctx context.Context, tx *store.Tx) (map[int]int64, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, cursor FROM journal_partition")
	if err != nil {
		return nil, fmt.Errorf("read cursors: %w", err)
	}
	defer func() { _ = rows.Close() }()
	cursors := map[int]int64{}
	for rows.Next() {
		var id int
		var cursor int64
		if err := rows.Scan(&id, &cursor); err != nil {
			return nil, fmt.Errorf("read cursor: %w", err)
		}
		cursors[id] = cursor
	}
	return cursors, rows.Err()
}
