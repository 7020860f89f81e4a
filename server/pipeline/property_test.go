package pipeline_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// history is a random journal of one contest, with heavy ties: few players, few values, few instants.
type history struct {
	ranking string
	n       int
	best    bool
	breaks  []string
	spins   []spin
	// cuts are the places at which the process is stopped and another one goes on.
	cuts map[int]bool
}

func drawHistory(t *rapid.T, prefix string) history {
	h := history{cuts: map[int]bool{}}
	h.best = rapid.Bool().Draw(t, "best")
	h.n = rapid.IntRange(1, 4).Draw(t, "n")
	h.breaks = rapid.Permutation([]string{"highest_single_multiplier", "fastest_rounds", "earliest_finish_ts"}).
		Draw(t, "tiebreaker")[:rapid.IntRange(0, 3).Draw(t, "breaks")]
	h.ranking = "type: sum"
	if h.best {
		h.ranking = "type: best_n_rounds, n: " + strconv.Itoa(h.n)
	}
	h.ranking += ", tiebreaker: [" + strings.Join(h.breaks, ", ") + "]"
	for i := range rapid.IntRange(1, 60).Draw(t, "rounds") {
		h.spins = append(h.spins, spin{
			id: fmt.Sprintf("%s-%d", prefix, i), user: prefix + rapid.SampledFrom([]string{"a", "b", "c", "é", "Z"}).Draw(t, "user"),
			at: at(rapid.IntRange(-1, 5).Draw(t, "second")), bet: 100, win: int64(rapid.IntRange(0, 3).Draw(t, "win")) * 100,
			multiplier: float64(rapid.IntRange(0, 2).Draw(t, "multiplier")), duration: int64(rapid.IntRange(1, 3).Draw(t, "duration")) * 1000,
			market: "M" + prefix,
		})
		h.cuts[i] = rapid.IntRange(0, 19).Draw(t, "cut") == 0
	}
	return h
}

// naive computes the order without any code of the product: all rounds of each player, sorted, summed.
func (h *history) naive() []string {
	byUser := map[string][]spin{}
	for _, s := range h.spins {
		if s.at.Before(windowStart) {
			continue
		}
		byUser[s.user] = append(byUser[s.user], s)
	}
	type standing struct {
		user   string
		units  int64
		values []int64 // smaller is better
	}
	var all []standing
	for user, rounds := range byUser {
		if h.best {
			slices.SortStableFunc(rounds, h.compareSpins)
			rounds = rounds[:min(len(rounds), h.n)]
		}
		s := standing{user: user}
		var multiplier, duration, finish int64
		for _, r := range rounds {
			s.units += r.win * 100
			if h.best && r.win == 0 {
				continue
			}
			multiplier, duration = max(multiplier, int64(r.reported()*1e6)), duration+r.duration
			if r.win != 0 {
				finish = max(finish, r.at.UnixMicro())
			}
		}
		for _, name := range h.breaks {
			s.values = append(s.values, map[string]int64{"highest_single_multiplier": -multiplier, "fastest_rounds": duration,
				"earliest_finish_ts": finish}[name])
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b standing) int {
		if a.units != b.units {
			return int(b.units - a.units)
		}
		if c := slices.Compare(a.values, b.values); c != 0 {
			return c
		}
		return strings.Compare(a.user, b.user)
	})
	lines := make([]string, len(all))
	for i, s := range all {
		lines[i] = fmt.Sprintf("%s %d", s.user, s.units)
	}
	return lines
}

// reported is the multiplier as the rule sees it: the reported one, else win by stake.
func (r spin) reported() float64 {
	if r.multiplier > 0 {
		return r.multiplier
	}
	return float64(r.win) / float64(r.bet)
}

func (h *history) compareSpins(a, b spin) int {
	if a.win != b.win {
		return int(b.win - a.win)
	}
	for _, name := range h.breaks {
		c := map[string]int{
			"highest_single_multiplier": int((b.reported() - a.reported()) * 10), "fastest_rounds": int(a.duration - b.duration),
			"earliest_finish_ts": a.at.Compare(b.at),
		}[name]
		if c != 0 {
			return c
		}
	}
	return a.at.Compare(b.at)
}

// TestSameJournalSameStandings folds random histories with random batch sizes, partitions and restarts and compares with the naive order.
func TestSameJournalSameStandings(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			var s *store.Store
			if dialect == store.Postgres {
				s = storetest.Open(t, dialect) // making a database costs more than a check; each check has a market of its own
			}
			var number atomic.Int64
			rapid.Check(t, func(rt *rapid.T) {
				database := s
				if database == nil {
					database = storetest.Open(t, dialect)
				}
				prefix := fmt.Sprintf("h%d", number.Add(1))
				h := drawHistory(rt, prefix)
				got := h.run(t, database, options{
					eventClock: true, batch: rapid.IntRange(1, 30).Draw(rt, "batch"), partitions: rapid.IntRange(1, 16).Draw(rt, "partitions"),
				}, prefix)
				require.Equal(rt, h.naive(), got)
			})
		})
	}
}

// run folds the history through one process after another and returns the order of the board after the last one.
func (h *history) run(t *testing.T, s *store.Store, o options, id string) []string {
	t.Helper()
	yaml := "kind: Contest\nid: " + id + "\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\nscope: {markets: [M" + id + "]}\n" +
		"scoring: {formula: \"win.amount / bet.amount * 100.0\"}\nleaderboard: {" + h.ranking + "}\n"
	o.engine = memory.New()
	p := start(t, s, o)
	p.publish(t, yaml)
	for i := range h.spins {
		p.send(t, h.spins[i].event())
		if h.cuts[i] {
			p.fold(t)
			p.stop()
			o.engine = memory.New()
			p = start(t, s, o)
		}
	}
	p.fold(t)
	defer func() { p.stop() }()
	want := p.standings(t, id)
	require.Eventually(t, func() bool {
		_, difference, err := board.Verify(t.Context(), o.engine, s, id)
		return err == nil && difference == nil
	}, patience, 2*time.Millisecond, "the board equals the standings")
	require.Equal(t, laurelv1.ContestState_CONTEST_STATE_SCHEDULED, p.contests.Set().Get(id).State, "nobody stepped")
	return want
}
