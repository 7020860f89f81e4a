package contest

import (
	"fmt"
	"math"
	"slices"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/rule"
)

// Model says how rounds make a score.
type Model uint8

// The scoring models.
const (
	// Sum adds the points of all rounds.
	Sum Model = iota + 1
	// BestN adds the points of the best N rounds.
	BestN
	// MaxMultiplier takes the best single round, by multiplier unless the formula says otherwise.
	MaxMultiplier
	// Count adds one for each round unless the formula says otherwise.
	Count
	// Last takes the latest round.
	Last
)

var models = map[string]Model{"sum": Sum, "best_n_rounds": BestN, "max_multiplier": MaxMultiplier, "count": Count, "last": Last}

// TieBreak is one value by which equal scores are ordered.
type TieBreak string

// The tie-breaks. The user id always decides last.
const (
	// HighestMultiplier places the player first whose best counted round has the higher multiplier.
	HighestMultiplier TieBreak = "highest_single_multiplier"
	// FastestRounds places the player first whose counted rounds took less time together.
	FastestRounds TieBreak = "fastest_rounds"
	// EarliestFinish places the player first who played the last of his counted rounds earlier.
	EarliestFinish TieBreak = "earliest_finish_ts"
	// ByUserID is the last resort that makes the order total.
	ByUserID TieBreak = "user_id"
)

// defaultPrecision is the number of decimal places of a score that does not name one.
const defaultPrecision = 2

// RateLimit lets at most Rounds rounds count in any WindowMicros of event time. Zero means no limit.
type RateLimit struct {
	Rounds       int
	WindowMicros int64
}

// maxWindowMicros bounds the window of a rate: longer than any contest, and far from overflow.
const maxWindowMicros = 1 << 62

// Definition is a published contest, ready to fold.
type Definition struct {
	ID      string
	Version int
	// Hash is the SHA-256 of the canonical definition, in hexadecimal.
	Hash  string
	Title string
	// Start and End bound the window, start inclusive, end exclusive; GraceEnd is when late events stop counting. Microseconds.
	Start, End, GraceEnd int64
	Zone                 string
	Model                Model
	// N is how many rounds BestN adds.
	N int
	// TieBreaks come without ByUserID.
	TieBreaks []TieBreak
	Rate      RateLimit
	Precision int32
	Markets   []string
	Brands    []string
	Type      string
	// Program scores; nil when the definition is Unread.
	Program *rule.Program
	// Unread says that this version of Laurel can't read the definition; nil when it can. The fields for people are there as far as they could
	// be read, and the window is the one that was published.
	Unread *catalog.Unread
	// ObserveRanks tells that the first of each kept snapshot are told their place by an event.
	ObserveRanks bool
}

// Compile prepares a published contest for the fold. The contest has been checked when it was published, so an error is a defect or a
// definition of another version of Laurel.
func Compile(version int, hash string, c *laurelv1.Contest) (*Definition, error) {
	start, end, zone, grace, err := catalog.ParseWindow(c.GetWindow())
	if err != nil {
		return nil, fmt.Errorf("contest %s: window: %w", c.GetId(), err)
	}
	program, problems := rule.Compile(c)
	if len(problems) > 0 {
		return nil, fmt.Errorf("contest %s: %s: %s", c.GetId(), problems[0].Field, problems[0].Message)
	}
	program.Version, program.From, program.Until = int32(version), start.UnixMicro(), end.UnixMicro()
	d := describe(version, hash, c)
	d.Start, d.End, d.GraceEnd, d.Zone = start.UnixMicro(), end.UnixMicro(), end.Add(grace).UnixMicro(), zone.String()
	d.Program = program
	return d, nil
}

// describe is a definition without its window and its program.
func describe(version int, hash string, c *laurelv1.Contest) *Definition {
	d := &Definition{
		ID: c.GetId(), Version: version, Hash: hash, Title: c.GetTitle(),
		Model: models[c.GetLeaderboard().GetType()], Type: c.GetLeaderboard().GetType(),
		N: int(c.GetLeaderboard().GetN()), Precision: defaultPrecision, Rate: rateLimit(c.GetAntiAbuse().GetMaxRpsPerUser()),
		Markets: c.GetScope().GetMarkets(), Brands: c.GetScope().GetBrands(), ObserveRanks: c.GetLeaderboard().GetObserveRanks(),
		TieBreaks: tieBreaks(c.GetLeaderboard().GetTiebreaker()),
	}
	if d.Title == "" {
		d.Title = d.ID
	}
	if c.GetScoring() != nil && c.GetScoring().Precision != nil {
		d.Precision = c.GetScoring().GetPrecision()
	}
	return d
}

func tieBreaks(names []string) (order []TieBreak) {
	for _, name := range names {
		if TieBreak(name) != ByUserID {
			order = append(order, TieBreak(name))
		}
	}
	return order
}

// rateLimit reads rounds per second: with k = max(1, floor(rate)), any k/rate seconds hold at most k rounds.
func rateLimit(perSecond float64) RateLimit {
	if perSecond <= 0 {
		return RateLimit{}
	}
	rounds := max(1, math.Floor(perSecond))
	window := math.Round(rounds / perSecond * float64(time.Second/time.Microsecond))
	return RateLimit{Rounds: int(rounds), WindowMicros: int64(min(window, maxWindowMicros))}
}

// InScope reports whether a market and a brand belong to the contest.
func (d *Definition) InScope(market, brand string) bool {
	return (len(d.Markets) == 0 || slices.Contains(d.Markets, market)) && (len(d.Brands) == 0 || slices.Contains(d.Brands, brand))
}
