package rule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/event"
)

const (
	eventRoundEnd = "round_end"
	eventSpin     = "spin"
	stateEnded    = "ended"
)

// Program is the compiled definition of a contest.
type Program struct {
	// ContestID is the contest's id.
	ContestID string
	// Version is the published version, from 1; Compile leaves it 0 and the caller sets it before the program is shared.
	Version int32
	// Precision is the number of decimal places of a score, 0 to 4.
	Precision int
	// From and Until bound the times of the events that count, From inclusive and Until exclusive, in microseconds since 1970. Compile leaves
	// them 0, which lets no event pass, and the caller sets them before the program is shared.
	From, Until int64
	// Tender says what the currency of an event means for its points.
	Tender Tender

	events        []string
	finishedOnly  bool // scoring.events is empty: only rounds that have ended
	markets       []string
	brands        []string
	providers     []string
	minBetMinor   int64
	games         []glob
	minDurationMs int64
	needsDuration bool
	asnCategories []string
	currency      string // of the points; empty counts amounts as they are
	rates         string // id of the rate table for other currencies; empty when they do not count
	payloadReads  []string
	mixing        bool // the points depend on win and stake, so both must be in one currency
	filter        *expression
	formula       *expression
	points        pointSource
	cap           float64 // the most points of a round; capUnits is the same in whole units
	capUnits      int64
	scale         float64
}

// pointSource says where the points of a round come from.
type pointSource uint8

const (
	fromFormula pointSource = iota
	fromMultiplier
	fromCount
)

// Round is what one event that counts contributes.
type Round struct {
	// Units are the points in units of 10^-precision; |Units| ≤ 2^53.
	Units int64
	// MultiplierMicros is win by stake in millionths, 0 to 2^53; 0 when there is none.
	MultiplierMicros int64
	// DurationMillis is how long the round took, in milliseconds; 0 when unknown.
	DurationMillis int64
	// TsMicros is when it happened: microseconds since 1970, UTC.
	TsMicros int64
	// Seq is the journal position of its event within the player's partition.
	Seq int64
}

// Step is the compile step of contests.
func Step() catalog.Step {
	return catalog.Step{Kind: catalog.KindContest, Check: check, Notes: notes, Complete: complete}
}

// check compiles a contest for its problems only. Without a ranking nobody knows whether there must be a formula.
func check(definition catalog.Message) []catalog.Problem {
	contest, ok := definition.(*laurelv1.Contest)
	if !ok {
		return []catalog.Problem{{Field: "kind", Message: fmt.Sprintf("is no contest but %T", definition)}}
	}
	_, problems := Compile(contest)
	if contest.GetLeaderboard().GetType() == "" && strings.TrimSpace(contest.GetScoring().GetFormula()) == "" {
		problems = slices.DeleteFunc(problems, func(p catalog.Problem) bool { return p.Field == "scoring.formula" })
	}
	return problems
}

// Compile compiles a contest. The program is nil when there are problems. Line and Column of a problem count within the text of Field, see
// catalog.Document.Place. Only formula and filter are judged: the rest was checked by catalog.Parse.
func Compile(contest *laurelv1.Contest) (*Program, []catalog.Problem) {
	scoring, abuse, ranking := contest.GetScoring(), contest.GetAntiAbuse(), contest.GetLeaderboard()
	p := &Program{
		ContestID: contest.GetId(), Precision: catalog.DefaultPrecision,
		markets: contest.GetScope().GetMarkets(), brands: contest.GetScope().GetBrands(), providers: contest.GetScope().GetProviders(),
		minBetMinor: scoring.GetMinBetMinor(), minDurationMs: abuse.GetMinRoundDurationMs(), asnCategories: abuse.GetExcludeAsnCategories(),
		needsDuration: abuse.GetMinRoundDurationMs() > 0 || slices.Contains(ranking.GetTiebreaker(), "fastest_rounds"),
		events:        scoring.GetEvents(), cap: math.Inf(1), currency: scoring.GetCurrency(), rates: scoring.GetRates(),
	}
	if scoring != nil && scoring.Precision != nil {
		p.Precision = int(min(max(scoring.GetPrecision(), 0), int32(len(powersOfTen)-1)))
	}
	p.scale = powersOfTen[p.Precision]
	if scoring != nil && scoring.CapPerRound != nil {
		p.cap = scoring.GetCapPerRound()
	}
	p.capUnits = unitsWithin(p.cap, p.scale)
	if len(p.events) == 0 {
		p.events, p.finishedOnly = []string{eventRoundEnd, eventSpin}, true
	}
	for _, pattern := range scoring.GetEligibleGames() {
		p.games = append(p.games, newGlob(pattern))
	}
	problems := p.compileExpressions(scoring, ranking.GetType())
	if len(problems) > 0 {
		return nil, problems
	}
	p.Tender = p.tender()
	return p, nil
}

