package rule

import (
	"math"
	"path"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// drawClauses draws a contest with any of the clauses that need no expression, and a formula that mixes win and stake or does not.
func drawClauses(t *rapid.T) *laurelv1.Contest {
	few := func(label string, values ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 2, rapid.ID).Draw(t, label)
	}
	return &laurelv1.Contest{
		Id: "c", Leaderboard: &laurelv1.Ranking{Type: "sum"},
		Scope: &laurelv1.Scope{Markets: few("markets", "DE", "SE"), Brands: few("brands", "X", "Y"), Providers: few("providers", "P", "Q")},
		Scoring: &laurelv1.Scoring{
			Events: few("events", "round_end", "spin", "bet"), MinBetMinor: rapid.SampledFrom([]int64{0, 0, 50, 100}).Draw(t, "min bet"),
			EligibleGames: few("games", "g_*", "h?"), Formula: rapid.SampledFrom([]string{"1", "win.amount / bet.amount"}).Draw(t, "formula"),
		},
		AntiAbuse: &laurelv1.AntiAbuse{
			MinRoundDurationMs: rapid.SampledFrom([]int64{0, 0, 800}).Draw(t, "duration"), ExcludeAsnCategories: few("categories", "hosting",
				"Proxy"),
		},
	}
}

// drawRound draws a round that meets most clauses, or lacks what they ask for.
func drawRound(t *rapid.T) *laurelv1.Event {
	e := roundEnd()
	e.Name = rapid.SampledFrom([]string{"round_end", "spin", "bet"}).Draw(t, "name")
	e.Market, e.Brand = rapid.SampledFrom([]string{"", "DE", "SE"}).Draw(t, "market"), rapid.SampledFrom([]string{"", "X", "Y"}).
		Draw(t, "brand")
	e.Game = &laurelv1.Game{Id: rapid.SampledFrom([]string{"", "g_1", "h1", "h12"}).Draw(t, "game"),
		Provider: rapid.SampledFrom([]string{"", "P", "Q"}).Draw(t, "provider")}
	e.Bet.AmountMinor = rapid.SampledFrom([]int64{49, 50, 100, 1000}).Draw(t, "stake")
	e.Win.Currency = rapid.SampledFrom([]string{"EUR", "EUR", "", "JPY"}).Draw(t, "currency")
	e.Device.AsnCategory = rapid.SampledFrom([]string{"", "mno", "HOSTING", "proxy"}).Draw(t, "category")
	e.Round.State = rapid.SampledFrom([]string{"ended", "", "started"}).Draw(t, "state")
	e.Round.DurationMs = optionalOf(t, "duration", []int64{799, 800, 2400})
	switch rapid.IntRange(0, 9).Draw(t, "lacks") {
	case 0:
		e.Round = nil
	case 1:
		e.Bet, e.Win.Currency = nil, "EUR" // an amount won beside no stake has a currency of its own
	case 2:
		e.Device, e.Game = nil, nil
	}
	return e
}

func optionalOf(t *rapid.T, label string, values []int64) *int64 {
	if rapid.IntRange(0, 4).Draw(t, label+" unset") == 0 {
		return nil
	}
	return proto.Int64(rapid.SampledFrom(values).Draw(t, label))
}

