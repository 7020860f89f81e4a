package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const day = 24 * time.Hour

// node is a process that takes events in, by a clock that a test moves.
type node struct {
	store   *store.Store
	clock   *atomic.Int64
	journal *journal.Journal
	horizon *ingest.Horizon
	service *ingest.Service
	tooOld  atomic.Int64
	dropped atomic.Int64
	stop    func()
}

func (n *node) now() time.Time { return time.UnixMicro(n.clock.Load()) }

// start begins anew with what the database has. days is what was chosen; 0 is nothing.
func (n *node) start(t require.TestingT, days int) {
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	n.journal, err = journal.Open(ctx, n.store, 0)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	n.horizon, err = ingest.OpenHorizon(ctx, ingest.HorizonConfig{Journal: n.journal, Days: days, Now: n.now,
		Dropped: func(keys int64) { n.dropped.Add(keys) }, Log: log})
	require.NoError(t, err)
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	n.service = ingest.NewService(ingest.Config{
		Journal: n.journal, Registry: registry, Writers: 1, FutureLimit: 5 * time.Minute, Horizon: n.horizon, Now: n.now, Log: log,
		Observe: func(time.Duration, int, int, int) {}, Conflict: func() {}, TooOld: func() { n.tooOld.Add(1) },
		Lag: func(time.Duration, int64) {},
	})
	done := make(chan struct{})
	go func() { defer close(done); n.service.Run(ctx) }()
	n.stop = func() { cancel(); <-done }
}

// sweep steps until nothing more is dropped.
func (n *node) sweep(t require.TestingT) {
	for quiet := 0; quiet < 5; quiet++ { // a sweep that finds nothing takes three steps, and a mark one
		before := n.dropped.Load()
		require.NoError(t, n.horizon.Step(context.Background()))
		if n.dropped.Load() != before {
			quiet = 0
		}
	}
}

func startNodes(t *testing.T, s *store.Store, began time.Time) (*atomic.Int64, [2]*node) {
	t.Helper()
	clock := &atomic.Int64{}
	clock.Store(began.UnixMicro())
	nodes := [2]*node{{store: s, clock: clock}, {store: storetest.Again(t, s), clock: clock}}
	for _, n := range nodes {
		n.start(t, 0)
		t.Cleanup(func() { n.stop() })
	}
	return clock, nodes
}

func login(id string, at time.Time, session string) *laurelv1.Event {
	return &laurelv1.Event{EventId: id, Name: "login", EventTs: timestamppb.New(at), User: &laurelv1.User{Id: "u"}, SessionId: session}
}

// TestAnEventBeforeTheHorizonIsTooOld looks at both sides of the horizon, and at what history does there.
func TestAnEventBeforeTheHorizonIsTooOld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock, nodes := startNodes(t, s, time.Now())
		n, now := nodes[0], time.UnixMicro(time.Now().UnixMicro())
		clock.Store(now.UnixMicro())
		send := func(source string, e ...*laurelv1.Event) []ingest.Result {
			results, err := n.service.Accept(t.Context(), source, e)
			require.NoError(t, err)
			return results
		}
		edge := now.Add(-journal.DefaultHorizonDays * day)
		results := send(event.SourceMain, login("at", edge, ""), login("before", edge.Add(-time.Microsecond), ""))
		require.Equal(t, accepted, results[0].Status)
		require.Equal(t, ingest.Result{
			Status: rejected, Field: "event_ts", TooOld: true,
			Reason: "is too old: events are taken in for 400 days after they happened, since repeats are told for so long; laurel ingest " +
				"--history imports older ones",
		}, results[1])
		require.EqualValues(t, 1, n.tooOld.Load())
		require.Equal(t, duplicate, send(event.SourceMain, login("at", edge, ""))[0].Status)
		clock.Add(1)
		require.True(t, send(event.SourceMain, login("at", edge, ""))[0].TooOld, "a repeat of an accepted event too")

		for _, want := range []laurelv1.EventStatus{accepted, duplicate} { // in main it has come in before
			require.Equal(t, want, send(event.HistoryOf(event.SourceMain), login("at", edge, ""))[0].Status)
			require.Equal(t, want, send(event.HistoryOf("shop"), login("at", edge, ""))[0].Status, "each source has its own history")
		}
	})
}

