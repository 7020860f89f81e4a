package pipeline_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// checks is how many random histories each property sees: a check runs a whole server on a real database.
const checks = "40"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.checks", checks); err != nil {
		panic(err)
	}
	pipeline.BreakPages()
	storetest.Main(m)
}

// backlogLimit is more than any test has waiting: a smaller one may miss what a lane far behind the others has.
const backlogLimit = 100_000

// patience bounds the waits of these tests; it is long because the machine may be busy, and nothing depends on it.
const patience = time.Minute

// clock stands still until a test moves it on. The workers of a process read it at any time.
type clock struct{ at atomic.Pointer[time.Time] }

// clockAt returns a clock that stands so many seconds after the start of the window.
func clockAt(seconds int) *clock {
	c := &clock{}
	c.set(seconds)
	return c
}

func (c *clock) set(seconds int) {
	now := at(seconds)
	c.at.Store(&now)
}

func (c *clock) now() time.Time { return *c.at.Load() }

// options of a process under test.
type options struct {
	engine     board.Engine
	partitions int
	batch      int
	eventClock bool
	now        func() time.Time
	// lanes is how many batches may be folded at once, 0 for the default; shared has processes that share their boards fold side by side.
	lanes  int
	shared bool
}

// process is one server process without its doors: everything from ingest to the boards, run by hand.
type process struct {
	store    *store.Store
	journal  *journal.Journal
	catalog  *catalog.Service
	contests *contest.Service
	boards   *board.Keeper
	ingest   *ingest.Service
	pipeline *pipeline.Pipeline
	// unrated is how many events of each contest had no rate.
	unrated   map[string]int64
	unratedMu sync.Mutex
	stop      func()
}

func start(t *testing.T, s *store.Store, o options) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if o.now == nil {
		o.now = time.Now
	}
	if o.engine == nil {
		o.engine = memory.New()
	}
	p := &process{store: s, unrated: map[string]int64{}}
	var err error
	p.journal, err = journal.Open(ctx, s, o.partitions)
	require.NoError(t, err)
	var clock contest.Clock = contest.WallClock(o.now)
	var events *contest.EventClock
	future := 5 * time.Minute
	if o.eventClock {
		events, err = contest.NewEventClock(ctx, s)
		require.NoError(t, err)
		clock, future = events, -1
	}
	log := slog.New(slog.DiscardHandler)
	reader := catalog.NewReader(p.journal.Partitions())
	p.contests = contest.NewService(contest.Config{
		Store: s, Reader: reader, Journal: p.journal, Clock: clock, Now: o.now,
		Players: func(string) int64 { return 0 }, Changed: func(string) {}, Log: log,
	})
	p.catalog = catalog.NewService(catalog.Config{Store: s, Reader: reader, Folded: p.journal.Cursors, Adopt: p.contests.Adopt, Now: o.now,
		Steps: []catalog.Step{rule.Step()}})
	require.NoError(t, p.contests.Sync(ctx))
	p.boards = board.NewKeeper(board.KeeperConfig{
		Engine: o.engine, Store: s, Journal: p.journal, Rebuilt: func(string) {}, Now: o.now, Log: log,
		Boards: func() []string { return ids(p.contests) },
	})
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	p.ingest = ingest.NewService(ingest.Config{
		Journal: p.journal, Registry: registry, Currencies: reader.Currencies, Writers: 1, FutureLimit: future, Now: o.now, Log: log,
		Observe: func(time.Duration, int, int, int) {}, Conflict: func() {}, TooOld: func() {}, Lag: func(time.Duration, int64) {},
	})
	p.pipeline = pipeline.New(pipeline.Config{
		Store: s, Journal: p.journal, Contests: p.contests, Boards: p.boards, EventClock: events, Host: "test", Lanes: o.lanes, Shared: o.shared,
		Batch: o.batch, Now: o.now,
		Changed: func(string, int64) {}, Scored: func(time.Duration, int) {}, Ranked: func(time.Duration) {}, Buried: func() {},
		Unrated: func(contestID string, events int64) {
			p.unratedMu.Lock()
			defer p.unratedMu.Unlock()
			p.unrated[contestID] += events
		},
		Tracer: noop.NewTracerProvider().Tracer(""), Log: log,
	})
	done := make(chan struct{})
	go func() { defer close(done); p.ingest.Run(ctx) }()
	boards := make(chan struct{})
	go func() { defer close(boards); p.boards.Run(ctx) }()
	stopped := false
	p.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			<-done
			<-boards
			p.dies(t)
		}
	}
	t.Cleanup(p.stop)
	return p
}

