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

// refresh loads the set again when another process, or the fold, has changed a contest.
func (s *Service) refresh(ctx context.Context) error {
	fresh := true
	err := s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		revision, err := readRevision(ctx, tx, "")
		fresh = revision == s.Set().Revision
		return err
	})
	if err != nil || fresh {
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
	head, err := s.Journal.Head(ctx)
	if err != nil {
		return false, err
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		moved, err = Close(ctx, tx, c.ID, max(head, 1))
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

// finalise freezes the standings once the fold has passed the close position.
func (s *Service) finalise(ctx context.Context, c *Live) (done bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := lockRevision(ctx, tx); err != nil {
			return err
		}
		folded, err := s.Journal.Folded(ctx, tx, c.CloseSeq)
		if err != nil || !folded {
			return err
		}
		result, err := tx.ExecContext(ctx, "UPDATE contest SET state = $1, changed_at = $2 WHERE id = $3 AND state = $4", int(final), s.Now().UnixMicro(), c.ID, int(closing))
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		if rows == 0 || err != nil {
			return err
		}
		if err := freeze(ctx, tx, c); err != nil {
			return err
		}
		done = true
		return bump(ctx, tx)
	})
	return done, err
}

// freeze copies the standings in order and hashes them with the definition they come from.
func freeze(ctx context.Context, tx *store.Tx, c *Live) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO final_standing (contest_id, place, user_id, units, tie) SELECT contest_id, row_number() OVER (ORDER BY "+
		order(tx.Dialect())+"), user_id, units, tie FROM standing WHERE contest_id = $1", c.ID)
	if err != nil {
		return fmt.Errorf("freeze standings: %w", err)
	}
	result := NewResultHash(c.Hash, c.CloseSeq)
	players := int64(0)
	for row, err := range query(ctx, tx, "SELECT user_id, units, tie FROM final_standing WHERE contest_id = $1 ORDER BY place", c.ID) {
		if err != nil {
			return err
		}
		players++
		result.Add(players, row)
	}
	_, err = tx.ExecContext(ctx, "UPDATE contest SET result_hash = $1, players = $2 WHERE id = $3", result.Sum(), players, c.ID)
	if err != nil {
		return fmt.Errorf("store result: %w", err)
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
