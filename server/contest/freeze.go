package contest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/laurelhq/laurel/server/store"
)

// finalise freezes the standings once the fold has passed the close position. From then on they can't change, so they are copied in slices
// that hold nobody up; a copy that was cut short is made again with the same rows.
func (s *Service) finalise(ctx context.Context, c *Live) (done bool, err error) {
	var result *frozen
	err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		folded, err := s.Journal.Folded(ctx, tx, c.CloseSeq)
		if err != nil || !folded {
			return err
		}
		result, err = s.freeze(ctx, tx, c)
		return err
	})
	if err != nil || result == nil {
		return false, err
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		updated, err := tx.ExecContext(ctx, "UPDATE contest SET state = $1, changed_at = $2, result_hash = $3, players = $4 WHERE id = $5 AND state = $6 AND version = $7 AND close_seq = $8",
			int(final), s.Now().UnixMicro(), result.hash, result.players, c.ID, int(closing), c.Version, c.CloseSeq)
		if err != nil {
			return fmt.Errorf("store result: %w", err)
		}
		rows, err := updated.RowsAffected()
		if done = rows == 1; !done || err != nil {
			return err
		}
		return bump(ctx, tx)
	})
	return done, err
}

// frozen is a result that was copied.
type frozen struct {
	hash    string
	players int64
}

// freezeSlice is how many places are written in one transaction.
const freezeSlice = 2000

// freeze copies the standings in order, as view sees them, and hashes them with the definition they come from.
func (s *Service) freeze(ctx context.Context, view *store.Tx, c *Live) (*frozen, error) {
	result := NewResultHash(c.Hash, c.CloseSeq)
	players := int64(0)
	slice := make([]Ranked, 0, freezeSlice)
	for row, err := range InOrder(ctx, view, c.ID) {
		if err != nil {
			return nil, err
		}
		players++
		result.Add(players, row)
		if slice = append(slice, row); len(slice) == freezeSlice {
			if err := s.freezeRows(ctx, c.ID, players-int64(len(slice)), slice); err != nil {
				return nil, err
			}
			slice = slice[:0]
		}
	}
	if err := s.freezeRows(ctx, c.ID, players-int64(len(slice)), slice); err != nil {
		return nil, err
	}
	return &frozen{hash: result.Sum(), players: players}, nil
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
	_, err := tx.ExecContext(ctx, `INSERT INTO final_standing (contest_id, place, user_id, units, tie) SELECT $1, $2 + place, user_id, units, tie
		FROM unnest($3::text[], $4::bigint[], $5::bytea[]) WITH ORDINALITY AS r (user_id, units, tie, place) ON CONFLICT DO NOTHING`, contestID, after, users, units, ties)
	return err
}

func freezeEach(ctx context.Context, tx *store.Tx, contestID string, after int64, rows []Ranked) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
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

// ResultHash is the SHA-256 of a result: the definition's hash and the close position on a first line, then a line for each place
// with place, units, tie bytes in hexadecimal and user id, separated by tabs.
type ResultHash struct{ hash hash.Hash }

// NewResultHash starts the hash of a result.
func NewResultHash(definitionHash string, closeSeq int64) *ResultHash {
	r := &ResultHash{hash: sha256.New()}
	fmt.Fprintf(r.hash, "%s\t%d\n", definitionHash, closeSeq)
	return r
}

// Add adds a place; places are added in order.
func (r *ResultHash) Add(place int64, row Ranked) {
	fmt.Fprintf(r.hash, "%d\t%d\t%x\t%s\n", place, row.Units, row.Tie, row.UserID)
}

// Sum returns the hash in hexadecimal.
func (r *ResultHash) Sum() string { return hex.EncodeToString(r.hash.Sum(nil)) }
