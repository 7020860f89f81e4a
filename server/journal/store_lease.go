package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/laurelhq/laurel/server/store"
)

// Holding is a partition that this process owns.
type Holding struct {
	// Epoch is what the partition's row must still say when a batch commits.
	Epoch int64
	// Cursor is the last folded position, Published the last one that boards are known to have: they may miss what lies between.
	Cursor, Published int64
}

// Share is what a process owns after a heartbeat.
type Share struct {
	// Held maps each partition that this process owns to what it knows of it. A partition whose epoch is another one than before was lost and
	// claimed again.
	Held map[int]Holding
	// Surplus are partitions of Held that others should have; give them back as soon as no batch of theirs is under way.
	Surplus []int
	// Alive is how many processes are alive, this one among them.
	Alive int
	// Leads tells that this process owns partition 0, and so does what one process is to do for all.
	Leads bool
}

// Move is how far one partition got.
type Move struct {
	Partition int
	// Epoch is that of the holding, and From the position that is stored; the move fails when the partition has another epoch or stands
	// elsewhere, as it does when a commit whose answer was lost came through after all.
	Epoch, From int64
	// Cursor is the last folded position and Published the last one that boards are known to have. Neither goes back.
	Cursor, Published int64
}

// Advance moves partitions, inside the transaction that holds the effects of the batch. ErrFenced when one of them has another epoch or
// position by now; the transaction must then be rolled back. It is best the last statement of its transaction, since the rows stay locked
// until the end.
func (j *Journal) Advance(ctx context.Context, tx *store.Tx, moves []Move) error {
	moved, err := update(ctx, tx, forward, moves, " AND cursor = m.column5")
	if err != nil {
		return fmt.Errorf("advance partitions: %w", err)
	}
	if moved != int64(len(moves)) {
		return ErrFenced
	}
	return nil
}

// forward sets cursor and published of a move, neither of which goes back.
const forward = `cursor = CASE WHEN m.column3 > cursor THEN m.column3 ELSE cursor END,
	published = CASE WHEN m.column4 > published THEN m.column4 ELSE published END`

// update changes the rows of those moves whose epoch is still right and returns how many there were. The text depends on nothing but their
// number, so that the database need not read it anew each time. Rows are taken in the order of the partitions, so that two writers can't
// wait for each other.
func update(ctx context.Context, tx *store.Tx, set string, moves []Move, condition string) (int64, error) {
	if len(moves) == 0 {
		return 0, nil
	}
	moves = slices.SortedFunc(slices.Values(moves), func(a, b Move) int { return a.Partition - b.Partition })
	var query strings.Builder
	query.WriteString("UPDATE journal_partition SET " + set + " FROM (VALUES ")
	args := make([]any, 0, 5*len(moves))
	for i, m := range moves {
		if i > 0 {
			query.WriteByte(',')
		}
		fmt.Fprintf(&query, "(CAST($%d AS bigint), CAST($%d AS bigint), CAST($%d AS bigint), CAST($%d AS bigint), CAST($%d AS bigint))", 5*i+1,
			5*i+2, 5*i+3, 5*i+4, 5*i+5)
		args = append(args, m.Partition, m.Epoch, m.Cursor, m.Published, m.From)
	}
	query.WriteString(") AS m WHERE id = m.column1 AND epoch = m.column2" + condition)
	result, err := tx.ExecContext(ctx, query.String(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Holdings returns what is stored of some partitions, whoever owns them.
func (j *Journal) Holdings(ctx context.Context, partitions []int) (map[int]Holding, error) {
	stored := make(map[int]Holding, len(partitions))
	err := scanAll(ctx, j.store.Read(), "SELECT id, epoch, cursor, published FROM journal_partition WHERE id IN ("+joinInts(partitions)+")",
		func(scan func(...any) error) error {
			var id int
			var h Holding
			err := scan(&id, &h.Epoch, &h.Cursor, &h.Published)
			stored[id] = h
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read partitions: %w", err)
	}
	return stored, nil
}

// Cursors returns the folded position of each partition as seen by the transaction.
func (j *Journal) Cursors(ctx context.Context, tx *store.Tx) (Positions, error) {
	return j.cursors(ctx, tx)
}

func (j *Journal) cursors(ctx context.Context, on rowsReader) (Positions, error) {
	cursors := make(Positions, j.partitions)
	err := scanAll(ctx, on, "SELECT id, cursor FROM journal_partition", func(scan func(...any) error) error {
		var id int
		var cursor int64
		err := scan(&id, &cursor)
		cursors[id] = cursor
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read cursors: %w", err)
	}
	return cursors, nil
}