// TestAFloorAboveTheHorizonIsTold: where a shorter horizon has dropped keys, a longer one does not take in what happened before.
func TestAFloorAboveTheHorizonIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock, nodes := startNodes(t, s, time.Now().Add(-100*day))
		began := nodes[0].now()
		_, err := nodes[0].service.Accept(t.Context(), "", []*laurelv1.Event{login("a", began, "")})
		require.NoError(t, err)
		clock.Store(time.Now().UnixMicro())
		_, err = nodes[0].journal.SetHorizonDays(t.Context(), 30)
		require.NoError(t, err)
		nodes[0].sweep(t)
		require.EqualValues(t, 1, nodes[0].dropped.Load())
		_, err = nodes[0].journal.SetHorizonDays(t.Context(), 400)
		require.NoError(t, err)
		require.NoError(t, nodes[0].horizon.Step(t.Context()))
		for _, n := range nodes { // one knows the floor, the other only hears of it from the journal
			results, err := n.service.Accept(t.Context(), "", []*laurelv1.Event{login("a", began, ""), login("a", began, ""),
				login("b", n.now(), n.store.Process())})
			require.NoError(t, err)
			require.Regexp(t, `^is too old: repeats of what happened before 20.*Z can't be told any more, since the horizon was shorter once; `+
				`laurel ingest --history imports it$`, results[0].Reason)
			require.True(t, results[0].TooOld)
			require.Equal(t, results[0], results[1])
			require.EqualValues(t, 2, n.tooOld.Load())
			require.False(t, results[2].TooOld, "its neighbours are not concerned")
		}
	})
}

// arrival is an event of the model: in which source it comes, with which id, content and time.
type arrival struct {
	source, id, content int
	at                  time.Time
}

// sources are those of the model; the last is history.
var sources = []string{event.SourceMain, "shop", event.HistoryOf(event.SourceMain)}

func (a arrival) history() bool { return event.IsHistory(sources[a.source]) }

func (a arrival) key(run int) string { return fmt.Sprintf("%s/%d/%d", sources[a.source], run, a.id) }

func (a arrival) name(run int) string {
	return fmt.Sprintf("%s/%d/%s", a.key(run), a.content, a.at.UTC().Format(time.RFC3339Nano))
}

func (a arrival) event(run int) *laurelv1.Event {
	return login(fmt.Sprintf("%d/%d", run, a.id), a.at, fmt.Sprint(a.content))
}

// world is two processes, and the model of what they have accepted.
type world struct {
	clock *atomic.Int64
	nodes [2]*node
	run   int
	// holders are who holds an identity, stored how many times an event was accepted, sent what was ever sent, known what each process knows
	// of the horizon.
	holders map[string]arrival
	stored  map[string]int
	sent    []arrival
	known   [2]journal.Horizon
}

// look is what a process knows from now on.
func (w *world) look(t require.TestingT, i int) {
	var err error
	w.known[i], err = w.nodes[i].journal.HorizonNow(context.Background())
	require.NoError(t, err)
}

// send has a process take in one call, and compares the answers with the model.
func (w *world) send(t *rapid.T, i int, list []arrival) {
	events := make([]*laurelv1.Event, len(list))
	for k, a := range list {
		events[k] = a.event(w.run)
	}
	h, err := w.nodes[i].journal.HorizonNow(context.Background())
	require.NoError(t, err)
	results, err := w.nodes[i].service.Accept(context.Background(), sources[list[0].source], events)
	require.NoError(t, err)
	oldest := max(w.known[i].OldestMicros(w.nodes[i].now()), h.FloorMicros)
	for k, a := range list {
		holder, held := w.holders[a.key(w.run)]
		micros := a.at.UnixMicro()
		got := results[k]
		gone := held && !holder.history() && holder.at.UnixMicro() < h.FloorMicros && got.Status == accepted // its key may have been dropped
		switch {
		case !a.history() && micros < oldest:
			require.True(t, got.TooOld, "%v: %+v", a, got)
		case held && holder == a:
			require.Equal(t, duplicate, got.Status, "%v: %+v", a, got)
		case held && !gone:
			require.True(t, got.Conflict, "%v: %+v", a, got)
		default:
			require.Equal(t, accepted, got.Status, "%v: %+v", a, got)
			w.holders[a.key(w.run)] = a
			w.stored[a.name(w.run)]++
		}
	}
	w.sent = append(w.sent, list...)
}

