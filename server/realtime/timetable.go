package realtime

import (
	"container/heap"
	"sync"
	"time"
)

// timetable knows the watched boards and says whose turn it is to be read. A board is in one of three states:
//
//	        it changed, a subscriber waits, or Refresh is over
//	quiet ─────────────────────────────────────────────────────► being read
//	  ▲                                                           │      ▲
//	  │ the rest is over, nothing to do                           ▼      │ the rest is over, something to do
//	  └──────────────────────────────────────────────────────── resting ─┘
//
// so a change of a quiet board is read at once, and those that come while it rests are read together.
type timetable struct {
	limits Limits
	// woken is told when there may be something to do earlier than was said.
	woken chan struct{}

	mu    sync.Mutex
	feeds map[Channel]*feed
	// turns are the feeds that are not being read, by when to look at them.
	turns turns
	// active counts the feeds that are being read or rest.
	active int
}

// turn is a feed's place in the timetable, which guards it.
type turn struct {
	// at is the index among the turns; -1 while the board is read.
	at  int
	due time.Time
	// resting is set after a reading until restedAt.
	resting  bool
	restedAt time.Time
	// changed is set when the board may have new places, wanted when a subscriber waits for something.
	changed, wanted bool
	// wantedAt is from when on a subscriber waits for something; zero for never.
	wantedAt time.Time
	// refreshAt is when the board is read though nothing was said.
	refreshAt time.Time
	// oldestMicros is the arrival of the oldest event behind the changes not yet read; 0 for none.
	oldestMicros int64
	// late is how old the oldest event behind the latest change was when that was told.
	late time.Duration
}

// errand is what a reading is for.
type errand struct {
	// changed is false when only some subscribers wait for something that is known already.
	changed      bool
	oldestMicros int64
}

func newTimetable(limits Limits) *timetable {
	return &timetable{limits: limits, woken: make(chan struct{}, 1), feeds: make(map[Channel]*feed)}
}

// wake has whoever waits for the next turn look again.
func (t *timetable) wake() {
	select {
	case t.woken <- struct{}{}:
	default:
	}
}

// feed gives the feed of a channel, made when missing. A new one is quiet.
func (t *timetable) feed(channel Channel, now time.Time) *feed {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.feeds[channel]
	if f == nil {
		f = newFeed(channel)
		f.turn.refreshAt = now.Add(t.limits.Refresh)
		f.turn.due = f.turn.refreshAt
		t.feeds[channel] = f
		heap.Push(&t.turns, f)
	}
	return f
}

// forget removes a feed that nobody watches any more.
func (t *timetable) forget(f *feed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.feeds[f.channel] != f {
		return
	}
	delete(t.feeds, f.channel)
	if f.turn.at >= 0 {
		heap.Remove(&t.turns, f.turn.at)
		t.calm(f)
	}
}

// calm ends a feed's rest. Callers hold the lock.
func (t *timetable) calm(f *feed) {
	if f.turn.resting {
		f.turn.resting = false
		t.active--
	}
}

// mark says that a board may have new places, if anyone watches it. An empty id means every board.
func (t *timetable) mark(channel Channel, oldestMicros int64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if channel != (Channel{}) {
		if f := t.feeds[channel]; f != nil {
			f.turn.late = age(oldestMicros, now)
			t.changed(f, oldestMicros)
		}
		return
	}
	for _, f := range t.feeds {
		t.changed(f, oldestMicros)
	}
}

func age(oldestMicros int64, now time.Time) time.Duration {
	if oldestMicros == 0 {
		return 0
	}
	return now.Sub(time.UnixMicro(oldestMicros))
}

// changed has a feed read when it is quiet. Callers hold the lock.
func (t *timetable) changed(f *feed, oldestMicros int64) {
	if known := f.turn.oldestMicros; oldestMicros > 0 && (known == 0 || oldestMicros < known) {
		f.turn.oldestMicros = oldestMicros
	}
	f.turn.changed = true
	t.hurry(f)
}

// want says that a subscriber waits for something.
func (t *timetable) want(f *feed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.turn.wanted = true
	t.hurry(f)
}

