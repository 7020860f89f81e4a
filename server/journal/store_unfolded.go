package journal

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// Unfolded are the events not folded yet, as a transaction sees them, whose ids begin with a prefix, by position. One that can't be decoded
// is left out.
func (j *Journal) Unfolded(ctx context.Context, tx *store.Tx, prefix string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		cursors, err := j.Cursors(ctx, tx)
		if err != nil {
			yield(Record{}, err)
			return
		}
		// An event's id stands first in its encoding, behind the envelope, its field number and its length.
		has := "instr(substr(body, 1, $2), $3) > 0"
		if tx.Dialect() == store.Postgres {
			has = "position($3::bytea in substring(body from 1 for $2)) > 0"
		}
		rows, err := tx.QueryContext(ctx, "SELECT id, partition, ingest_ts, body FROM journal_event WHERE id > $1 AND "+has+" ORDER BY id",
			tx.Dialect().Anew(slices.Min(cursors), event.BytesBeforeID+len(prefix), []byte(prefix))...)
		if err != nil {
			yield(Record{}, fmt.Errorf("read events not folded: %w", err))
			return
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var r Record
			if err := rows.Scan(&r.Seq, &r.Partition, &r.IngestMicros, &r.Body); err != nil {
				yield(Record{}, fmt.Errorf("read event not folded: %w", err))
				return
			}
			if !cursors.Covers(r.Partition, r.Seq) && event.HasIDPrefix(r.Body, prefix) && !yield(r, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Record{}, fmt.Errorf("read events not folded: %w", err))
		}
	}
}

// Before are the positions right before one that Read has returned, in every partition.
func (j *Journal) Before(seq int64) Positions { return Uniform(j.partitions, seq-1) }
