package contest_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience bounds the waits of these tests; it is long because the machine may be busy, and nothing depends on it.
const patience = time.Minute

const (
	scheduled = laurelv1.ContestState_CONTEST_STATE_SCHEDULED
	live      = laurelv1.ContestState_CONTEST_STATE_LIVE
	closing   = laurelv1.ContestState_CONTEST_STATE_CLOSING
	final     = laurelv1.ContestState_CONTEST_STATE_FINAL
)

// windowStart is when the contests of these tests start.
var windowStart = time.Date(2025, 10, 25, 18, 0, 0, 0, time.UTC)

// clock stands still until a test moves it on.
type clock struct{ at atomic.Pointer[time.Time] }

// clockAt returns a clock that stands so many seconds after the start of the window.
func clockAt(seconds int) *clock {
	c := &clock{}
	c.set(seconds)
	return c
}

func (c *clock) set(seconds int) {
	now := windowStart.Add(time.Duration(seconds) * time.Second)
	c.at.Store(&now)
}

func (c *clock) now() time.Time { return *c.at.Load() }

// process is the catalog and the contests of one process, run by hand.
type process struct {
	store    *store.Store
	journal  *journal.Journal
	catalog  *catalog.Service
	contests *contest.Service
	// told are the contests that Changed named.
	told []string
}

// start makes a process whose contests go by a clock. Nothing is synced yet.
func start(t testing.TB, s *store.Store, by contest.Clock, now func() time.Time) *process {
	t.Helper()
	p := &process{store: s}
	var err error
	p.journal, err = journal.Open(t.Context(), s, 0)
	require.NoError(t, err)
	p.contests = contest.NewService(contest.Config{
		Store: s, Journal: p.journal, Clock: by, Now: now, Log: slog.New(slog.DiscardHandler),
		Players: func(string) int64 { return 0 }, Changed: func(id string) { p.told = append(p.told, id) },
	})
	p.catalog = catalog.NewService(catalog.Config{Store: s, Adopt: p.contests.Adopt, Now: now, Steps: []catalog.Step{rule.Step()}})
	return p
}

// begin makes a process with the wall clock of the test and syncs it.
func begin(t testing.TB, s *store.Store, c *clock) *process {
	t.Helper()
	p := start(t, s, contest.WallClock(c.now), c.now)
	require.NoError(t, p.contests.Sync(t.Context()))
	return p
}

func (p *process) publish(t testing.TB, yaml string) {
	t.Helper()
	require.NoError(t, p.offer(t.Context(), yaml))
	require.NoError(t, p.contests.Sync(t.Context()))
}

func (p *process) offer(ctx context.Context, yaml string) error {
	_, _, err := p.catalog.Publish(ctx, catalog.Publication{Yaml: yaml, By: "test"})
	return err
}

// state is where a contest stands as the process knows.
func (p *process) state(t testing.TB, id string) laurelv1.ContestState {
	t.Helper()
	summary, ok := p.contests.Summary(id)
	require.True(t, ok, "contest %s", id)
	return summary.GetState()
}

// settle steps until a contest is final. Another test's open transaction on the same server may hold the horizon back for a moment.
func (p *process) settle(t testing.TB, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		p.foldAll(t)
		require.NoError(t, p.contests.Step(t.Context()))
		return p.state(t, id) == final
	}, patience, 5*time.Millisecond, "the contest becomes final")
}

// foldAll moves the cursors behind everything, as a fold that meets no contest would.
func (p *process) foldAll(t testing.TB) {
	t.Helper()
	_, err := p.store.Write().ExecContext(t.Context(),
		"UPDATE journal_partition SET cursor = (SELECT coalesce(max(id), 0) FROM journal_event)")
	require.NoError(t, err)
}

// inTx runs do in a transaction that is committed.
func inTx(t testing.TB, s *store.Store, do func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.Tx(t.Context(), do))
}

// entries are events of as many players.
func entries(count int) []journal.Entry {
	list := make([]journal.Entry, count)
	for i := range list {
		list[i] = journal.Entry{EventID: fmt.Sprintf("e%d", i), UserID: fmt.Sprintf("u%d", i), Body: []byte{1}}
	}
	return list
}

// sprint is a one-hour contest with more lines.
func sprint(id string, lines ...string) string {
	yaml := "kind: Contest\nid: " + id + "\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z, tz: UTC}\n" +
		"scope: {markets: [DE]}\nscoring: {formula: \"win.amount / bet.amount * 100\"}\nleaderboard: {type: sum}\n"
	for _, line := range lines {
		yaml += line + "\n"
	}
	return yaml
}

// counted is how many contests are scheduled, live, closing and final.
func counted(set *contest.Set) []int64 {
	counts := make([]int64, 0, 4)
	for _, each := range set.Counts() {
		counts = append(counts, each.GetCount())
	}
	return counts
}
