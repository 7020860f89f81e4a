package realtime

import (
	"sync"

	"github.com/gorilla/websocket"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// feed is one watched channel. What its groups show is the board of a contest.
type feed struct {
	channel Channel

	// turn is guarded by the timetable.
	turn turn
	// sorted belongs to whoever reads the board: the database had to sort the rows last read.
	sorted bool
	// sending measures how long frames wait until they are written.
	sending sending

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

// group is the subscribers of a board who see the same rows.
type group struct {
	channel  Channel
	key      groupKey
	epoch    int64
	revision int64
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

// subscription is one connection watching one channel.
type subscription struct {
	connection *connection
	channel    Channel
	around     int64
	// lagging is guarded by the connection's queue.
	lagging bool
	// The next fields are guarded by the feed; feed itself is set once, by join.
	feed  *feed
	group *group
	own   ownState
}

func newFeed(channel Channel) *feed {
	return &feed{channel: channel, groups: make(map[groupKey]*group), players: make(map[*subscription]struct{})}
}

// join adds a subscription to its group and queues the group's state; the first of a group waits for a reading.
func (h *Hub) join(s *subscription, key groupKey) {
	for {
		f := h.timetable.feed(s.channel, h.config.Now())
		if h.joinFeed(f, s, key) {
			return
		}
		// The last one left just now: the hub is about to forget this feed.
		h.timetable.forget(f)
	}
}

func (h *Hub) joinFeed(f *feed, s *subscription, key groupKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return false
	}
	g := f.groups[key]
	if g == nil {
		g = &group{channel: f.channel, key: key, epoch: h.nextEpoch(), members: make(map[*subscription]struct{})}
		f.groups[key] = g
	}
	g.members[s] = struct{}{}
	s.feed, s.group = f, g
	if s.connection.viewer.UserID != "" {
		f.players[s] = struct{}{}
	}
	h.show(s)
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
		h.timetable.forget(f)
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
	h.show(s)
}

// show queues the group's state, if it has one yet, and has the player's own place follow. Callers hold the feed's lock.
func (h *Hub) show(s *subscription) {
	if s.group.ready {
		s.connection.pushShared(s, s.group.snapshot, outgoing{})
	}
	if _, player := s.feed.players[s]; player || !s.group.ready {
		s.own.owed = true
		h.timetable.want(s.feed)
	}
}

// snapshot gives the group's state in one form.
func (g *group) snapshot(form int) (*websocket.PreparedMessage, error) {
	if g.snapshots[form] != nil {
		return g.snapshots[form], nil
	}
	message, err := prepare(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Snapshot{Snapshot: &laurelv1.BoardSnapshot{
		Channel:  g.channel.message(),
		Epoch:    g.epoch,
		Revision: g.revision,
		Contest:  g.contest,
		Top:      g.rows,
		Total:    g.total,
		Stale:    g.stale,
	}}}, form)
	g.snapshots[form] = message
	return message, err
}

// pushShared queues a frame that many get; item says what is measured of it.
func (c *connection) pushShared(s *subscription, frame func(form int) (*websocket.PreparedMessage, error), item outgoing) {
	message, err := frame(c.form())
	if err != nil {
		c.hub.config.Log.Error("encode shared frame", "channel", s.channel, "error", err)
		return
	}
	item.prepared, item.subscription = message, s
	c.push(item)
}
