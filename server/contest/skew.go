package contest

import (
	"context"
	"sync"
	"time"
)

const (
	// maxSkew is how far a process's clock may be from the database's while it drives life cycles. Such a process is not trusted with anything
	// that is timed.
	maxSkew = 2 * time.Second
	// skewWarning is how often the log is told of a clock that is further off.
	skewWarning = time.Minute
)

// skew is what the last look at the database's clock said.
type skew struct {
	mu     sync.Mutex
	ahead  time.Duration
	warned time.Time
}

// Skew returns how far this process's clock is ahead of the database's, below zero when it is behind, and whether that is so far that it
// drives no life cycles. It is what the last Step saw, and 0 with a clock that is not a DatabaseClock.
func (s *Service) Skew() (ahead time.Duration, refuses bool) {
	s.skew.mu.Lock()
	defer s.skew.mu.Unlock()
	return s.skew.ahead, s.skew.ahead.Abs() > maxSkew
}

// look reads the revision, and the clock by which a step decides: with a DatabaseClock it stands at the database's time of the same query.
// It is nil when the process's clock is too far from that.
func (s *Service) look(ctx context.Context) (revision int64, clock Clock, err error) {
	shared, byDatabase := s.Clock.(DatabaseClock)
	wall := s.Now
	if byDatabase {
		wall = shared.Wall
	}
	asked := wall()
	revision, micros, err := readRevisionAndTime(ctx, s.Store)
	if err != nil {
		return 0, nil, err
	}
	if !byDatabase {
		return revision, s.Clock, nil
	}
	now, answered := time.UnixMicro(micros), wall()
	if s.note(ctx, ahead(asked, now, answered), answered) {
		return revision, nil, nil
	}
	return revision, WallClock(func() time.Time { return now }), nil
}

// ahead is how far a clock that read asked before and answered after a query is at least ahead of one that read now during it; below zero
// when it is behind.
func ahead(asked, now, answered time.Time) time.Duration {
	switch {
	case asked.After(now):
		return asked.Sub(now)
	case answered.Before(now):
		return answered.Sub(now)
	}
	return 0
}

// note keeps the skew, and tells whether it is too far. The log hears of it now and then.
func (s *Service) note(ctx context.Context, by time.Duration, at time.Time) (refuses bool) {
	s.skew.mu.Lock()
	s.skew.ahead, refuses = by, by.Abs() > maxSkew
	warn := refuses && at.Sub(s.skew.warned).Abs() >= skewWarning
	if warn {
		s.skew.warned = at
	}
	s.skew.mu.Unlock()
	if warn {
		s.Log.ErrorContext(ctx, "this machine's clock is too far from the database's: contests are neither started nor closed by this "+
			"process; set the clock right",
			"ahead", by.String(), "at_most", maxSkew.String())
	}
	return refuses
}
