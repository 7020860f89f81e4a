package catalog

import (
	"fmt"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/zone"
)

// Reading says in plain English what a definition does, so that an author sees what he has written. Empty for a document with problems.
func Reading(document *Document) string {
	if document == nil || document.Message == nil {
		return ""
	}
	sentences := document.kind.read(document.Message)
	if len(sentences) == 0 {
		return ""
	}
	return strings.Join(sentences, ".\n") + "."
}

func readContest(written *laurelv1.Contest) []string {
	plan, ok := planContest(written, nil).(*laurelv1.ContestPlan)
	if !ok {
		return nil
	}
	contest := plan.GetDefinition()
	within, err := zone.Load(contest.GetWindow().GetTz())
	if err != nil {
		return nil
	}
	const form = "2 January 2006 15:04:05 MST"
	sentences := []string{
		fmt.Sprintf("%s runs from %s to %s (%s)", contest.GetTitle(), plan.GetStart().AsTime().In(within).Format(form), plan.GetEnd().AsTime().
			In(within).Format(form), within),
		fmt.Sprintf("Late events count until %d s after the end", contest.GetWindow().GetGraceSeconds()),
		readScope(contest),
		readScoring(contest.GetScoring()),
		readRanking(contest.GetLeaderboard()),
	}
	sentences = append(sentences, readRefusals(contest)...)
	if contest.GetLeaderboard().GetObserveRanks() {
		sentences = append(sentences, "Each kept snapshot of the board tells its first ten players their place, as an event rank_observed")
	}
	if pool := contest.GetPrizes().GetPool(); pool != nil {
		sentences = append(sentences, fmt.Sprintf("The pool is %d minor units of %s, shared by %s", pool.GetTotalMinor(), pool.GetCurrency(),
			contest.GetPrizes().GetDistribution()))
	}
	return sentences
}

func readScope(contest *laurelv1.Contest) string {
	scope := contest.GetScope()
	parts := []string{
		listOr("all markets", "the markets ", scope.GetMarkets()),
		listOr("all brands", "the brands ", scope.GetBrands()),
		listOr("all providers", "the providers ", scope.GetProviders()),
		listOr("all games", "the games ", contest.GetScoring().GetEligibleGames()),
	}
	return "It takes events of " + strings.Join(parts, ", ")
}

func readScoring(scoring *laurelv1.Scoring) string {
	text := fmt.Sprintf("Each %s is worth %s points, rounded half to even at %d decimal places",
		listOr("finished round (round_end, or spin whose round has ended)", "event ", scoring.GetEvents()), scoring.GetFormula(),
		scoring.GetPrecision())
	if scoring.CapPerRound != nil {
		text += fmt.Sprintf(", at most %v", scoring.GetCapPerRound())
	}
	if scoring.GetCurrency() != "" {
		text += fmt.Sprintf(", in %s", scoring.GetCurrency())
	}
	return text
}

func readRanking(ranking *laurelv1.Ranking) string {
	scores := map[string]string{
		"sum":            "the sum of all of them",
		typeBestRounds:   fmt.Sprintf("the sum of his best %d", ranking.GetN()),
		"max_multiplier": "the best of them",
		"count":          "how many there are, each with its worth",
		"last":           "the last of them",
	}
	tieBreaks := map[string]string{
		"highest_single_multiplier": "the higher single multiplier",
		"fastest_rounds":            "the faster rounds",
		"earliest_finish_ts":        "the earlier finish",
		"user_id":                   "the smaller user id",
	}
	var order []string
	for _, name := range ranking.GetTiebreaker() {
		order = append(order, tieBreaks[name])
	}
	return fmt.Sprintf("A player's score is %s; equal scores are ordered by %s", scores[ranking.GetType()], strings.Join(order, ", then "))
}

func readRefusals(contest *laurelv1.Contest) []string {
	scoring, abuse := contest.GetScoring(), contest.GetAntiAbuse()
	var sentences []string
	add := func(when bool, format string, args ...any) {
		if when {
			sentences = append(sentences, fmt.Sprintf(format, args...))
		}
	}
	add(scoring.GetFilter() != "", "A round counts only when %s", scoring.GetFilter())
	add(scoring.GetMinBetMinor() > 0, "Stakes below %d minor units do not count", scoring.GetMinBetMinor())
	add(abuse.GetMinRoundDurationMs() > 0, "Rounds shorter than %d ms, or of unknown duration, do not count", abuse.GetMinRoundDurationMs())
	add(abuse.GetMaxRpsPerUser() > 0, "At most %v rounds a second count for one player", abuse.GetMaxRpsPerUser())
	add(len(abuse.GetExcludeAsnCategories()) > 0, "Rounds from networks of the categories %s do not count",
		strings.Join(abuse.GetExcludeAsnCategories(), ", "))
	return sentences
}

func listOr(none, prefix string, values []string) string {
	if len(values) == 0 {
		return none
	}
	const most = 10
	if len(values) > most {
		return fmt.Sprintf("%s%s and %d more", prefix, strings.Join(values[:most], ", "), len(values)-most)
	}
	return prefix + strings.Join(values, ", ")
}
