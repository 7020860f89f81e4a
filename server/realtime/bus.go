package realtime

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// Change says that a channel shows something new, as it travels between processes.
type Change struct {
	// Channel is what changed. The zero value means that changes may have been missed and every channel is to be looked at.
	Channel
	// OldestIngestMicros is when the oldest event behind the change arrived, in microseconds since 1970; 0 when none caused it.
	OldestIngestMicros int64 `json:"o,omitempty"`
	// Hub tells hubs apart, so that one does not act on its own words twice.
	Hub string `json:"h,omitempty"`
}

// Bus carries changes from each hub to all hubs, the sender possibly among them; a change that comes twice does no harm.
type Bus interface {
	// Publish sends changes to every hub that is subscribed now.
	Publish(ctx context.Context, changes []Change) error
	// Subscribe hands over changes until ctx ends or the connection breaks, and returns why. Once it listens, it first hands over a Change
	// without a channel, since changes before it were missed.
	Subscribe(ctx context.Context, deliver func([]Change)) error
}

// LocalBus carries changes between the hubs of one process.
type LocalBus struct {
	mu        sync.Mutex
	listeners map[*func([]Change)]struct{}
}

// NewLocalBus makes a bus without listeners.
func NewLocalBus() *LocalBus {
	return &LocalBus{listeners: make(map[*func([]Change)]struct{})}
}

// Publish hands changes over to every listener. It never fails.
func (b *LocalBus) Publish(_ context.Context, changes []Change) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for deliver := range b.listeners {
		(*deliver)(changes)
	}
	return nil
}

// Subscribe listens until ctx ends and returns its error.
func (b *LocalBus) Subscribe(ctx context.Context, deliver func([]Change)) error {
	b.mu.Lock()
	b.listeners[&deliver] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listeners, &deliver)
	}()
	deliver([]Change{{}})
	<-ctx.Done()
	return ctx.Err()
}

// outbox gathers changes for the other processes: one entry a channel, however often it changes.
type outbox struct {
	hub     string
	mu      sync.Mutex
	waiting map[Channel]int64
	filled  chan struct{}
}

func newOutbox() *outbox {
	return &outbox{hub: rand.Text(), waiting: make(map[Channel]int64), filled: make(chan struct{}, 1)}
}

func (o *outbox) put(channel Channel, oldestMicros int64) {
	o.mu.Lock()
	known, found := o.waiting[channel]
	if !found || known == 0 || (oldestMicros > 0 && oldestMicros < known) {
		o.waiting[channel] = oldestMicros
	}
	o.mu.Unlock()
	select {
	case o.filled <- struct{}{}:
	default:
	}
}

func (o *outbox) take() []Change {
	o.mu.Lock()
	defer o.mu.Unlock()
	changes := make([]Change, 0, len(o.waiting))
	for channel, oldestMicros := range o.waiting {
		changes = append(changes, Change{Channel: channel, OldestIngestMicros: oldestMicros, Hub: o.hub})
	}
	clear(o.waiting)
	return changes
}

// publish sends gathered changes: the first at once, then at most every BusWait.
func (h *Hub) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.outbox.filled:
		}
		telling, cancel := context.WithTimeout(ctx, tellTime)
		err := h.config.Bus.Publish(telling, h.outbox.take())
		cancel()
		if err != nil && ctx.Err() == nil {
			// The other processes look at their boards every Refresh, and when their connection is back.
			h.config.Log.ErrorContext(ctx, "publish board changes", "error", err)
		}
		pause(ctx, h.config.Limits.BusWait)
	}
}

// listen flags the boards that changed in other processes, and subscribes anew when the connection breaks.
func (h *Hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.config.Bus.Subscribe(ctx, h.deliver)
		if ctx.Err() != nil {
			return
		}
		h.config.Log.ErrorContext(ctx, "listen for board changes", "error", err)
		pause(ctx, h.config.Limits.RetryWait)
	}
}

func (h *Hub) deliver(changes []Change) {
	for _, change := range changes {
		// Words of this hub's own came true already; one without a channel says that anything may have changed. So does one without a kind, from
		// a process of an older version.
		if change.Kind == "" {
			change.Channel = Channel{}
		}
		if change.Kind == "" || change.Hub != h.outbox.hub {
			h.timetable.mark(change.Channel, change.OldestIngestMicros, h.config.Now())
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
