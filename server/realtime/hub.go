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

	timetable *timetable

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
		timetable:  newTimetable(config.Limits),
		sockets:    make(map[*connection]struct{}),
		perAddress: make(map[string]int),
		workers:    make(chan struct{}, config.Limits.BoardWorkers),
	}, nil
}

// Changed says that a board has new places. oldestIngestMicros is when the oldest event behind them arrived, in microseconds since 1970; 0
// when no event caused it. Call it after the rank store has the places, once a fold batch and board; it costs no more than a few flags.
func (h *Hub) Changed(contestID string, oldestIngestMicros int64) {
	h.timetable.mark(Board(contestID), oldestIngestMicros, h.config.Now())
	h.outbox.put(Board(contestID), oldestIngestMicros)
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

	turn := time.NewTimer(0)
	defer turn.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		turn.Reset(h.readDue(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			h.sweep(h.config.Now())
		case <-turn.C:
		case <-h.timetable.woken:
		}
	}
}

// readDue starts the reading of the boards whose turn it is, as many as there are workers, and gives how long there is nothing to do.
func (h *Hub) readDue(ctx context.Context) time.Duration {
	for {
		select {
		case h.workers <- struct{}{}:
		default:
			return sweepEvery // a worker that ends wakes earlier
		}
		f, what, wait := h.timetable.next(h.config.Now())
		if f == nil {
			<-h.workers
			return wait
		}
		h.updates.Go(func() {
			h.update(ctx, f, what)
			<-h.workers
			h.timetable.wake()
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
