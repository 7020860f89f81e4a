package contest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
// A contest that can't go on does not hold up the others, and none waits to be closed while another is frozen, which may take long.
func (s *Service) Step(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	failed := map[string]error{}
	for range maxTransitions {
		moved := s.pass(ctx, s.advance, failed)
		if s.pass(ctx, s.conclude, failed) {
			moved = true
		}
		if !moved {
			break
		}
		if err := s.Sync(ctx); err != nil {
			return err
		}
	}
	return errors.Join(slices.Collect(maps.Values(failed))...)
}

// pass takes each contest one step on, leaving out those that have failed.
func (s *Service) pass(ctx context.Context, step func(context.Context, *Live) (bool, error), failed map[string]error) (moved bool) {
	for _, c := range s.Set().All() {
		if failed[c.ID] != nil {
			continue
		}
		did, err := step(ctx, c)
		if err != nil {
			failed[c.ID] = fmt.Errorf("contest %s: %w", c.ID, err)
		}
		moved = moved || did
	}
	return moved
}

// refresh loads the set again when another process, the fold or a publisher has changed something.
func (s *Service) refresh(ctx context.Context) error {
	revision, mark, err := s.marks(ctx)
	if err != nil || (revision == s.Set().Revision && mark == s.Set().mark) {
		return err
	}
	return s.Sync(ctx)
}

// advance makes the transitions that are quick.
func (s *Service) advance(ctx context.Context, c *Live) (bool, error) {
	now := s.Clock.Now(c.Markets, c.Brands).UnixMicro()
	switch {
	case c.State == scheduled && now >= c.Start:
		return s.move(ctx, c.ID, scheduled, live)
	case c.State == live && now >= c.End:
		return s.move(ctx, c.ID, live, closing)
	case c.State == closing && c.CloseSeq == 0 && now >= c.GraceEnd:
		return s.closeAtHead(ctx, c)
	}
	return false, nil
}

// conclude makes a closed contest final.
func (s *Service) conclude(ctx context.Context, c *Live) (bool, error) {
	if c.State != closing || c.CloseSeq == 0 {
		return false, nil
	}
	return s.finalise(ctx, c)
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
