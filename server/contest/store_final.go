package contest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// Placed is a frozen place.
type Placed struct {
	Ranked
	// Place counts from 1.
	Place int64
}

// FinalPage reads up to count frozen places from place from+1 on, how many there are, and their positions, for a number of partitions.
// ErrNotFound when the contest is not final. It never sorts: a place is found by the index of places.
func FinalPage(ctx context.Context, s *store.Store, contestID string, from, count int64,
	partitions int) (rows []Placed, players int64, positions journal.Positions, err error) {
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if players, positions, err = finalContest(ctx, tx, contestID, partitions); err != nil || count == 0 {
			return err
		}
		rows, err = finalRows(ctx, tx, "SELECT place, user_id, units, tie FROM final_standing WHERE contest_id = $1 AND place > $2 AND place "+
			"<= $3 ORDER BY place", contestID, from, from+count)
		return err
	})
	return rows, players, positions, err
}

// FinalRanks reads the frozen places of some players, in no order; a player without one is left out.
func FinalRanks(ctx context.Context, s *store.Store, contestID string, users []string) (rows []Placed, err error) {
	query, list := "SELECT place, user_id, units, tie FROM final_standing WHERE contest_id = $1 AND user_id = ANY($2::text[])", any(users)
	if s.Dialect() == store.SQLite {
		text, err := json.Marshal(users)
		if err != nil {
			return nil, fmt.Errorf("encode users: %w", err)
		}
		query, list = "SELECT place, user_id, units, tie FROM final_standing WHERE contest_id = $1 AND user_id IN (SELECT value FROM "+
			"json_each($2))", string(text)
	}
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err = finalRows(ctx, tx, query, contestID, list)
		return err
	})
	return rows, err
}

// finalAll reads every frozen place of a contest, in order.
func finalAll(ctx context.Context, tx *store.Tx, contestID string) ([]Placed, error) {
	return finalRows(ctx, tx, "SELECT place, user_id, units, tie FROM final_standing WHERE contest_id = $1 ORDER BY place", contestID)
}

// finalContest reads what a final contest says of itself. One that became final before events were emitted has the positions at which it
// closed.
func finalContest(ctx context.Context, tx *store.Tx, contestID string,
	partitions int) (players int64, positions journal.Positions, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT players, coalesce(final_seq, close_seq) FROM contest WHERE id = $1 AND state = $2 AND "+
		"close_seq IS NOT NULL", contestID, int(final))
	if err != nil {
		return 0, nil, fmt.Errorf("read final contest: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return 0, nil, fmt.Errorf("read final contest: %w", err)
		}
		return 0, nil, fmt.Errorf("final contest %q: %w", contestID, ErrNotFound)
	}
	var text string
	if err := rows.Scan(&players, &text); err != nil {
		return 0, nil, fmt.Errorf("read final contest: %w", err)
	}
	positions, err = journal.ParsePositions(text, partitions)
	return players, positions, err
}

func finalRows(ctx context.Context, tx *store.Tx, query string, args ...any) (rows []Placed, err error) {
	result, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read final places: %w", err)
	}
	defer func() { _ = result.Close() }()
	for result.Next() {
		var row Placed
		if err := result.Scan(&row.Place, &row.UserID, &row.Units, (*byteString)(&row.Tie)); err != nil {
			return nil, fmt.Errorf("read final place: %w", err)
		}
		rows = append(rows, row)
	}
	if err := result.Err(); err != nil {
		return nil, fmt.Errorf("read final places: %w", err)
	}
	return rows, nil
}
