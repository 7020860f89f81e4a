package journal

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/laurelhq/laurel/server/store"
)

// Unfolded are the events not folded yet, as a transaction sees them, whose ids begin with a prefix, by position.
func (j *Journal) Unfolded(ctx context.Context, tx *store.Tx, prefix string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		cursors, err := j.Cursors(ctx, tx)
		if err != nil {
			yield(Record{}, err)
			return
		}
		// No comparison of order: in many a collation ":" comes after ";".
		rows, err := tx.QueryContext(ctx, "SELECT id, partition, ingest_ts, body FROM journal_event WHERE id > $1 AND substr(event_id, 1, $2) = $3 ORDER BY id",
			slices.Min(cursors), utf8.RuneCountInString(prefix), prefix)
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
			if !cursors.Covers(r.Partition, r.Seq) && !yield(r, nil) {
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
