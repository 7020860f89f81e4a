package contest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
)

const (
	scheduled = laurelv1.ContestState_CONTEST_STATE_SCHEDULED
	live      = laurelv1.ContestState_CONTEST_STATE_LIVE
	closing   = laurelv1.ContestState_CONTEST_STATE_CLOSING
	final     = laurelv1.ContestState_CONTEST_STATE_FINAL
)

// maxTransitions bounds how many states a contest may pass in one step, after the server was down for example.
const maxTransitions = 4

// Step makes every transition that is due. Each is a conditional update, so several processes may step at once and a repeat does nothing.
func (s *Service) Step(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	for range maxTransitions {
		moved := false
		for _, c := range s.Set().All() {
			did, err := s.stepOne(ctx, c)
			if err != nil {
				return fmt.Errorf("contest %s: %w", c.ID, err)
			}
			moved = moved || did
		}
		if !moved {
			return nil
		}
		if err := s.Sync(ctx); err != nil {
			return err
		}
	}
	return nil
}

// refresh loads the set again when another process, the fold or a publisher has changed something.
func (s *Service) refresh(ctx context.Context) error {
	revision, mark, err := s.marks(ctx)
	if err != nil || (revision == s.Set().Revision && mark == s.Set().mark) {
		return err
	}
	return s.Sync(ctx)
}

func (s *Service) stepOne(ctx context.Context, c *Live) (bool, error) {
	now := s.Clock.Now(c.Markets, c.Brands).UnixMicro()
	switch {
	case c.State == scheduled && now >= c.Start:
		return s.move(ctx, c.ID, scheduled, live)
	case c.State == live && now >= c.End:
		return s.move(ctx, c.ID, live, closing)
	case c.State == closing && c.CloseSeq == 0 && now >= c.GraceEnd:
		return s.closeAtHead(ctx, c)
	case c.State == closing && c.CloseSeq != 0:
		return s.finalise(ctx, c)
	}
	return false, nil
}

// move is a transition that changes nothing but the state.
func (s *Service) move(ctx context.Context, id string, from, to laurelv1.ContestState) (moved bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "UPDATE contest SET state = $1, changed_at = $2 WHERE id = $3 AND state = $4", int(to), s.Now().UnixMicro(), id, int(from))
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		if moved = rows == 1; !moved || err != nil {
			return err
		}
		return bump(ctx, tx)
	})
	return moved, err
}

// closeAtHead sets the journal position after which nothing counts any more. With an event clock the fold sets it, in order.
func (s *Service) closeAtHead(ctx context.Context, c *Live) (moved bool, err error) {
	if _, byFold := s.Clock.(*EventClock); byFold {
		return false, nil
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// The lock keeps the fold from committing events above the head that is read under it.
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		head, err := s.Journal.Head(ctx, tx)
		if err != nil {
			return err
		}
		if head == 0 {
			head = -1 // nothing was ever appended, so nothing counts; 0 would say that the contest is open
		}
		moved, err = Close(ctx, tx, c.ID, head)
		return err
	})
	return moved, err
}

// Close sets the last journal position that counts, once.
func Close(ctx context.Context, tx *store.Tx, id string, position int64) (closed bool, err error) {
	if _, err := lockRevision(ctx, tx); err != nil {
		return false, err
	}
	result, err := tx.ExecContext(ctx, "UPDATE contest SET close_seq = $1 WHERE id = $2 AND close_seq IS NULL", position, id)
	if err != nil {
		return false, fmt.Errorf("close contest: %w", err)
	}
	rows, err := result.RowsAffected()
	if rows == 0 || err != nil {
		return false, err
	}
	return true, bump(ctx, tx)
}

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
	return s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING")
		if err != nil {
			return fmt.Errorf("prepare final standings: %w", err)
		}
		defer func() { _ = insert.Close() }()
		for i, row := range rows {
			if _, err := insert.ExecContext(ctx, contestID, after+int64(i)+1, row.UserID, row.Units, []byte(row.Tie)); err != nil {
				return fmt.Errorf("freeze standings: %w", err)
			}
		}
		return nil
	})
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

// StepInterval is how often the life-cycle worker looks for transitions that are due.
const StepInterval = 250 * time.Millisecond

// Run steps until ctx ends. An error is logged and the step tried again at the next interval.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(StepInterval)
	defer ticker.Stop()
	for {
		if err := s.Step(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "contest transition failed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
