package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
)

const (
	senderCount   = 4
	senderBatch   = 50
	senderPlayers = 1500
	// senderEvery is the pace of one sender: together they send 2 000 events a second.
	senderEvery = senderCount * senderBatch * time.Second / 2000
	// senderPause lies between two tries of one batch, of which each gets senderPatience. Where two processes serve, the next try is at the
	// other one.
	senderPause    = 20 * time.Millisecond
	senderPatience = 5 * time.Second
)

// senders post batches of events as careful clients do: what they don't know the outcome of they send again.
type senders struct {
	in     *installation
	stop   chan struct{}
	ended  sync.WaitGroup
	client *http.Client
	failed atomic.Pointer[string]

	mu sync.Mutex
	// sent are all events that ever left a sender, acked those for which a server said that they are durable.
	sent  map[string]*laurelv1.Event
	acked map[string]bool
	// unknown counts calls without an answer, again the events that were sent again after they had been acknowledged, given the batches given
	// up.
	unknown, again, given int
}

func startSenders(t *testing.T, in *installation, seed uint64) *senders {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: senderCount}
	t.Cleanup(transport.CloseIdleConnections)
	s := &senders{
		in: in, stop: make(chan struct{}), client: &http.Client{Transport: transport, Timeout: senderPatience},
		sent: map[string]*laurelv1.Event{}, acked: map[string]bool{},
	}
	for number := range senderCount {
		random := rand.New(rand.NewPCG(seed, uint64(number+1)))
		s.ended.Go(func() { s.run(t.Context(), random, number) })
	}
	return s
}

func (s *senders) run(ctx context.Context, random *rand.Rand, number int) {
	pace := time.NewTicker(senderEvery)
	defer pace.Stop()
	var earlier []*laurelv1.Event
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return
		case <-s.stop:
			return
		case <-pace.C:
		}
		batch := make([]*laurelv1.Event, senderBatch)
		for i := range batch {
			batch[i] = senderEvent(random, fmt.Sprintf("k-%d-%d-%d", number, round, i))
		}
		// Now and then a batch carries events that were acknowledged long ago.
		if len(earlier) > 0 && random.IntN(8) == 0 {
			copy(batch[:10], earlier[:10])
		}
		if s.deliver(ctx, random, number, batch) {
			earlier = batch
		}
	}
}

// senderEvent is a round with few different values, so that there are many ties.
func senderEvent(random *rand.Rand, id string) *laurelv1.Event {
	win, duration := int64(50*(1+random.IntN(20))), int64(1000*(1+random.IntN(5)))
	at := time.Date(2025, 6, 1, 0, 0, random.IntN(600), 0, time.UTC)
	return &laurelv1.Event{
		EventId: id, Name: "round_end", EventTs: timestamppb.New(at), User: &laurelv1.User{Id: fmt.Sprintf("u%d", random.IntN(senderPlayers))},
		Market: "DE", Brand: "X", Game: &laurelv1.Game{Id: "g_1", Provider: "Hacksaw"}, Bet: &laurelv1.Bet{AmountMinor: 100, Currency: "EUR"},
		Win: &laurelv1.Win{AmountMinor: win, Currency: "EUR"}, Round: &laurelv1.Round{Id: "r-" + id, State: "ended", DurationMs: &duration},
	}
}

// deliver sends a batch until its outcome is known. A few clients give up instead and never learn it.
func (s *senders) deliver(ctx context.Context, random *rand.Rand, number int, batch []*laurelv1.Event) bool {
	s.mu.Lock()
	for _, e := range batch {
		if _, known := s.sent[e.GetEventId()]; !known {
			s.sent[e.GetEventId()] = proto.CloneOf(e)
		}
	}
	s.mu.Unlock()
	for try := number; ctx.Err() == nil; try++ {
		doors := s.in.doors()
		response, err := s.ingest(ctx, doors[try%len(doors)], batch)
		if err == nil {
			return s.learn(batch, response)
		}
		s.mu.Lock()
		s.unknown++
		s.mu.Unlock()
		if connect.IsWireError(err) && !retryable(err) {
			s.fail("the server answers %s", err)
			return false
		}
		if random.IntN(40) == 0 {
			s.mu.Lock()
			s.given++
			s.mu.Unlock()
			return false
		}
		select {
		case <-ctx.Done():
		case <-time.After(senderPause):
		}
	}
	return false
}

func (s *senders) ingest(ctx context.Context, at string, batch []*laurelv1.Event) (*laurelv1.IngestResponse, error) {
	client := laurelv1connect.NewIngestServiceClient(s.client, at+"/rpc", connect.WithInterceptors(bearer(s.in.key)))
	return client.Ingest(ctx, &laurelv1.IngestRequest{Events: batch})
}

// bearer sends a key along.
func bearer(key string) connect.Interceptor {
	return connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
			request.Header().Set("Authorization", "Bearer "+key)
			return next(ctx, request)
		}
	})
}

// learn takes note of what is durable now. What was durable before must be known to the server still.
func (s *senders) learn(batch []*laurelv1.Event, response *laurelv1.IngestResponse) bool {
	results, err := resultsOf(response, len(batch))
	if err != nil {
		s.fail("%s", err)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, result := range results {
		id := batch[i].GetEventId()
		switch status := result.GetStatus(); {
		case status == laurelv1.EventStatus_EVENT_STATUS_ACCEPTED && s.acked[id]:
			s.fail("event %s was acknowledged before and is new to the server now: it was lost", id)
		case status == laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, status == laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
			if s.acked[id] {
				s.again++
			}
			s.acked[id] = true
		default:
			s.fail("event %s is refused: %s %s", id, result.GetField(), result.GetReason())
		}
	}
	return true
}

func (s *senders) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.failed.CompareAndSwap(nil, &text)
}

func (s *senders) check(t assert.TestingT) {
	if text := s.failed.Load(); text != nil {
		assert.Fail(t, *text)
	}
}

func (s *senders) acknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

// unanswered counts the calls that ended without a result for each event.
func (s *senders) unanswered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unknown
}

// waitFor waits until so many events have been acknowledged.
func (s *senders) waitFor(t *testing.T, count int) {
	t.Helper()
	require.Eventually(t, func() bool { return s.acknowledged() >= count || s.failed.Load() != nil }, patience, time.Millisecond)
	s.check(t)
	require.False(t, t.Failed())
}

// finish lets the senders learn the outcome of what is under way.
func (s *senders) finish(t *testing.T) {
	t.Helper()
	close(s.stop)
	s.ended.Wait()
	s.check(t)
	require.False(t, t.Failed())
	t.Logf("%d events sent, %d acknowledged, %d calls without an answer, %d events sent again, %d batches given up", len(s.sent), len(s.acked),
		s.unknown, s.again, s.given)
}
