package catalog

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// Plan returns a definition as it runs, with every default written out; nil for a document that can't be read and for kinds that need no
// plan. Amounts are shown by the currencies of the vocabulary. That of a contest is a *laurelv1.ContestPlan.
func Plan(document *Document, known *Vocabulary) proto.Message {
	if document == nil || document.Message == nil {
		return nil
	}
	return document.kind.plan(document.Message, known)
}

func planContest(written *laurelv1.Contest, known *Vocabulary) proto.Message {
	contest := proto.CloneOf(written)
	start, end, zone, grace, err := ParseWindow(contest.GetWindow())
	if err != nil {
		return nil
	}
	if contest.GetTitle() == "" {
		contest.Title = contest.GetId()
	}
	contest.Window.Tz, contest.Window.GraceSeconds = zone.String(), proto.Int32(int32(grace/time.Second))
	if contest.GetScoring() == nil {
		contest.Scoring = &laurelv1.Scoring{}
	}
	scoring, ranking := contest.GetScoring(), contest.GetLeaderboard()
	scoring.Formula, scoring.Filter = planFormula(contest), strings.TrimSpace(scoring.GetFilter())
	if scoring.Precision == nil {
		scoring.Precision = proto.Int32(DefaultPrecision)
	}
	ranking.Tiebreaker = append(slices.DeleteFunc(ranking.GetTiebreaker(), func(name string) bool { return name == lastTieBreak }),
		lastTieBreak)
	exponent, _ := known.Currencies().Exponent(contest.GetPrizes().GetPool().GetCurrency())
	return &laurelv1.ContestPlan{
		Definition: contest, Start: timestamppb.New(start), End: timestamppb.New(end), GraceEnd: timestamppb.New(end.Add(grace)),
		PoolExponent: int32(exponent),
	}
}

// lastTieBreak ends every order, written or not, since no two players share it.
const lastTieBreak = "user_id"

// planFormula is what a round is worth: rankings by multiplier and by count need no formula.
func planFormula(contest *laurelv1.Contest) string {
	formula := strings.TrimSpace(contest.GetScoring().GetFormula())
	switch {
	case formula != "":
		return formula
	case contest.GetLeaderboard().GetType() == "max_multiplier":
		return "win.multiplier"
	default:
		return "1"
	}
}