// hurry makes it a quiet feed's turn; of several the one that has rested longest is first. Callers hold the lock.
func (t *timetable) hurry(f *feed) {
	if f.turn.at < 0 || f.turn.resting || f.turn.due.Equal(f.turn.restedAt) {
		return
	}
	f.turn.due = f.turn.restedAt
	heap.Fix(&t.turns, f.turn.at)
	t.wake()
}

// next takes the feed whose turn it is, or gives none and how long there is nothing to do unless woken. Who takes one gives it back by
// rest.
func (t *timetable) next(now time.Time) (f *feed, what errand, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.turns) > 0 {
		f := t.turns[0]
		turn := &f.turn
		if wait := turn.due.Sub(now); wait > 0 {
			return nil, errand{}, wait
		}
		if turn.resting {
			t.calm(f)
			turn.due = turn.nextDue()
			heap.Fix(&t.turns, 0)
			continue
		}
		heap.Pop(&t.turns)
		t.active++
		// What there is to do is taken before the board is read, so that a change during the reading is read again.
		what := errand{changed: turn.changed || !now.Before(turn.refreshAt), oldestMicros: turn.oldestMicros}
		turn.changed, turn.wanted, turn.wantedAt, turn.oldestMicros = false, false, time.Time{}, 0
		if what.changed {
			turn.refreshAt = now.Add(t.limits.Refresh)
		}
		return f, what, 0
	}
	return nil, errand{}, t.limits.Refresh
}

// nextDue is when a feed that has rested is to be read.
func (t *turn) nextDue() time.Time {
	switch {
	case t.changed || t.wanted:
		return t.restedAt
	case !t.wantedAt.IsZero() && t.wantedAt.Before(t.refreshAt):
		return t.wantedAt
	}
	return t.refreshAt
}

// rest gives a feed back after a reading that cost so much time, reading and sending together. It is left alone for restShare times as long
// as all boards that are busy now would take if they cost the same: so pushing takes at most a third of a processor for one board and half
// of one for many, and as small a part of a slow or busy machine as of a fast one. It is left alone as well for as long as events take to
// get to it: who is 200 ms late gains little from a push every 20 ms. wantedAt is when it is wanted again though nothing changes; zero for
// never.
func (t *timetable) rest(f *feed, now time.Time, cost time.Duration, wantedAt time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.turn.wantedAt = wantedAt
	wait := min(max(restShare*cost*time.Duration(t.active), f.turn.late), t.limits.MaxTick)
	t.giveBack(f, now.Add(max(wait, t.limits.MinTick)))
}

// restShare is how many times as long as it took a board is left alone.
const restShare = 2

// retry gives a feed back whose errand was not done: it is tried again after RetryWait.
func (t *timetable) retry(f *feed, now time.Time, what errand) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.turn.wanted = true
	if what.changed {
		t.changed(f, what.oldestMicros)
	}
	t.giveBack(f, now.Add(t.limits.RetryWait))
}

// giveBack begins a feed's rest. Callers hold the lock.
func (t *timetable) giveBack(f *feed, until time.Time) {
	f.turn.resting, f.turn.restedAt, f.turn.due = true, until, until
	if t.feeds[f.channel] == f {
		heap.Push(&t.turns, f)
		return
	}
	// Its last subscriber left meanwhile.
	t.calm(f)
}

// turns is a heap of feeds for container/heap: the first is the one whose turn comes first.
type turns []*feed

// Len is part of heap.Interface.
func (t turns) Len() int { return len(t) }

// Less is part of heap.Interface.
func (t turns) Less(i, j int) bool { return t[i].turn.due.Before(t[j].turn.due) }

// Swap is part of heap.Interface.
func (t turns) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].turn.at, t[j].turn.at = i, j
}

// Push is part of heap.Interface.
func (t *turns) Push(pushed any) {
	f := pushed.(*feed)
	f.turn.at = len(*t)
	*t = append(*t, f)
}

// Pop is part of heap.Interface.
func (t *turns) Pop() any {
	last := len(*t) - 1
	f := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	f.turn.at = -1
	return f
}