// refusalOf asks the clauses one after the other, as the contract words them.
func refusalOf(c *laurelv1.Contest, e *laurelv1.Event) Outcome {
	within := func(scope []string, value string) bool { return len(scope) == 0 || slices.Contains(scope, value) }
	state, ended := e.GetRound().GetState(), false
	switch e.Name {
	case "round_end":
		ended = state == "" || state == "ended"
	case "spin":
		ended = state == "ended"
	}
	category := map[string]string{"HOSTING": "hosting", "proxy": "Proxy"}[e.GetDevice().GetAsnCategory()]
	eligible := len(c.Scoring.EligibleGames) == 0
	for _, glob := range c.Scoring.EligibleGames {
		matches, err := path.Match(glob, e.GetGame().GetId())
		eligible = eligible || err == nil && matches
	}
	for _, clause := range []struct {
		refuses bool
		outcome Outcome
	}{
		{!within(c.Scoring.Events, e.Name) || len(c.Scoring.Events) == 0 && e.Name == "bet", EventName},
		{len(c.Scoring.Events) == 0 && !ended, Unfinished},
		{!within(c.Scope.Markets, e.Market), Market},
		{!within(c.Scope.Brands, e.Brand), Brand},
		{!within(c.Scope.Providers, e.GetGame().GetProvider()), Provider},
		{e.GetBet().GetAmountMinor() < c.Scoring.MinBetMinor, MinBet},
		{!eligible, Game},
		{c.AntiAbuse.MinRoundDurationMs > 0 && e.GetRound().GetDurationMs() < c.AntiAbuse.MinRoundDurationMs, Duration},
		{category != "" && slices.Contains(c.AntiAbuse.ExcludeAsnCategories, category), ASNCategory},
		{c.Scoring.Formula != "1" && e.Bet != nil && e.Win.Currency == "JPY", MixedCurrency},
		{c.Scoring.Formula != "1" && e.GetBet().GetAmountMinor() == 0, NoStake},
	} {
		if clause.refuses {
			return clause.outcome
		}
	}
	return Counted
}

// TestClausesRefuseInTheirOrder compares the outcome of random rounds in random contests with the clauses asked one by one.
func TestClausesRefuseInTheirOrder(t *testing.T) {
	t.Parallel()
	seen := map[Outcome]int{}
	rapid.Check(t, func(t *rapid.T) {
		contest := drawClauses(t)
		program, problems := Compile(contest)
		require.Empty(t, problems)
		for range 20 {
			e := drawRound(t)
			round, outcome, err := program.Score(e)
			require.NoError(t, err)
			require.Equal(t, refusalOf(contest, e).String(), outcome.String(), "%v of %v", e, contest)
			require.True(t, outcome == Counted || round == Round{}, "what is refused has no points")
			seen[outcome]++
		}
	})
	for outcome := Counted; outcome <= MixedCurrency; outcome++ {
		require.Positive(t, seen[outcome], "no round was drawn that is %s", outcome)
	}
}

// TestCapsHoldWhateverThePrecision scores points on both sides of a cap: a score is never above it, and is rounded half to even when it is
// below.
func TestCapsHoldWhateverThePrecision(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		precision := rapid.Int32Range(0, 4).Draw(t, "precision")
		points := rapid.OneOf(rapid.Float64Range(-100, 100), rapid.SampledFrom([]float64{0.5, 1.5, 2.5, 0.00005, 49.995, 50})).Draw(t, "points")
		most := rapid.OneOf(rapid.Float64Range(0, 60), rapid.SampledFrom([]float64{50, 49.999999, 0, points})).Draw(t, "cap")
		if most < 0 {
			most = 0
		}
		contest := contestOf("payload.points", "")
		contest.Scoring.Precision, contest.Scoring.CapPerRound = &precision, &most
		e := roundEnd()
		e.Payload = payloadOf("points", points)
		program, problems := Compile(contest)
		require.Empty(t, problems)
		round, outcome, err := program.Score(e)
		require.NoError(t, err)
		require.Equal(t, Counted, outcome)
		scale := math.Pow10(int(precision))
		require.LessOrEqual(t, float64(round.Units), most*scale+1e-9*math.Abs(most*scale))
		rounded := math.RoundToEven(points * scale)
		if points <= most && rounded <= most*scale {
			require.InDelta(t, rounded, float64(round.Units), 0)
		}
		if points > most { // what the cap leaves is as much as a score can hold of it
			require.Greater(t, float64(round.Units)+1, most*scale-1e-9*math.Abs(most*scale))
		}
	})
}
