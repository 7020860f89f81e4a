package contest

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// settle makes a contest final with its result, unless it is so already or has changed since.
func (s *Service) settle(ctx context.Context, c *Live, result *frozen) (done bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err = catalog.Change(ctx, tx, func(revision int64) (bool, error) {
			if since, err := pausedSince(ctx, tx, c); err != nil || since {
				return false, err
			}
			return touched(tx.ExecContext(ctx, `UPDATE contest SET state = $1, changed_at = $2, result_hash = $3, players = $4, summary = $5,
				final_seq = $6, revision = $7
				WHERE id = $8 AND state = $9 AND version = $10 AND close_seq = $11`,
				int(final), s.Now().UnixMicro(), result.hash, result.players, result.shown, result.positions.String(), revision, c.ID, int(closing),
				c.Version, c.CloseSeq.String()))
		})
		if err != nil {
			return fmt.Errorf("store result: %w", err)
		}
		return nil
	})
	return done, err
}

// freezeRows writes the places after the given one; places that are there already stay.
func (s *Service) freezeRows(ctx context.Context, contestID string, after int64, rows []Ranked) error {
	if len(rows) == 0 {
		return nil
	}
	write := freezeAll
	if s.Store.Dialect() == store.SQLite {
		write = freezeEach
	}
	err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return write(ctx, tx, contestID, after, rows) })
	if err != nil {
		return fmt.Errorf("freeze standings: %w", err)
	}
	return nil
}

func freezeAll(ctx context.Context, tx *store.Tx, contestID string, after int64, rows []Ranked) error {
	users, units, ties := make([]string, len(rows)), make([]int64, len(rows)), make([][]byte, len(rows))
	for i, row := range rows {
		users[i], units[i], ties[i] = row.UserID, row.Units, []byte(row.Tie)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO final_standing (contest_id, place, user_id, units, tie) SELECT $1, $2 + place, user_id, units,
		tie
		FROM unnest($3::text[], $4::bigint[], $5::bytea[]) WITH ORDINALITY AS r (user_id, units, tie, place) ON CONFLICT DO NOTHING`, contestID,
		after, users, units, ties)
	return err
}

func freezeEach(ctx context.Context, tx *store.Tx, contestID string, after int64, rows []Ranked) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES (?, ?, ?, ?, ?) ON "+
		"CONFLICT DO NOTHING")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for i, row := range rows {
		if _, err := insert.ExecContext(ctx, contestID, after+int64(i)+1, row.UserID, row.Units, []byte(row.Tie)); err != nil {
			return err
		}
	}
	return nil
}
