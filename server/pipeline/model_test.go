package pipeline_test

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// modelContest is a contest as the model reads it. Times are microseconds after the start of the window.
type modelContest struct {
	id, kind    string
	n           int
	breaks      []string
	formula     int // of formulas; -1 for none
	precision   int
	cap         float64 // 0 for none
	minBet      int64
	games       string // a prefix, empty for all
	minDuration int64
	rate        float64
	markets     []string
	end, grace  int64
	from        int // the event it is published before
	byUser      map[string][]modelRound
	closed      bool
	late, dead  []string
}

// modelRound is a round that counted.
type modelRound struct {
	units, multiplier, duration, ts int64
	arrival                         int
}

// formulas are what contests score by, in the language and in Go. The second result is false when a field is missing, the third when
// the event is a poison.
var formulas = []struct {
	text string
	eval func(e *laurelv1.Event) (points float64, has, sound bool)
}{
	{"win.amount / bet.amount * 100", func(e *laurelv1.Event) (float64, bool, bool) {
		if e.GetBet().GetAmountMinor() <= 0 {
			return 0, false, true
		}
		return float64(e.GetWin().GetAmountMinor()) / 100 / (float64(e.GetBet().GetAmountMinor()) / 100) * 100, true, true
	}},
	{"win.amount_minor - bet.amount_minor", func(e *laurelv1.Event) (float64, bool, bool) {
		return float64(e.GetWin().GetAmountMinor() - e.GetBet().GetAmountMinor()), e.GetBet() != nil, true
	}},
	{"min(win.multiplier, 1.5) * 0.37", func(e *laurelv1.Event) (float64, bool, bool) {
		m, has := modelMultiplier(e)
		return min(m, 1.5) * 0.37, has, true
	}},
	{"log10(win.amount_minor)", func(e *laurelv1.Event) (float64, bool, bool) {
		return math.Log10(float64(e.GetWin().GetAmountMinor())), true, e.GetWin().GetAmountMinor() > 0
	}},
	{"1 / 3", func(*laurelv1.Event) (float64, bool, bool) { return 1.0 / 3, true, true }},
}

func modelMultiplier(e *laurelv1.Event) (float64, bool) {
	if e.GetWin().Multiplier != nil {
		return e.GetWin().GetMultiplier(), true
	}
	if e.GetBet().GetAmountMinor() <= 0 {
		return 0, false
	}
	return float64(e.GetWin().GetAmountMinor()) / float64(e.GetBet().GetAmountMinor()), true
}

// take has the contest meet the event that arrived as number arrival.
func (c *modelContest) take(e *laurelv1.Event, arrival int, movesClock bool) {
	if !slices.Contains(c.markets, e.GetMarket()) || arrival < c.from {
		return
	}
	ts := e.GetEventTs().AsTime().UnixMicro() - windowStart.UnixMicro()
	if movesClock && ts >= c.end+c.grace {
		c.closed = true
	}
	if ts < 0 || ts >= c.end || !c.eligible(e) {
		return
	}
	points, has, sound := c.points(e)
	switch {
	case !sound:
		c.dead = append(c.dead, e.GetEventId())
		return
	case !has:
		return
	case c.closed:
		c.late = append(c.late, e.GetEventId())
		return
	}
	multiplier, _ := modelMultiplier(e)
	c.count(e.GetUser().GetId(), modelRound{
		units: c.units(points), multiplier: int64(math.Round(multiplier * 1e6)), duration: e.GetRound().GetDurationMs(), ts: ts, arrival: arrival,
	})
}

func (c *modelContest) eligible(e *laurelv1.Event) bool {
	state, duration := e.GetRound().GetState(), e.GetRound().DurationMs
	return (state == "ended" || state == "" && e.GetName() == "round_end") && e.GetBet().GetAmountMinor() >= c.minBet &&
		strings.HasPrefix(e.GetGame().GetId(), c.games) &&
		(c.minDuration == 0 && !slices.Contains(c.breaks, "fastest_rounds") || duration != nil && *duration >= c.minDuration)
}

