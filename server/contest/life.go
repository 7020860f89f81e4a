package contest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
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
	revision, clock, err := s.look(ctx)
	if err != nil {
		return err
	}
	// Another process, the fold or a publisher may have changed something.
	if revision != s.Set().Revision {
		if err := s.Sync(ctx); err != nil {
			return err
		}
	}
	if clock == nil {
		return nil
	}
	failed := map[string]error{}
	for range maxTransitions {
		moved := s.pass(ctx, func(ctx context.Context, c *Live) (bool, error) { return s.advance(ctx, clock, c) }, failed)
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

// pass takes each contest one step on, leaving out those that have failed. One that takes no events stands still: its result would lack
// what it missed, and nobody could make it good any more.
func (s *Service) pass(ctx context.Context, step func(context.Context, *Live) (bool, error), failed map[string]error) (moved bool) {
	for _, c := range s.Set().All() {
		if failed[c.ID] != nil || c.Paused() {
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

// advance makes the transitions that are quick.
func (s *Service) advance(ctx context.Context, clock Clock, c *Live) (bool, error) {
	now := clock.Now(c.Markets, c.Brands).UnixMicro()
	switch {
	case c.State == scheduled && now >= c.Start:
		return s.move(ctx, c, scheduled, live)
	case c.State == live && now >= c.End:
		return s.move(ctx, c, live, closing)
	case c.State == closing && c.CloseSeq == nil && now >= c.GraceEnd:
		return s.closeAtHead(ctx, c)
	}
	return false, nil
}

// conclude makes a closed contest final.
func (s *Service) conclude(ctx context.Context, c *Live) (bool, error) {
	if c.State != closing || c.CloseSeq == nil {
		return false, nil
	}
	return s.finalise(ctx, c)
}

// closeAtHead sets the journal positions after which nothing counts any more. With an event clock the fold sets them, in order.
func (s *Service) closeAtHead(ctx context.Context, c *Live) (moved bool, err error) {
	if _, byFold := s.Clock.(*EventClock); byFold {
		return false, nil
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// The lock keeps the fold from committing events above the head that is read under it.
		if err := catalog.HoldRevision(ctx, tx); err != nil {
			return err
		}
		if since, err := pausedSince(ctx, tx, c); err != nil || since {
			return err
		}
		head, err := s.Journal.Head(ctx, tx)
		if err != nil {
			return err
		}
		moved, err = Close(ctx, tx, c.ID, head)
		return err
	})
	return moved, err
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
