package contest

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/store"
)

const (
	latePostgres = `INSERT INTO late_event (decided_at, partition, seq, contest_id, event_id, user_id, reason)
		SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[]) ON CONFLICT (contest_id, seq,
			partition) DO NOTHING`
	lateSQLite = `INSERT INTO late_event (decided_at, partition, seq, contest_id, event_id, user_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (contest_id, seq, partition) DO NOTHING`
)

// StoreLate records decisions; a repeat changes nothing. Many cost little more than one: history that is played in for contests that
// have closed must not make a batch too slow to ever be committed.
func StoreLate(ctx context.Context, tx *store.Tx, late []fold.Late, decidedMicros int64) error {
	if len(late) == 0 {
		return nil
	}
	record := lateAll
	if tx.Dialect() == store.SQLite {
		record = lateEach
	}
	if err := record(ctx, tx, late, decidedMicros); err != nil {
		return fmt.Errorf("record late events: %w", err)
	}
	return nil
}

func lateAll(ctx context.Context, tx *store.Tx, late []fold.Late, decidedMicros int64) error {
	partitions, seqs := make([]int64, len(late)), make([]int64, len(late))
	var texts [4][]string // contests, event ids, user ids, reasons
	for i, l := range late {
		partitions[i], seqs[i] = int64(l.Partition), l.Seq
		for column, text := range [...]string{l.ContestID, l.EventID, l.UserID, l.Reason} {
			texts[column] = append(texts[column], text)
		}
	}
	_, err := tx.ExecContext(ctx, latePostgres, decidedMicros, partitions, seqs, texts[0], texts[1], texts[2], texts[3])
	return err
}

func lateEach(ctx context.Context, tx *store.Tx, late []fold.Late, decidedMicros int64) error {
	insert, err := tx.PrepareContext(ctx, lateSQLite)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, l := range late {
		if _, err := insert.ExecContext(ctx, decidedMicros, l.Partition, l.Seq, l.ContestID, l.EventID, l.UserID, l.Reason); err != nil {
			return err
		}
	}
	return nil
}
