package contest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// Moved is what the columns of a standing say: what boards show, how many rounds make it up, and the journal position that changed it last.
type Moved struct {
	Ranked
	Rounds    int64
	Partition int
	Seq       int64
}

// Columns reads every standing of a contest as the transaction sees it, in no order.
func Columns(ctx context.Context, tx *store.Tx, contestID string) iter.Seq2[Moved, error] {
	return moved(ctx, tx, movedColumns+"WHERE contest_id = $1", contestID)
}

const movedColumns = "SELECT user_id, units, tie, rounds, partition, seq FROM standing "

// Folded reads every standing of a contest as the transaction sees it, in no order, and raises positions on the way to the last event that
// changed a standing, for each partition. So they say how far the standings are, by what is in them and nothing else.
func Folded(ctx context.Context, tx *store.Tx, contestID string, positions journal.Positions) iter.Seq2[Ranked, error] {
	return func(yield func(Ranked, error) bool) {
		for row, err := range Columns(ctx, tx, contestID) {
			if err == nil {
				positions[row.Partition] = max(positions[row.Partition], row.Seq)
			}
			if !yield(row.Ranked, err) {
				return
			}
		}
	}
}

// FoldedSince reads the standings that were changed after the given positions, ordered by partition and position.
func FoldedSince(ctx context.Context, tx *store.Tx, contestID string, after journal.Positions) iter.Seq2[Moved, error] {
	condition, list := "seq > ($2::bigint[])[partition + 1]", any([]int64(after))
	if tx.Dialect() == store.SQLite {
		text, err := json.Marshal(after)
		if err != nil {
			return func(yield func(Moved, error) bool) { yield(Moved{}, fmt.Errorf("encode positions: %w", err)) }
		}
		condition, list = "seq > json_extract($2, '$[' || partition || ']')", string(text)
	}
	return moved(ctx, tx, movedColumns+"WHERE contest_id = $1 AND "+condition+" ORDER BY partition, seq", contestID, list)
}

// SortedPage sorts standings in the database: up to count rows from place from+1 on, how many there are, and how far they are folded. It
// reads the whole contest, and serves readers while a board is away.
func SortedPage(ctx context.Context, s *store.Store, contestID string, from, count int64,
	partitions int) (rows []Ranked, total int64, folded journal.Positions, err error) {
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if total, folded, err = foldedPositions(ctx, tx, contestID, partitions); err != nil || count == 0 {
			return err
		}
		page := "SELECT user_id, units, tie FROM standing WHERE contest_id = $1 ORDER BY " + order(s.Dialect()) +
			" LIMIT " + strconv.FormatInt(count, 10) + " OFFSET " + strconv.FormatInt(from, 10)
		for row, err := range query(ctx, tx, page, contestID) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, total, folded, err
}

// foldedPositions counts the standings of a contest and says how far they are folded.
func foldedPositions(ctx context.Context, tx *store.Tx, contestID string,
	partitions int) (total int64, folded journal.Positions, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT partition, count(*), max(seq) FROM standing WHERE contest_id = $1 GROUP BY partition", contestID)
	if err != nil {
		return 0, nil, fmt.Errorf("count standings: %w", err)
	}
	defer func() { _ = rows.Close() }()
	folded = make(journal.Positions, partitions)
	for rows.Next() {
		var partition int
		var players, seq int64
		if err := rows.Scan(&partition, &players, &seq); err != nil {
			return 0, nil, fmt.Errorf("count standings: %w", err)
		}
		total, folded[partition] = total+players, seq
	}
	return total, folded, rows.Err()
}

func moved(ctx context.Context, tx *store.Tx, text string, args ...any) iter.Seq2[Moved, error] {
	return func(yield func(Moved, error) bool) {
		rows, err := tx.QueryContext(ctx, text, args...)
		if err != nil {
			yield(Moved{}, fmt.Errorf("read standings: %w", err))
			return
		}
		defer func() { _ = rows.Close() }()
		var tie sql.RawBytes
		for rows.Next() {
			var row Moved
			if err := rows.Scan(&row.UserID, &row.Units, &tie, &row.Rounds, &row.Partition, &row.Seq); err != nil {
				yield(Moved{}, fmt.Errorf("read standing: %w", err))
				return
			}
			row.Tie = string(tie)
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Moved{}, fmt.Errorf("read standings: %w", err))
		}
	}
}