// draw draws a call: events of one source with different ids, new ones of any age and such as were sent before.
func (w *world) draw(t *rapid.T) (list []arrival) {
	now := w.nodes[0].now()
	source := rapid.IntRange(0, len(sources)-1).Draw(t, "source")
	used := map[int]bool{}
	for range rapid.IntRange(1, 3).Draw(t, "size") {
		ages := []time.Duration{0, day, 4 * day, 5*day - time.Hour, 5 * day, 5*day + time.Hour, 19 * day, 20 * day, 21 * day, 60 * day}
		a := arrival{source: source, id: rapid.IntRange(0, 5).Draw(t, "id"), content: rapid.IntRange(0, 1).Draw(t, "content"),
			at: now.Add(-rapid.SampledFrom(ages).Draw(t, "age"))}
		if len(w.sent) > 0 && rapid.Bool().Draw(t, "again") {
			a = rapid.SampledFrom(w.sent).Draw(t, "which")
			a.source = source
		}
		if !used[a.id] {
			used[a.id] = true
			list = append(list, a)
		}
	}
	return list
}

// act does one thing that may happen.
func (w *world) act(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "process")
	n := w.nodes[i]
	switch rapid.SampledFrom([]string{"send", "send", "send", "time", "step", "sweep", "horizon", "restart"}).Draw(t, "act") {
	case "send":
		w.send(t, i, w.draw(t))
	case "time":
		w.clock.Add(rapid.SampledFrom([]time.Duration{time.Microsecond, time.Hour, day, 5 * day, 20 * day}).Draw(t, "by").Microseconds())
	case "step":
		require.NoError(t, n.horizon.Step(context.Background()))
		w.look(t, i)
	case "sweep":
		n.sweep(t)
		w.look(t, i)
	case "horizon":
		_, err := n.journal.SetHorizonDays(context.Background(), rapid.SampledFrom([]int{5, 20}).Draw(t, "days"))
		require.NoError(t, err)
	case "restart":
		n.stop()
		n.start(t, 0)
		w.look(t, i)
	}
}

// TestNoSequenceOfArrivalsCountsAnEventTwice has two processes take in events of several sources around the horizon, repeats and conflicts
// among them, while time goes on, the horizon changes, keys are dropped and processes start anew. The model is a map of who holds an
// identity and one of what was accepted.
func TestNoSequenceOfArrivalsCountsAnEventTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &world{}
		w.clock, w.nodes = startNodes(t, s, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
		_, err := w.nodes[0].journal.SetHorizonDays(t.Context(), 5)
		require.NoError(t, err)
		rapid.Check(t, func(rt *rapid.T) {
			w.run++
			w.holders, w.stored, w.sent = map[string]arrival{}, map[string]int{}, nil
			for i, n := range w.nodes {
				require.NoError(rt, n.horizon.Step(context.Background()))
				require.NoError(rt, n.horizon.Step(context.Background()))
				w.look(rt, i)
			}
			before := lastPosition(rt, s)
			for range rapid.IntRange(5, 25).Draw(rt, "acts") {
				w.act(rt)
			}
			for name, times := range w.stored {
				require.Equal(rt, 1, times, name)
			}
			require.Equal(rt, w.stored, storedSince(rt, s, before), "what was accepted is what is there")
		})
		require.Positive(t, w.nodes[0].dropped.Load())
		require.Positive(t, w.nodes[0].tooOld.Load())
	})
}

func lastPosition(t require.TestingT, s *store.Store) (last int64) {
	require.NoError(t, s.Read().QueryRowContext(context.Background(), "SELECT coalesce(max(id), 0) FROM journal_event").Scan(&last))
	return last
}

// storedSince counts the events above a position by what the model calls them.
func storedSince(t require.TestingT, s *store.Store, after int64) map[string]int {
	found := map[string]int{}
	rows, err := s.Read().QueryContext(context.Background(), "SELECT body FROM journal_event WHERE id > $1", after)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var body []byte
		require.NoError(t, rows.Scan(&body))
		e, err := event.Decode(body)
		require.NoError(t, err)
		source := e.GetSource()
		if source == "" {
			source = event.SourceMain
		}
		found[fmt.Sprintf("%s/%s/%s/%s", source, e.GetEventId(), e.GetSessionId(), e.GetEventTs().AsTime().Format(time.RFC3339Nano))]++
	}
	require.NoError(t, rows.Err())
	return found
}
