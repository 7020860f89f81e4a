package realtime

import (
	"sync/atomic"
	"time"
)

// sending measures what it takes to send a board's frames to its sockets, by how long a frame waits from when the first was queued until it
// is written. Waiting for a processor is part of it, so that it tells of a busy machine as well as of many sockets; waiting for a client is
// not.
type sending struct {
	micros, frames atomic.Int64
	// last belongs to whoever reads the board: what was measured last.
	last time.Duration
}

// add counts a frame that is written so long after the first was queued.
func (s *sending) add(after time.Duration) {
	s.micros.Add(after.Microseconds())
	s.frames.Add(1)
}

// take gives how long sending to all sockets takes, and begins anew. Frames are written one after the other, so the last one waits about
// twice as long as they do on average.
func (s *sending) take() time.Duration {
	if frames := s.frames.Swap(0); frames > 0 {
		s.last = time.Duration(2*s.micros.Swap(0)/frames) * time.Microsecond
	}
	return s.last
}