func (p *Program) compileExpressions(scoring *laurelv1.Scoring, ranking string) []catalog.Problem {
	var problems []catalog.Problem
	if text := scoring.GetFilter(); strings.TrimSpace(text) != "" {
		p.filter, problems = compileExpression("scoring.filter", text, cel.BoolType)
	}
	switch text := scoring.GetFormula(); {
	case strings.TrimSpace(text) != "":
		formula, found := compileExpression("scoring.formula", text, cel.DoubleType)
		p.formula = formula
		problems = append(problems, found...)
	case ranking == "max_multiplier":
		p.points = fromMultiplier
	case ranking == "count":
		p.points = fromCount
	default:
		problems = append(problems, catalog.Problem{Field: "scoring.formula", Message: fmt.Sprintf("is missing: leaderboard.type %s needs "+
			"points for a round", ranking)})
	}
	for _, x := range []*expression{p.filter, p.formula} {
		if x != nil && (x.reads["win.amount"] || x.reads["win.amount_minor"]) && (x.reads["bet.amount"] || x.reads["bet.amount_minor"]) {
			p.mixing = true
		}
		for name := range payloadAmounts {
			if x != nil && x.reads[payloadName+"."+name] {
				p.payloadReads = append(p.payloadReads, name)
			}
		}
	}
	slices.Sort(p.payloadReads)
	p.payloadReads = slices.Compact(p.payloadReads)
	return problems
}

var activations = sync.Pool{New: func() any { return new(activation) }}

// Score says what an event contributes, or which clause refused it, when nothing is published beside the contest. The error says why the
// event is a poison for this contest: its values lead to no finite number of points, or to one beyond 2^53 units. The event must have
// passed the event package's checks.
func (p *Program) Score(e *laurelv1.Event) (Round, Outcome, error) {
	return p.score(&prices{event: e, tsMicros: event.TsMicros(e)})
}

func (p *Program) score(in *prices) (Round, Outcome, error) {
	e := in.event
	var amounts worth
	if outcome := p.refuse(in, &amounts); outcome != Counted {
		return Round{}, outcome, nil
	}
	a, _ := activations.Get().(*activation)
	a.event, a.known, a.priced, a.currency, a.worth = e, in.known, p.currency != "", p.currency, amounts
	points, outcome, err := p.evaluate(a)
	a.event, a.known, a.worth.payload = nil, nil, nil
	activations.Put(a)
	if err != nil {
		return Round{}, Counted, fmt.Errorf("contest %s: %w", p.ContestID, err)
	}
	if outcome != Counted {
		return Round{}, outcome, nil
	}
	units, err := toUnits(min(points, p.cap), p.scale)
	if err != nil {
		return Round{}, Counted, fmt.Errorf("contest %s: %w", p.ContestID, err)
	}
	return Round{
		Units: min(units, p.capUnits), MultiplierMicros: multiplierMicros(e), DurationMillis: e.GetRound().GetDurationMs(),
		TsMicros: event.TsMicros(e),
	}, Counted, nil
}

