package catalog

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
)

// DefaultPrecision is the number of decimal places of a score when a contest does not say.
const DefaultPrecision = 2

const typeBestRounds = "best_n_rounds"

// contestKind is the row of contests.
var contestKind = row[*laurelv1.Contest]{
	name: KindContest, empty: func() *laurelv1.Contest { return new(laurelv1.Contest) },
	check: checkContest, fit: fitContest, plan: planContest, read: readContest, succeed: succeedContest,
	wholes: []string{"window"},
	patterns: []pattern{
		{begins: "id", ends: "id", message: "must start with a lower-case letter, then lower-case letters, digits, _ . or -"},
		{ends: "currency", message: codeForm},
		{begins: "scoring.rates", message: "must be the id of an ExchangeRates: a lower-case letter, then lower-case letters, digits, _ . or -"},
		{begins: "scoring.events",
			message: "must be an event name: a lower-case letter, then lower-case letters, digits and _, such as round_end"},
	},
}

// checkContest refuses what the bounds in the contract can't say.
func checkContest(contest *laurelv1.Contest, refuse refuse) {
	if contest.GetWindow() != nil {
		_, _, _, _, err := ParseWindow(contest.GetWindow())
		var wrong *fieldError
		if errors.As(err, &wrong) {
			refuse("window."+wrong.field, "%s", wrong.message)
		}
	}
	checkRanking(contest, refuse)
	checkScoring(contest, refuse)
	if scoring := contest.GetScoring(); scoring.GetRates() != "" && scoring.GetCurrency() == "" {
		refuse("scoring.rates", "needs scoring.currency: the base of %s, in which the points are", scoring.GetRates())
	}
}

// fitContest refuses currencies and rates that nobody published, and names that can't be shown.
func fitContest(contest *laurelv1.Contest, known *Vocabulary, refuse refuse) {
	scope := contest.GetScope()
	for field, names := range map[string][]string{
		"scope.markets": scope.GetMarkets(), "scope.brands": scope.GetBrands(), "scope.providers": scope.GetProviders(),
	} {
		for i, name := range names {
			fitName(fmt.Sprintf("%s[%d]", field, i), name, refuse)
		}
	}
	fitCurrency("prizes.pool.currency", contest.GetPrizes().GetPool().GetCurrency(), known, refuse)
	scoring := contest.GetScoring()
	fitCurrency("scoring.currency", scoring.GetCurrency(), known, refuse)
	if scoring.GetRates() == "" || scoring.GetCurrency() == "" {
		return
	}
	switch rates := known.Rates(scoring.GetRates()); {
	case rates == nil:
		refuse("scoring.rates", "%s is no published rate table; publish it (kind: ExchangeRates) first, or check it in the same folder",
			word.Quote(scoring.GetRates()))
	case rates.Base != scoring.GetCurrency():
		refuse("scoring.rates", "%s tells rates in %s and the points are in %s; name a table with that base", scoring.GetRates(), rates.Base,
			scoring.GetCurrency())
	}
}

func checkRanking(contest *laurelv1.Contest, refuse refuse) {
	ranking := contest.GetLeaderboard()
	if ranking == nil {
		return
	}
	switch {
	case ranking.GetType() == typeBestRounds && ranking.GetN() < 1:
		refuse("leaderboard.n", "says how many rounds best_n_rounds sums; write 1 to 1000")
	case ranking.GetType() != typeBestRounds && ranking.GetN() != 0:
		refuse("leaderboard.n", "is only for type best_n_rounds; leave it out or change leaderboard.type")
	}
	if ranking.GetObserveRanks() && slices.Contains(contest.GetScoring().GetEvents(), event.NameRankObserved) {
		refuse("leaderboard.observe_ranks", "would have the contest feed itself: scoring.events names %s, so each snapshot would move the "+
			"board that the next one is taken of; "+
			"leave one of the two out, or score the places in another contest", event.NameRankObserved)
	}
	if at := slices.Index(ranking.GetTiebreaker(), "user_id"); at >= 0 && at != len(ranking.GetTiebreaker())-1 {
		refuse(fmt.Sprintf("leaderboard.tiebreaker[%d]", at), "user_id leaves no tie to break and must come last")
	}
}

func checkScoring(contest *laurelv1.Contest, refuse refuse) {
	scoring, kind := contest.GetScoring(), contest.GetLeaderboard().GetType()
	formulaNeeded := kind == "sum" || kind == typeBestRounds || kind == "last"
	if formulaNeeded && strings.TrimSpace(scoring.GetFormula()) == "" {
		refuse("scoring.formula", "is missing: leaderboard.type %s needs points for a round, such as min(win.amount / bet.amount, 50) * 100",
			kind)
	}
	checkEventNames(scoring.GetEvents(), refuse)
	for i, glob := range scoring.GetEligibleGames() {
		if message := globProblem(glob); message != "" {
			refuse(fmt.Sprintf("scoring.eligible_games[%d]", i), "%s", message)
		}
	}
	precision := DefaultPrecision
	if scoring != nil && scoring.Precision != nil {
		precision = int(scoring.GetPrecision())
	}
	if limit := float64(money.MaxMinor) / math.Pow10(precision); scoring.GetCapPerRound() > limit {
		refuse("scoring.cap_per_round", "is above %.0f, the most points that a score with %d decimal places can hold", limit, precision)
	}
}

// eventNames are the names that events can have; they are read once and never change.
var eventNames = sync.OnceValues(event.NewRegistry)

func checkEventNames(names []string, refuse refuse) {
	if len(names) == 0 {
		return
	}
	registry, err := eventNames()
	if err != nil {
		refuse("scoring.events", "can't be checked: %s", err)
		return
	}
	for i, name := range names {
		if !registry.Known(name) {
			known := registry.Names()
			refuse(fmt.Sprintf("scoring.events[%d]", i), "%s is not an event name; %sthe names are %s", word.Quote(name), meant(name, known),
				strings.Join(known, ", "))
		}
	}
}

// globProblem says why a game glob is refused: signs that other glob languages give a meaning would not do here what their author expects.
func globProblem(glob string) string {
	if at := strings.IndexAny(glob, `[]{}\!`); at >= 0 {
		return fmt.Sprintf("%s contains %q; only * (any run) and ? (one character) have a meaning", word.Quote(glob), glob[at:at+1])
	}
	if strings.ContainsFunc(glob, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Sprintf("%s contains a control character", word.Quote(glob))
	}
	return ""
}
