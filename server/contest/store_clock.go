package contest

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/store"
)

// NewEventClock loads the marks that were stored with the folded batches.
func NewEventClock(ctx context.Context, s *store.Store) (*EventClock, error) {
	rows, err := s.Ent().ClockMark.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read event clock: %w", err)
	}
	c := &EventClock{marks: map[place]int64{}}
	for _, row := range rows {
		c.marks[place{row.Market, row.Brand}] = row.EventTs
	}
	return c, nil
}

// Store writes the advance in the transaction of the batch.
func (m *Marks) Store(ctx context.Context, tx *store.Tx) error {
	for at, ts := range m.moved {
		_, err := tx.ExecContext(ctx, `INSERT INTO clock_mark (market, brand, event_ts) VALUES ($1, $2, $3)
			ON CONFLICT (market, brand) DO UPDATE SET event_ts = excluded.event_ts WHERE clock_mark.event_ts < excluded.event_ts`, at.market,
			at.brand, ts)
		if err != nil {
			return fmt.Errorf("store event clock: %w", err)
		}
	}
	return nil
}
