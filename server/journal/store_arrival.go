package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ArrivalSlack is how far the order of arrivals may be from that of positions: clocks of processes differ, and an append may take a while
// from when it looked at its clock. Look-ups by arrival read that much more on both sides.
const ArrivalSlack = 10 * time.Minute

// PositionAt finds the place of an arrival in the journal: every event below the position arrived before micros, and every other one then
// or later, but for ArrivalSlack. It is 0 when nothing that is in the journal, and no range that was dropped, arrived before. It takes
// about fifty look-ups by position, and no index of arrivals.
func (j *Journal) PositionAt(ctx context.Context, micros int64) (int64, error) {
	var low, high int64
	if err := j.store.Read().QueryRowContext(ctx, "SELECT coalesce(min(id), 0), coalesce(max(id), 0) + 1 FROM journal_event").
		Scan(&low, &high); err != nil {
		return 0, fmt.Errorf("look for an arrival: %w", err)
	}
	first := low
	switch arrived, err := j.arrivalOf(ctx, first); {
	case errors.Is(err, sql.ErrNoRows):
		return j.droppedBefore(ctx, micros)
	case err != nil:
		return 0, fmt.Errorf("look for an arrival: %w", err)
	case arrived >= micros: // as most who ask what is old are told
		return j.droppedBefore(ctx, micros)
	}
	for low < high { // all below low arrived before, and from high on none did
		middle := low + (high-low)/2
		var id, arrived int64
		err := j.store.Read().QueryRowContext(ctx, "SELECT id, ingest_ts FROM journal_event WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 1",
			j.store.Dialect().Anew(middle, high)...).Scan(&id, &arrived)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			high = middle
		case err != nil:
			return 0, fmt.Errorf("look for an arrival: %w", err)
		case arrived < micros:
			low = id + 1
		default:
			high = middle
		}
	}
	if high <= first {
		return j.droppedBefore(ctx, micros)
	}
	return high, nil
}

// arrivalOf is when the event at a position arrived.
func (j *Journal) arrivalOf(ctx context.Context, position int64) (micros int64, err error) {
	err = j.store.Read().QueryRowContext(ctx, "SELECT ingest_ts FROM journal_event WHERE id = $1", j.store.Dialect().Anew(position)...).
		Scan(&micros)
	return micros, err
}

// Arrivals is which events are wanted by their arrival: from From on and before To, in microseconds, behind a position, at most Limit.
// ArrivedIn shows them in the order of their positions.
type Arrivals struct {
	From, To int64
	After    int64
	Limit    int
}

// ArrivedIn returns events by when they arrived. The last one's position is where the next page goes on.
func (j *Journal) ArrivedIn(ctx context.Context, wanted Arrivals) ([]Record, error) {
	from, err := j.PositionAt(ctx, wanted.From-ArrivalSlack.Microseconds())
	if err != nil {
		return nil, err
	}
	to, err := j.PositionAt(ctx, wanted.To+ArrivalSlack.Microseconds())
	if err != nil {
		return nil, err
	}
	var records []Record
	err = scanAll(ctx, j.store.Read(), `SELECT id, partition, ingest_ts, body FROM journal_event
		WHERE id > $1 AND id < $2 AND ingest_ts >= $3 AND ingest_ts < $4 ORDER BY id LIMIT $5`, func(scan func(...any) error) error {
		var r Record
		err := scan(&r.Seq, &r.Partition, &r.IngestMicros, &r.Body)
		records = append(records, r)
		return err
	}, j.store.Dialect().Anew(max(wanted.After, from-1), to, wanted.From, wanted.To, wanted.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("read events by arrival: %w", err)
	}
	return records, nil
}
