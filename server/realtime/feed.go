package realtime

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// feed is one watched contest.
type feed struct {
	contestID string

	// changed is set when the board may have new places, wanted when a subscriber waits for something.
	changed atomic.Bool
	wanted  atomic.Bool
	// oldestMicros is the arrival of the oldest event behind the changes not yet read; 0 for none.
	oldestMicros atomic.Int64
	// busy is set while the board is read.
	busy atomic.Bool
	// stale belongs to whoever set busy: the rows last read came from the slower copy.
	stale bool
	// retryMicros is when it may be read again after an error, refreshMicros when it is read though nothing was said.
	retryMicros   atomic.Int64
	refreshMicros atomic.Int64

	mu sync.Mutex
	// gone is set when the last subscriber left and the hub forgets the feed; nobody may join any more.
	gone   bool
	groups map[groupKey]*group
	// players are the subscriptions that get own places.
	players map[*subscription]struct{}
	// readings counts how often the whole board was looked at; a player whose seen is lower has yet to be told.
	readings int64
}

// groupKey tells groups apart: whose members get the same frames.
type groupKey struct {
	top     int64
	userIDs bool
}

// group is the subscribers of a contest who see the same rows.
type group struct {
	contestID string
	key       groupKey
	epoch     int64
	revision  int64
	// ready is set once the group has a state.
	ready   bool
	rows    []*laurelv1.LeaderboardRow
	total   int64
	stale   bool
	contest *laurelv1.ContestSummary
	members map[*subscription]struct{}
	// snapshots are the state's frame in each form, made when first asked for.
	snapshots [forms]*websocket.PreparedMessage
}

// subscription is one connection watching one contest.
type subscription struct {
	connection *connection
	contestID  string
	around     int64
	// lagging is guarded by the connection's queue.
	lagging bool
	// The next fields are guarded by the feed; feed itself is set once, by join.
	feed  *feed
	group *group
	own   ownState
}

func newFeed(contestID string) *feed {
	return &feed{contestID: contestID, groups: make(map[groupKey]*group), players: make(map[*subscription]struct{})}
}

// mark says that the board may have new places. The flag comes last: whoever takes it finds the time.
func (f *feed) mark(oldestMicros int64) {
	f.keepOldest(oldestMicros)
	f.changed.Store(true)
}

func (f *feed) keepOldest(oldestMicros int64) {
	if oldestMicros <= 0 {
		return
	}
	for {
		known := f.oldestMicros.Load()
		if known != 0 && known <= oldestMicros || f.oldestMicros.CompareAndSwap(known, oldestMicros) {
			return
		}
	}
}

// due reports whether the board is to be read now.
func (f *feed) due(now time.Time) bool {
	if f.busy.Load() || now.UnixMicro() < f.retryMicros.Load() {
		return false
	}
	return f.changed.Load() || f.wanted.Load() || now.UnixMicro() >= f.refreshMicros.Load()
}

// join adds a subscription to its group and queues the group's state; the first of a group waits for the next tick.
func (h *Hub) join(s *subscription, key groupKey) {
	for {
		f := h.feed(s.contestID)
		if f.join(s, key, h.nextEpoch) {
			return
		}
		// The last one left just now: the hub is about to forget this feed.
		h.forget(f)
	}
}

func (f *feed) join(s *subscription, key groupKey, nextEpoch func() int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return false
	}
	g := f.groups[key]
	if g == nil {
		g = &group{contestID: f.contestID, key: key, epoch: nextEpoch(), members: make(map[*subscription]struct{})}
		f.groups[key] = g
	}
	g.members[s] = struct{}{}
	s.feed, s.group = f, g
	if s.connection.viewer.UserID != "" {
		f.players[s] = struct{}{}
	}
	f.show(s)
	return true
}

// leave takes a subscription out.
func (h *Hub) leave(s *subscription) {
	f := s.feed
	f.mu.Lock()
	g := s.group
	delete(g.members, s)
	delete(f.players, s)
	s.group = nil
	if len(g.members) == 0 {
		delete(f.groups, g.key)
	}
	gone := len(f.groups) == 0
	f.gone = gone
	f.mu.Unlock()
	if gone {
		h.forget(f)
	}
}

// resync gives a subscription the state of its group once more.
func (h *Hub) resync(s *subscription) {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.group == nil {
		return
	}
	s.connection.queue.caughtUp(s)
	f.show(s)
}

// show queues the group's state, if it has one yet, and has the player's own place follow. Callers hold the lock.
func (f *feed) show(s *subscription) {
	if s.group.ready {
		s.connection.pushShared(s, s.group.snapshot, 0)
	}
	if _, player := f.players[s]; player || !s.group.ready {
		s.own.owed = true
		f.wanted.Store(true)
	}
}

// snapshot gives the group's state in one form.
func (g *group) snapshot(form int) (*websocket.PreparedMessage, error) {
	if g.snapshots[form] != nil {
		return g.snapshots[form], nil
	}
	message, err := prepare(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Snapshot{Snapshot: &laurelv1.BoardSnapshot{
		ContestId: g.contestID,
		Epoch:     g.epoch,
		Revision:  g.revision,
		Contest:   g.contest,
		Top:       g.rows,
		Total:     g.total,
		Stale:     g.stale,
	}}}, form)
	g.snapshots[form] = message
	return message, err
}

// pushShared queues a frame that many get.
func (c *connection) pushShared(s *subscription, frame func(form int) (*websocket.PreparedMessage, error), oldestMicros int64) {
	message, err := frame(c.form())
	if err != nil {
		c.hub.config.Log.Error("encode shared frame", "contest", s.contestID, "error", err)
		return
	}
	c.push(outgoing{prepared: message, subscription: s, oldestMicros: oldestMicros})
}
