package contest

import (
	"sync"
	"time"
)

// Clock tells contests the time.
type Clock interface {
	// Now is the time for a contest of the given markets and brands; empty lists mean any.
	Now(markets, brands []string) time.Time
}

// WallClock is the same time for every contest.
type WallClock func() time.Time

// Now is the wall clock's time.
func (c WallClock) Now(_, _ []string) time.Time { return c() }

// DatabaseClock is the clock of the database, which every process of an installation shares. Life cycles ask the database itself, and a
// process whose own clock is far from it drives none; what is only shown comes from the process's clock.
type DatabaseClock struct {
	// Wall is the process's clock.
	Wall func() time.Time
}

// Now is the process's clock.
func (c DatabaseClock) Now(_, _ []string) time.Time { return c.Wall() }

// EventClock is the highest event time folded so far, kept for each market and brand: an event of one market does not end
// a contest of another (see docs/decisions/0003). It starts at 1970 and never goes back.
type EventClock struct {
	mu    sync.RWMutex
	marks map[place]int64
}

type place struct{ market, brand string }

// Now is the highest event time folded for any of the markets and brands.
func (c *EventClock) Now(markets, brands []string) time.Time {
	scope := Definition{Markets: markets, Brands: brands}
	c.mu.RLock()
	defer c.mu.RUnlock()
	var highest int64
	for at, ts := range c.marks {
		if scope.InScope(at.market, at.brand) {
			highest = max(highest, ts)
		}
	}
	return time.UnixMicro(highest)
}

// Marks is the advance of an event clock over one batch; Begin makes it.
type Marks struct {
	clock *EventClock
	moved map[place]int64
}

// Begin starts a batch.
func (c *EventClock) Begin() *Marks { return &Marks{clock: c, moved: map[place]int64{}} }

// Observe takes an event's time and tells whether it moved the clock of its market and brand.
func (m *Marks) Observe(market, brand string, tsMicros int64) bool {
	at := place{market, brand}
	before, ok := m.moved[at]
	if !ok {
		m.clock.mu.RLock()
		before = m.clock.marks[at]
		m.clock.mu.RUnlock()
	}
	if tsMicros <= before {
		return false
	}
	m.moved[at] = tsMicros
	return true
}

// Commit moves the clock once the batch is committed.
func (m *Marks) Commit() {
	m.clock.mu.Lock()
	defer m.clock.mu.Unlock()
	for at, ts := range m.moved {
		m.clock.marks[at] = max(m.clock.marks[at], ts)
	}
}
