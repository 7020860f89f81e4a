package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/ent/db/deadletter"
	"github.com/laurelhq/laurel/ent/db/finalstanding"
	"github.com/laurelhq/laurel/ent/db/lateevent"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// world is a random journal and the contests that read it: every scoring and formula, ties everywhere, rounds that are not eligible,
// several markets, contests published in the middle of it and closed by it, late events, and processes that come and go.
type world struct {
	contests []*modelContest
	events   []*laurelv1.Event
	// cuts are the events before which the process is stopped and another one goes on, steps those before which contests are taken on.
	cuts, steps       map[int]bool
	batch, partitions int
}

const worldSecond = int64(1_000_000)

func drawWorld(t *rapid.T) *world {
	w := &world{
		cuts: map[int]bool{}, steps: map[int]bool{}, batch: rapid.IntRange(1, 20).Draw(t, "batch"), partitions: rapid.IntRange(1, 16).
			Draw(t, "partitions"),
	}
	count := rapid.IntRange(1, 60).Draw(t, "events")
	for i := range rapid.IntRange(1, 3).Draw(t, "contests") {
		w.contests = append(w.contests, drawContest(t, fmt.Sprint("c", i), count))
	}
	for i := range count {
		w.events = append(w.events, w.drawEvent(t, i))
		w.cuts[i] = rapid.IntRange(0, 19).Draw(t, "cut") == 0
		w.steps[i] = rapid.IntRange(0, 9).Draw(t, "step") == 0
	}
	marks := map[string]int64{}
	for i, e := range w.events {
		ts := e.GetEventTs().AsTime().UnixMicro()
		moves := ts > marks[e.GetMarket()]
		marks[e.GetMarket()] = max(marks[e.GetMarket()], ts)
		for _, c := range w.contests {
			c.take(e, i, moves)
		}
	}
	return w
}

func drawContest(t *rapid.T, id string, events int) *modelContest {
	c := &modelContest{id: id, byUser: map[string][]modelRound{}}
	c.kind = rapid.SampledFrom([]string{"sum", "best_n_rounds", "max_multiplier", "count", "last"}).Draw(t, "kind")
	c.n = rapid.IntRange(1, 4).Draw(t, "n")
	c.breaks = rapid.Permutation([]string{"highest_single_multiplier", "fastest_rounds", "earliest_finish_ts"}).
		Draw(t, "breaks")[:rapid.IntRange(0, 3).Draw(t, "break count")]
	c.formula = rapid.IntRange(0, len(formulas)-1).Draw(t, "formula")
	if (c.kind == "count" || c.kind == "max_multiplier") && rapid.Bool().Draw(t, "no formula") {
		c.formula = -1
	}
	c.precision = rapid.IntRange(0, 4).Draw(t, "precision")
	c.cap = rapid.SampledFrom([]float64{0, 0, 0.29, 1.5, 150}).Draw(t, "cap")
	c.minBet = rapid.SampledFrom([]int64{0, 0, 100}).Draw(t, "min bet")
	c.games = rapid.SampledFrom([]string{"", "", "g_"}).Draw(t, "games")
	c.minDuration = rapid.SampledFrom([]int64{0, 0, 2000}).Draw(t, "min duration")
	c.rate = rapid.SampledFrom([]float64{0, 0, 0.3, 1, 2.5}).Draw(t, "rate")
	c.markets = []string{"DE", "SE", "TR"}[:rapid.IntRange(1, 3).Draw(t, "markets")]
	c.end = int64(rapid.IntRange(1, 12).Draw(t, "end")) * worldSecond
	c.grace = int64(rapid.IntRange(0, 4).Draw(t, "grace")) * worldSecond
	if rapid.IntRange(0, 2).Draw(t, "late") == 0 {
		c.from = rapid.IntRange(0, events-1).Draw(t, "from")
	}
	return c
}

func (c *modelContest) yaml() string {
	var b strings.Builder
	end := windowStart.Add(time.Duration(c.end) * time.Microsecond).Format(time.RFC3339)
	fmt.Fprintf(&b, "kind: Contest\nid: %s\nwindow: {start: 2025-10-25T18:00Z, end: %q, grace_seconds: %d}\n", c.id, end, c.grace/worldSecond)
	fmt.Fprintf(&b, "scope: {markets: [%s]}\nscoring:\n  precision: %d\n", strings.Join(c.markets, ", "), c.precision)
	if c.formula >= 0 {
		fmt.Fprintf(&b, "  formula: %q\n", formulas[c.formula].text)
	}
	if c.cap > 0 {
		fmt.Fprintf(&b, "  cap_per_round: %v\n", c.cap)
	}
	if c.games != "" {
		fmt.Fprintf(&b, "  eligible_games: [%q]\n", c.games+"*")
	}
	fmt.Fprintf(&b, "  min_bet_minor: %d\nanti_abuse: {min_round_duration_ms: %d, max_rps_per_user: %v}\n", c.minBet, c.minDuration, c.rate)
	fmt.Fprintf(&b, "leaderboard:\n  type: %s\n  tiebreaker: [%s]\n", c.kind, strings.Join(c.breaks, ", "))
	if c.kind == "best_n_rounds" {
		fmt.Fprintf(&b, "  n: %d\n", c.n)
	}
	return b.String()
}