// dies makes it to the others as if the process had been dead for a while.
func (p *process) dies(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { // the others may end the session that says so, of a process that was taken for dead before
		_, err := p.store.Write().ExecContext(context.Background(), "DELETE FROM process WHERE id = $1", p.pipeline.Process())
		return err == nil
	}, patience, time.Millisecond)
}

// contest returns a contest, final or not.
func (p *process) contest(t *testing.T, id string) *contest.Live {
	t.Helper()
	c, err := p.contests.Get(t.Context(), id)
	require.NoError(t, err)
	return c
}

func ids(contests *contest.Service) []string {
	var list []string
	for _, c := range contests.Set().All() {
		list = append(list, c.ID)
	}
	return list
}

func (p *process) publish(t *testing.T, yaml string) {
	t.Helper()
	_, _, err := p.catalog.Publish(t.Context(), catalog.Publication{Yaml: yaml, By: "test"})
	require.NoError(t, err)
	require.NoError(t, p.contests.Sync(t.Context()))
}

// send accepts events and requires that each is taken as new.
func (p *process) send(t *testing.T, events ...*laurelv1.Event) {
	t.Helper()
	results, err := p.ingest.Accept(t.Context(), event.SourceMain, events)
	require.NoError(t, err)
	for i, result := range results {
		require.Equal(t, laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, result.Status, "event %d: %s %s", i, result.Field, result.Reason)
	}
}

// fold folds until everything accepted is folded. Another test's open transaction on the same server may hold the horizon back for a
// moment.
func (p *process) fold(t *testing.T) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for begun := time.Now(); ; <-again.C {
		require.NoError(t, p.pipeline.CatchUp(t.Context()))
		backlog, _, err := p.journal.Backlog(t.Context(), backlogLimit)
		require.NoError(t, err)
		if backlog == 0 {
			return
		}
		require.Less(t, time.Since(begun), patience, "%d events are not folded", backlog)
	}
}

// standings returns "user score" lines in order, straight from the database.
func (p *process) standings(t *testing.T, contestID string) []string {
	t.Helper()
	rows, _, _, err := contest.SortedPage(t.Context(), p.store, contestID, 0, 10_000, p.journal.Partitions())
	require.NoError(t, err)
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprintf("%s %d", r.UserID, r.Units)
	}
	return lines
}

// spin is a finished round as a test writes it.
type spin struct {
	id, user   string
	at         time.Time
	bet, win   int64
	multiplier float64
	duration   int64
	market     string
}

func (r spin) event() *laurelv1.Event {
	if r.market == "" {
		r.market = "DE"
	}
	if r.duration == 0 {
		r.duration = 1000
	}
	e := &laurelv1.Event{
		EventId: r.id, Name: "round_end", EventTs: timestamppb.New(r.at), User: &laurelv1.User{Id: r.user}, Market: r.market, Brand: "X",
		Game:  &laurelv1.Game{Id: "g_1", Provider: "PragmaticPlay", Type: "slots"},
		Bet:   &laurelv1.Bet{AmountMinor: r.bet, Currency: "EUR"},
		Win:   &laurelv1.Win{AmountMinor: r.win},
		Round: &laurelv1.Round{Id: "r_" + r.id, State: "ended", DurationMs: &r.duration},
	}
	if r.multiplier > 0 {
		e.Win.Multiplier = &r.multiplier
	}
	return e
}

var windowStart = time.Date(2025, 10, 25, 18, 0, 0, 0, time.UTC)

// sprint is a one-hour contest with the given ranking and anti-abuse lines.
func sprint(id, ranking string, extra ...string) string {
	yaml := "kind: Contest\nid: " + id + "\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z, tz: UTC}\n" +
		"scope: {markets: [DE]}\nscoring: {formula: \"win.amount / bet.amount * 100\"}\nleaderboard: {" + ranking + "}\n"
	for _, line := range extra {
		yaml += line + "\n"
	}
	return yaml
}

// poison is an entry whose body no stage can read.
func poison() []journal.Entry {
	return []journal.Entry{{EventID: "poison", UserID: "p", Body: []byte{0xff, 0xff, 0xff}}}
}