func (c *modelContest) points(e *laurelv1.Event) (points float64, has, sound bool) {
	switch {
	case c.formula >= 0:
		return formulas[c.formula].eval(e)
	case c.kind == "count":
		return 1, true, true
	default:
		points, has = modelMultiplier(e)
		return points, has, true
	}
}

func (c *modelContest) units(points float64) int64 {
	scale := math.Pow10(c.precision)
	if c.cap > 0 {
		points = min(points, c.cap)
	}
	units := math.RoundToEven(points * scale)
	for c.cap > 0 && units/scale > c.cap {
		units--
	}
	return int64(units)
}

// count applies the rate by its own words: with k = max(1, floor(rate)), any k/rate seconds hold at most k counted rounds.
func (c *modelContest) count(user string, r modelRound) {
	if c.rate > 0 {
		k := max(1, int(c.rate))
		window := int64(math.Round(float64(k) / c.rate * 1e6))
		times := []int64{r.ts}
		for _, before := range c.byUser[user] {
			times = append(times, before.ts)
		}
		slices.Sort(times)
		for i := 0; i+k < len(times); i++ {
			if times[i+k]-times[i] < window {
				return
			}
		}
	}
	c.byUser[user] = append(c.byUser[user], r)
}

// board is the order of the players, best first, as "user units".
func (c *modelContest) board() []string {
	type place struct {
		user   string
		units  int64
		values []int64 // smaller is better
	}
	var places []place
	for user, rounds := range c.byUser {
		p := place{user: user}
		var multiplier, duration, finish int64
		for _, r := range c.kept(slices.Clone(rounds)) {
			p.units += r.units
			if c.kind == "best_n_rounds" && r.units == 0 {
				continue // a round without points is no part of the score
			}
			multiplier, duration = max(multiplier, r.multiplier), duration+r.duration
			if sums := c.kind == "sum" || c.kind == "count"; !sums || r.units != 0 {
				finish = max(finish, r.ts+windowStart.UnixMicro())
			}
		}
		for _, name := range c.breaks {
			p.values = append(p.values, map[string]int64{"highest_single_multiplier": -multiplier, "fastest_rounds": duration,
				"earliest_finish_ts": finish}[name])
		}
		places = append(places, p)
	}
	sort.Slice(places, func(i, j int) bool {
		a, b := places[i], places[j]
		if a.units != b.units {
			return a.units > b.units
		}
		if c := slices.Compare(a.values, b.values); c != 0 {
			return c < 0
		}
		return a.user < b.user
	})
	lines := make([]string, len(places))
	for i, p := range places {
		lines[i] = fmt.Sprintf("%s %d", p.user, p.units)
	}
	return lines
}

// kept are the rounds that make up a score.
func (c *modelContest) kept(rounds []modelRound) []modelRound {
	keep := map[string]int{"sum": len(rounds), "count": len(rounds), "best_n_rounds": c.n, "max_multiplier": 1, "last": 1}[c.kind]
	sort.Slice(rounds, func(i, j int) bool {
		a, b := rounds[i], rounds[j]
		if c.kind == "last" {
			return a.ts > b.ts || a.ts == b.ts && a.arrival > b.arrival
		}
		order := []int64{b.units - a.units}
		for _, name := range c.breaks {
			order = append(order, map[string]int64{
				"highest_single_multiplier": b.multiplier - a.multiplier, "fastest_rounds": a.duration - b.duration, "earliest_finish_ts": a.ts - b.ts,
			}[name])
		}
		for _, difference := range append(order, a.ts-b.ts, int64(a.arrival-b.arrival)) {
			if difference != 0 {
				return difference < 0
			}
		}
		return false
	})
	return rounds[:min(keep, len(rounds))]
}
