package realtime

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// outgoing is one frame that waits for a socket: shared by many (prepared), or this socket's own (message).
type outgoing struct {
	prepared    *websocket.PreparedMessage
	message     []byte
	messageType int
	// subscription is set for a board's frames, which may be dropped for a later snapshot.
	subscription *subscription
	// oldestMicros is the arrival of the oldest event in it, and queuedMicros when the first socket's was queued; 0 when it is not measured.
	oldestMicros, queuedMicros int64
}

// order is what the writer does next: send a frame, give snapshots, close, or end when nothing is set.
type order struct {
	sending bool
	send    outgoing
	resync  []*subscription
	close   *closing
}

// closing is how a connection ends.
type closing struct {
	code   int
	reason string
}

// queue holds the frames for one socket. It never blocks who puts something in. Its writer runs only while there is something to do: most
// sockets are idle most of the time, and the stack of a goroutine that waits would be half of what a socket costs.
type queue struct {
	limit int
	// begin starts the writer; it is called under the lock, and not again before the writer was told to end.
	begin func()

	mu      sync.Mutex
	writing bool
	items   []outgoing
	head    int
	// lagging are the subscriptions whose frames were dropped and that get a snapshot when the queue is empty.
	lagging []*subscription
	closing *closing
	stopped bool
	// slowSince and slowTimes count how often the queue was full of late.
	slowSince time.Time
	slowTimes int
}

// wake starts the writer if it is not running. Callers hold the lock.
func (q *queue) wake() {
	if !q.writing {
		q.writing = true
		q.begin()
	}
}

// verdict says what came of a push.
type verdict uint8

const (
	// queued means that the frame will be sent.
	queued verdict = iota + 1
	// dropped means that it will not: its subscription gets a snapshot later, or the connection ends.
	dropped
	// full means that it was dropped and that this is when the queue ran over.
	full
)

// push adds a board's frame. When the queue is full every board frame in it gives way, since the snapshot that follows holds it all.
func (q *queue) push(item outgoing) verdict {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped || q.closing != nil || (item.subscription != nil && item.subscription.lagging) {
		return dropped
	}
	if q.waiting() < q.limit {
		q.add(item)
		return queued
	}
	q.dropBoards()
	if item.subscription != nil {
		q.lag(item.subscription)
	} else if q.waiting() < q.limit {
		q.add(item)
	}
	return full
}

// slow counts one more time that the queue was full and gives how many there were within the window.
func (q *queue) slow(now time.Time, window time.Duration) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.slowSince) > window {
		q.slowSince, q.slowTimes = now, 0
	}
	q.slowTimes++
	return q.slowTimes
}

// caughtUp lets a subscription's frames in again.
func (q *queue) caughtUp(s *subscription) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.lagging = false
}

// next gives the writer something to do, or has it end.
func (q *queue) next() order {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.stopped:
		return order{}
	case q.head < len(q.items):
		item := q.items[q.head]
		q.items[q.head] = outgoing{}
		q.head++
		if q.head == len(q.items) {
			q.reset()
		}
		return order{sending: true, send: item}
	case q.closing != nil:
		return order{close: q.closing}
	case len(q.lagging) > 0:
		resync := q.lagging
		q.lagging = nil
		return order{resync: resync}
	}
	q.writing = false
	return order{}
}

// finish has the writer send what is not a board's frame and then close. Only the first call counts, and it returns true.
func (q *queue) finish(code int, reason string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closing != nil || q.stopped {
		return false
	}
	q.dropBoards()
	q.closing = &closing{code: code, reason: reason}
	q.wake()
	return true
}

// stop ends the writer after what it is doing, and starts none any more.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.items, q.lagging = nil, nil
	q.head = 0
}

// ending reports whether the connection is about to close.
func (q *queue) ending() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopped || q.closing != nil
}

func (q *queue) waiting() int { return len(q.items) - q.head }

func (q *queue) add(item outgoing) {
	if q.writing {
		item.queuedMicros = 0 // it waits for its client, which says nothing of the machine
	}
	if q.head > 0 && len(q.items) == cap(q.items) {
		// What was sent leaves its room to what comes, else a queue that is never empty would grow for ever.
		left := copy(q.items, q.items[q.head:])
		clear(q.items[left:])
		q.items, q.head = q.items[:left], 0
	}
	q.items = append(q.items, item)
	q.wake()
}

// idleItems is how much room an empty queue keeps: more would add up over ten thousand sockets.
const idleItems = 2

func (q *queue) reset() {
	q.head = 0
	if cap(q.items) > idleItems {
		q.items = nil
		return
	}
	q.items = q.items[:0]
}

// lag marks a subscription as lagging and has the writer look.
func (q *queue) lag(s *subscription) {
	if !s.lagging {
		s.lagging = true
		q.lagging = append(q.lagging, s)
		q.wake()
	}
}

// dropBoards removes every board's frame and marks their subscriptions as lagging.
func (q *queue) dropBoards() {
	var kept []outgoing
	for _, item := range q.items[q.head:] {
		if item.subscription == nil {
			kept = append(kept, item)
			continue
		}
		q.lag(item.subscription)
	}
	q.items, q.head = kept, 0
}