// refuse asks the clauses that need no expression. It finds what the amounts are worth where the program names a currency.
func (p *Program) refuse(in *prices, into *worth) Outcome {
	e := in.event
	switch {
	case !slices.Contains(p.events, e.GetName()):
		return EventName
	case p.finishedOnly && !finished(e):
		return Unfinished
	}
	if outcome := p.outOfScope(e); outcome != Counted {
		return outcome
	}
	stake, foreign := e.GetBet().GetAmountMinor(), Counted
	if p.currency != "" {
		foreign = p.worthOf(in, into)
		stake = into.bet
	}
	if foreign == Counted && p.minBetMinor > 0 && stake < p.minBetMinor {
		return MinBet
	}
	if len(p.games) > 0 && !slices.ContainsFunc(p.games, func(g glob) bool { return g.match(e.GetGame().GetId()) }) {
		return Game
	}
	if p.needsDuration && (e.GetRound() == nil || e.Round.DurationMs == nil || e.Round.GetDurationMs() < p.minDurationMs) {
		return Duration
	}
	if len(p.asnCategories) > 0 {
		if category := e.GetDevice().GetAsnCategory(); category != "" &&
			slices.ContainsFunc(p.asnCategories, func(excluded string) bool { return strings.EqualFold(excluded, category) }) {
			return ASNCategory
		}
	}
	if p.mixing && p.currency == "" && mixedCurrency(e) {
		return MixedCurrency
	}
	return foreign
}

func (p *Program) outOfScope(e *laurelv1.Event) Outcome {
	switch {
	case len(p.markets) > 0 && !slices.Contains(p.markets, e.GetMarket()):
		return Market
	case len(p.brands) > 0 && !slices.Contains(p.brands, e.GetBrand()):
		return Brand
	case len(p.providers) > 0 && !slices.Contains(p.providers, e.GetGame().GetProvider()):
		return Provider
	default:
		return Counted
	}
}

// finished reports whether a round has ended: round_end unless its state says otherwise, spin only when its state says so.
func finished(e *laurelv1.Event) bool {
	state := e.GetRound().GetState()
	return state == stateEnded || state == "" && e.GetName() == eventRoundEnd
}

func (p *Program) evaluate(a *activation) (float64, Outcome, error) {
	if p.filter != nil {
		value, outcome, err := p.filter.evaluate(a)
		switch {
		case err != nil:
			return 0, Counted, fmt.Errorf("filter: %w", err)
		case outcome != Counted:
			return 0, outcome, nil
		}
		met, ok := value.(types.Bool)
		if !ok {
			return 0, Counted, fmt.Errorf("filter: gives %s, not true or false", typeName(value.Type().TypeName()))
		}
		if !met {
			return 0, Filter, nil
		}
	}
	switch p.points {
	case fromCount:
		return 1, Counted, nil
	case fromMultiplier:
		multiplier, outcome := multiplierOf(a.event)
		return multiplier, outcome, nil
	}
	value, outcome, err := p.formula.evaluate(a)
	switch {
	case err != nil:
		return 0, Counted, fmt.Errorf("formula: %w", err)
	case outcome != Counted:
		return 0, outcome, nil
	}
	points, ok := value.(types.Double)
	if !ok {
		return 0, Counted, fmt.Errorf("formula: gives %s, not a number", typeName(value.Type().TypeName()))
	}
	return float64(points), Counted, nil
}

// unitsWithin is the most whole units that a cap in points lets pass: one with more decimal places than the score has is not rounded up.
func unitsWithin(limit, scale float64) int64 {
	units := math.RoundToEven(limit * scale)
	if units/scale > limit {
		units--
	}
	return int64(min(units, float64(maxUnits)))
}

var errNotFinite = errors.New("formula: the points are not a finite number")

// toUnits rounds points × scale half to even; this is the only place where points are rounded.
func toUnits(points, scale float64) (int64, error) {
	units := math.RoundToEven(points * scale)
	switch {
	case math.IsNaN(units) || math.IsInf(units, 0):
		return 0, errNotFinite
	case math.Abs(units) > float64(maxUnits):
		return 0, fmt.Errorf("formula: %g points are beyond 2^53 units", points)
	default:
		return int64(units), nil
	}
}