// drawEvent draws a round, often at the very edge of a contest's window or grace.
func (w *world) drawEvent(t *rapid.T, i int) *laurelv1.Event {
	micros := int64(rapid.IntRange(-2, 14).Draw(t, "second")) * worldSecond
	if rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
		c := rapid.SampledFrom(w.contests).Draw(t, "of")
		micros = rapid.SampledFrom([]int64{0, c.end, c.end + c.grace}).Draw(t, "edge of") - int64(rapid.IntRange(0, 1).Draw(t, "before"))
	}
	e := spin{
		id: fmt.Sprint("e", i), user: rapid.SampledFrom([]string{"a", "b", "é"}).Draw(t, "user"),
		market: rapid.SampledFrom([]string{"DE", "SE", "TR"}).Draw(t, "market"),
		bet:    int64(rapid.IntRange(0, 2).Draw(t, "bet")) * 50, win: int64(rapid.IntRange(0, 3).Draw(t, "win")) * 100,
	}.event()
	e.EventTs = timestamppb.New(windowStart.Add(time.Duration(micros) * time.Microsecond))
	e.Name = rapid.SampledFrom([]string{"round_end", "round_end", "spin"}).Draw(t, "name")
	e.Round.State = rapid.SampledFrom([]string{"ended", "ended", "", "running"}).Draw(t, "state")
	e.Game.Id = rapid.SampledFrom([]string{"g_1", "g_2", "other"}).Draw(t, "game")
	if e.Round.DurationMs = nil; rapid.IntRange(0, 4).Draw(t, "timed") > 0 {
		duration := int64(rapid.IntRange(1, 3).Draw(t, "duration")) * 1000
		e.Round.DurationMs = &duration
	}
	if rapid.Bool().Draw(t, "reported") {
		multiplier := float64(rapid.IntRange(0, 2).Draw(t, "multiplier"))
		e.Win.Multiplier = &multiplier
	}
	return e
}

// postgresWorlds are the worlds that are folded on Postgres, where making a database costs more than folding one.
const postgresWorlds = 4

// TestWorldEqualsItsModel folds random worlds, through restarts and transitions, and compares standings, results, late events and dead
// letters with a model that shares no code with the product.
func TestWorldEqualsItsModel(t *testing.T) {
	t.Parallel()
	t.Run(string(store.SQLite), func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			w := drawWorld(rt)
			w.run(t, rt, storetest.Open(t, store.SQLite))
		})
	})
	t.Run(string(store.Postgres), func(t *testing.T) {
		t.Parallel()
		worlds := rapid.Custom(drawWorld)
		for seed := range postgresWorlds {
			worlds.Example(seed).run(t, t, storetest.Open(t, store.Postgres))
		}
	})
}

// run folds the world through one process after another.
func (w *world) run(t *testing.T, rt require.TestingT, s *store.Store) {
	t.Helper()
	o := options{eventClock: true, batch: w.batch, partitions: w.partitions, engine: memory.New()}
	p := start(t, s, o)
	sent := 0
	catchUp := func(to int) {
		if sent < to {
			p.send(t, w.events[sent:to]...)
			sent = to
		}
		p.fold(t)
	}
	for i := range w.events {
		for _, c := range w.contests {
			if c.from == i {
				catchUp(i)
				p.publish(t, c.yaml())
			}
		}
		if w.steps[i] {
			catchUp(i)
			require.NoError(rt, p.contests.Step(t.Context()))
		}
		if w.cuts[i] {
			catchUp(i)
			p.stop()
			o.engine = memory.New()
			p = start(t, s, o)
		}
	}
	catchUp(len(w.events))
	defer func() { p.stop() }()
	for _, c := range w.contests {
		p.equalsModel(t, rt, o.engine, c)
	}
}

// lateEvents are the events that were recorded as late for a contest and would have counted, and all that came when it was final, in order
// of arrival.
func (p *process) lateEvents(t *testing.T, c *modelContest) (late, afterFinal []string) {
	t.Helper()
	rows, err := p.store.Ent().LateEvent.Query().Where(lateevent.ContestID(c.id)).Order(lateevent.BySeq()).All(t.Context())
	require.NoError(t, err)
	for _, row := range rows {
		if row.Reason == "after_final" {
			afterFinal = append(afterFinal, row.EventID)
		}
		if row.Reason != "after_final" || slices.Contains(c.late, row.EventID) {
			late = append(late, row.EventID)
		}
	}
	return late, afterFinal
}

func (p *process) equalsModel(t *testing.T, rt require.TestingT, engine board.Engine, c *modelContest) {
	t.Helper()
	want := c.board()
	require.Equal(rt, want, p.standings(t, c.id), c.yaml())
	late, afterFinal := p.lateEvents(t, c)
	require.True(rt, slices.Equal(c.late, late), "late %v, want %v\n%s", late, c.late, c.yaml())
	dead, err := p.store.Ent().DeadLetter.Query().Where(deadletter.Subject(c.id)).Order(deadletter.BySeq()).Select(deadletter.FieldEventID).
		Strings(t.Context())
	require.NoError(rt, err)
	// Of an event that comes when a contest is final it is not asked what it would have been worth.
	wantDead := slices.DeleteFunc(slices.Clone(c.dead), func(id string) bool { return slices.Contains(afterFinal, id) })
	require.True(rt, slices.Equal(wantDead, dead), "dead %v, want %v\n%s", dead, wantDead, c.yaml())
	require.Equal(rt, c.closed, p.contest(t, c.id).CloseSeq != nil)
	_, difference := p.refolded(t, c.id)
	require.Empty(rt, difference)
	if p.contests.Set().Get(c.id) != nil { // one that is final needs no board
		p.equalsStandings(t, engine, c.id, "the board equals the standings")
	}
	if !c.closed {
		return
	}
	p.settle(t, c.id)
	rows, err := p.store.Ent().FinalStanding.Query().Where(finalstanding.ContestID(c.id)).Order(finalstanding.ByPlace()).All(t.Context())
	require.NoError(rt, err)
	require.Len(rt, rows, len(want))
	for i, row := range rows {
		require.Equal(rt, want[i], fmt.Sprintf("%s %d", row.UserID, row.Units))
		require.EqualValues(rt, i+1, row.Place)
	}
}
