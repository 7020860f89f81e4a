package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"buf.build/go/protovalidate"
	"github.com/gorilla/websocket"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// Hub tells sockets what changed. All methods may be called from many goroutines at once.
type Hub struct {
	config    Config
	upgrader  websocket.Upgrader
	validator protovalidate.Validator
	origins   originList
	names     *nameCache
	outbox    *outbox

	// firstEpoch is when the hub was made, so that no epoch is used by two hubs in a row.
	firstEpoch int64
	epochs     atomic.Int64

	feedsMu sync.RWMutex
	feeds   map[string]*feed

	socketsMu  sync.Mutex
	sockets    map[*connection]struct{}
	perAddress map[string]int
	admitted   int
	closed     bool
	// running counts the goroutines of sockets.
	running sync.WaitGroup

	// workers counts the boards that are being read.
	workers chan struct{}
	updates sync.WaitGroup
}

// New makes a hub. It serves sockets at once and sends them boards while Run runs.
func New(config Config) (*Hub, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	origins, err := parseOrigins(config.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	validator, err := protovalidate.New(protovalidate.WithMessages(&laurelv1.ClientFrame{}), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, fmt.Errorf("compile frame rules: %w", err)
	}
	return &Hub{
		config:     config,
		upgrader:   newUpgrader(),
		validator:  validator,
		origins:    origins,
		names:      newNameCache(config),
		outbox:     newOutbox(),
		firstEpoch: config.Now().UnixMicro(),
		feeds:      make(map[string]*feed),
		sockets:    make(map[*connection]struct{}),
		perAddress: make(map[string]int),
		workers:    make(chan struct{}, config.Limits.BoardWorkers),
	}, nil
}

// Changed says that a board has new places. oldestIngestMicros is when the oldest event behind them arrived, in microseconds since 1970; 0
// when no event caused it. Call it after the rank store has the places, once a fold batch and board; it costs no more than a few flags.
func (h *Hub) Changed(contestID string, oldestIngestMicros int64) {
	h.mark(contestID, oldestIngestMicros)
	h.outbox.put(contestID, oldestIngestMicros)
}

// ContestChanged says that a contest moved on in its life or has a new version, so that Config.Contest now answers otherwise.
func (h *Hub) ContestChanged(contestID string) { h.Changed(contestID, 0) }

// NameChanged forgets the public names of players; their rows show the new ones when their board is read next.
func (h *Hub) NameChanged(userIDs ...string) { h.names.forget(userIDs) }

// Sockets gives how many sockets are open.
func (h *Hub) Sockets() int {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	return len(h.sockets)
}

// mark flags a board if anyone watches it.
func (h *Hub) mark(contestID string, oldestIngestMicros int64) {
	h.feedsMu.RLock()
	f := h.feeds[contestID]
	h.feedsMu.RUnlock()
	if f != nil {
		f.mark(oldestIngestMicros)
	}
}

// markAll flags every watched board, after words between processes may have been lost.
func (h *Hub) markAll() {
	for _, f := range h.watched() {
		f.mark(0)
	}
}

func (h *Hub) watched() []*feed {
	h.feedsMu.RLock()
	defer h.feedsMu.RUnlock()
	feeds := make([]*feed, 0, len(h.feeds))
	for _, f := range h.feeds {
		feeds = append(feeds, f)
	}
	return feeds
}

// feed gives the feed of a contest, made when missing.
func (h *Hub) feed(contestID string) *feed {
	h.feedsMu.Lock()
	defer h.feedsMu.Unlock()
	f := h.feeds[contestID]
	if f == nil {
		f = newFeed(contestID)
		h.feeds[contestID] = f
	}
	return f
}

// forget removes a feed that nobody watches any more.
func (h *Hub) forget(f *feed) {
	h.feedsMu.Lock()
	defer h.feedsMu.Unlock()
	if h.feeds[f.contestID] == f {
		delete(h.feeds, f.contestID)
	}
}

// nextEpoch gives a number that no group had before, in this hub or in an earlier one on the same clock.
func (h *Hub) nextEpoch() int64 { return h.firstEpoch + h.epochs.Add(1) }

// sweepEvery is how often deadlines of sockets are looked at.
const sweepEvery = time.Second

// Run reads boards and sends frames until ctx ends. It returns when nothing it started is left; sockets stay open until Close.
func (h *Hub) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var others sync.WaitGroup
	others.Go(func() { h.publish(ctx) })
	others.Go(func() { h.listen(ctx) })
	defer others.Wait()
	defer h.updates.Wait()

	tick := time.NewTicker(h.config.Tick)
	defer tick.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			h.sweep(h.config.Now())
		case <-tick.C:
			h.tick(ctx)
		}
	}
}

// tick starts the reading of every board that is due and not being read. One that finds no worker free is due at the next tick again.
func (h *Hub) tick(ctx context.Context) {
	now := h.config.Now()
	for _, f := range h.watched() {
		if !f.due(now) {
			continue
		}
		select {
		case h.workers <- struct{}{}:
		default:
			return
		}
		f.busy.Store(true)
		h.updates.Go(func() {
			defer func() { <-h.workers }()
			defer f.busy.Store(false)
			h.update(ctx, f)
		})
	}
}

// Close refuses new sockets, tells the open ones to go with a WebSocket close code, such as 1001 when the server goes down or 1012 when it
// restarts, and waits for them. When ctx ends first it cuts them off and returns ctx's error.
func (h *Hub) Close(ctx context.Context, code int, reason string) error {
	h.socketsMu.Lock()
	h.closed = true
	for c := range h.sockets {
		c.close(code, reason)
	}
	h.socketsMu.Unlock()

	gone := make(chan struct{})
	go func() {
		h.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	h.socketsMu.Lock()
	var cut []error
	for c := range h.sockets {
		cut = append(cut, c.socket.Close())
	}
	h.socketsMu.Unlock()
	<-gone
	if err := errors.Join(cut...); err != nil {
		h.config.Log.Debug("cut sockets off", "error", err)
	}
	return fmt.Errorf("close sockets: %w", ctx.Err())
}
