package rule

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

func TestScoreExample(t *testing.T) {
	t.Parallel()
	program := compile(t, exampleContest(t))
	round, outcome, err := program.Score(roundEnd())
	require.NoError(t, err)
	assert.Equal(t, Counted, outcome)
	assert.Equal(t, Round{Units: 25000, MultiplierMicros: 2_500_000, DurationMillis: 2400, TsMicros: 1761415897_000_000}, round)
	assert.Equal(t, "t_october_sprint", program.ContestID)
	assert.Equal(t, 2, program.Precision)
}

// TestOutcomes changes the example's event until each clause of the example's contest refuses it.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contest func(*laurelv1.Contest)
		event   func(*laurelv1.Event)
		want    Outcome
	}{
		"counted":                     {want: Counted},
		"other event":                 {event: func(e *laurelv1.Event) { e.Name = "purchase" }, want: EventName},
		"spin that has ended":         {event: func(e *laurelv1.Event) { e.Name = "spin" }, want: Counted},
		"spin without state":          {event: func(e *laurelv1.Event) { e.Name, e.Round.State = "spin", "" }, want: Unfinished},
		"round_end without state":     {event: func(e *laurelv1.Event) { e.Round.State = "" }, want: Counted},
		"round_end that has started":  {event: func(e *laurelv1.Event) { e.Round.State = "started" }, want: Unfinished},
		"market":                      {event: func(e *laurelv1.Event) { e.Market = "TR" }, want: Market},
		"no market":                   {event: func(e *laurelv1.Event) { e.Market = "" }, want: Market},
		"brand":                       {contest: func(c *laurelv1.Contest) { c.Scope.Brands = []string{"Y"} }, want: Brand},
		"provider":                    {event: func(e *laurelv1.Event) { e.Game.Provider = "Other" }, want: Provider},
		"no game":                     {event: func(e *laurelv1.Event) { e.Game = nil }, want: Provider},
		"stake at the least":          {event: func(e *laurelv1.Event) { e.Bet.AmountMinor = 50 }, want: Counted},
		"stake below the least":       {event: func(e *laurelv1.Event) { e.Bet.AmountMinor = 49 }, want: MinBet},
		"no stake":                    {event: func(e *laurelv1.Event) { e.Bet = nil }, want: MinBet},
		"game":                        {event: func(e *laurelv1.Event) { e.Game.Id = "h_1" }, want: Game},
		"duration at the least":       {event: func(e *laurelv1.Event) { e.Round.DurationMs = proto.Int64(800) }, want: Counted},
		"duration below the least":    {event: func(e *laurelv1.Event) { e.Round.DurationMs = proto.Int64(799) }, want: Duration},
		"no duration":                 {event: func(e *laurelv1.Event) { e.Round.DurationMs = nil }, want: Duration},
		"no round":                    {event: func(e *laurelv1.Event) { e.Round = nil }, want: Duration},
		"excluded network":            {event: func(e *laurelv1.Event) { e.Device.AsnCategory = "hosting" }, want: ASNCategory},
		"excluded network, capitals":  {event: func(e *laurelv1.Event) { e.Device.AsnCategory = "Hosting" }, want: ASNCategory},
		"unknown network":             {event: func(e *laurelv1.Event) { e.Device = nil }, want: Counted},
		"two currencies":              {event: func(e *laurelv1.Event) { e.Win.Currency = "SEK" }, want: MixedCurrency},
		"filter":                      {contest: filtered("bet.amount > 1"), want: Filter},
		"filter met":                  {contest: filtered("bet.amount >= 1"), want: Counted},
		"filter over a missing field": {contest: filtered("payload.x == 1"), want: MissingField},
		"the other side decides":      {contest: filtered("payload.x == 1 || market == 'DE'"), want: Counted},
		"unknown payer":               {contest: filtered("user.payer"), want: MissingField},
		"unknown level":               {contest: filtered("user.kyc_level < 5"), want: MissingField},
		"free round without a least stake": {
			contest: func(c *laurelv1.Contest) { c.Scoring.MinBetMinor = 0 },
			event:   func(e *laurelv1.Event) { e.Bet.AmountMinor = 0 }, want: NoStake,
		},
		"no stake without a least stake": {
			contest: func(c *laurelv1.Contest) { c.Scoring.MinBetMinor = 0 },
			event:   func(e *laurelv1.Event) { e.Bet = nil }, want: NoStake,
		},
		"nothing won": {event: func(e *laurelv1.Event) { e.Win = nil }, want: Counted},
		"fastest rounds need a duration": {
			contest: func(c *laurelv1.Contest) {
				c.AntiAbuse, c.Leaderboard.Tiebreaker = nil, []string{"fastest_rounds"}
			},
			event: func(e *laurelv1.Event) { e.Round.DurationMs = nil }, want: Duration,
		},
		"chosen events need no state": {
			contest: func(c *laurelv1.Contest) { c.Scoring.Events = []string{"spin"} },
			event:   func(e *laurelv1.Event) { e.Name, e.Round.State = "spin", "started" }, want: Counted,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contest, e := exampleContest(t), roundEnd()
			if c.contest != nil {
				c.contest(contest)
			}
			if c.event != nil {
				c.event(e)
			}
			round, outcome, err := compile(t, contest).Score(e)
			require.NoError(t, err)
			assert.Equal(t, c.want.String(), outcome.String())
			if c.want != Counted {
				assert.Zero(t, round)
			}
		})
	}
}

func filtered(filter string) func(*laurelv1.Contest) {
	return func(c *laurelv1.Contest) { c.Scoring.Filter = filter }
}

func TestOutcomeNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for outcome := Counted; outcome <= MissingField; outcome++ {
		assert.NotEmpty(t, outcome.String())
		assert.False(t, seen[outcome.String()])
		seen[outcome.String()] = true
	}
	assert.Equal(t, "unknown", Outcome(200).String())
}

// TestFormulas scores one event by many formulas. The payload holds what breaks naive arithmetic.
func TestFormulas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		formula string
		units   int64
		outcome Outcome
		err     string
	}{
		{formula: "min(win.amount / bet.amount, 50) * 100", units: 25000},
		{formula: "1 / 2", units: 50},
		{formula: "7 / 2 * 2", units: 700},
		{formula: "2 * win.amount", units: 500},
		{formula: "win.amount_minor - bet.amount_minor", units: 15000},
		{formula: "bet.amount_minor == 100 ? 1 : 2", units: 100},
		{formula: "round(2.5) + round(-2.5) + floor(-0.5) + ceil(0.2)", units: 0},
		{formula: "log10(1000) + sqrt(16) + abs(-3) + clamp(9, 0, 5)", units: 1500},
		{formula: "log(1)", units: 0},
		{formula: "-win.amount", units: -250},
		{formula: `game.id in ["g_1", "g_77"] ? 3 : 4`, units: 300},
		{formula: `user.kyc_level in [1, 3] ? 3 : 4`, units: 300},
		{formula: `"vip" in user.risk_flags ? 3 : 4`, units: 300},
		{formula: `size(game.id) + size(user.risk_flags) + size(payload.list)`, units: 800},
		{formula: "payload.bet * 2", units: 100},
		{formula: "double(payload.text) * 2", units: 2500},
		{formula: "payload.list[1] + 1", units: 300},
		{formula: "payload.deep.x", units: 700},
		{formula: `payload["bet"]`, units: 50},
		{formula: "has(payload.gone) ? 1 : 2", units: 200},
		{formula: "has(payload.gone) && payload.gone > 1 ? 1 : 2", units: 200},
		{formula: "payload.gone", outcome: MissingField},
		{formula: "payload.deep.gone", outcome: MissingField},
		{formula: "payload.win / payload.zero", err: "contest c: formula: division by zero"},
		{formula: "min(payload.win / payload.zero, 50)", err: "contest c: formula: division by zero"},
		{formula: "min(payload.huge * payload.huge, 50)", err: "contest c: formula: * has no finite result"},
		{formula: "min(payload.huge + payload.huge, 50)", err: "contest c: formula: + has no finite result"},
		{formula: "max(log(payload.zero), 0)", err: "contest c: formula: log has no finite result"},
		{formula: "max(sqrt(0 - win.amount), 0)", err: "contest c: formula: sqrt has no finite result"},
		{formula: "clamp(1, 3, 2)", err: "contest c: formula: clamp has a low end above its high end"},
		{formula: "payload.huge", err: "contest c: formula: the points are not a finite number"},
		{formula: "win.amount * 1e15", err: "contest c: formula: 2.5e+15 points are beyond 2^53 units"},
		{formula: "payload.text + 1", err: "contest c: formula: + can't be applied to (text, number)"},
		{formula: "payload.text", err: "contest c: formula: gives a text, not a number"},
		{formula: "double(payload.word)", err: "contest c: formula: double takes a number"},
		{formula: "double(payload.infinity)", err: "contest c: formula: double has no finite result"},
		{formula: "payload.list[9]", err: "contest c: formula: index out of bounds: 9"},
	} {
		t.Run(c.formula, func(t *testing.T) {
			t.Parallel()
			e := roundEnd()
			e.User.KycLevel = proto.Int32(3)
			e.User.RiskFlags = []string{"vip"}
			payload, err := structpb.NewStruct(map[string]any{
				"bet": 0.5, "win": 1.25, "zero": 0, "huge": 1.7e308, "text": "12.5", "word": "much", "infinity": "Infinity", "list": []any{1, 2, 3},
				"deep": map[string]any{"x": 7},
			})
			require.NoError(t, err)
			e.Payload = payload
			round, outcome, err := compile(t, contestOf(c.formula, "")).Score(e)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				assert.Zero(t, round)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.outcome.String(), outcome.String())
			assert.Equal(t, c.units, round.Units)
		})
	}
}

func TestFilterThatIsNoCondition(t *testing.T) {
	t.Parallel()
	e := roundEnd()
	e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"x": structpb.NewNumberValue(1)}}
	_, _, err := compile(t, contestOf("1", "payload.x")).Score(e)
	require.EqualError(t, err, "contest c: filter: gives a number, not true or false")
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]int64{"EUR": 12_345_6700, "JPY": 1_234_567_0000, "KWD": 1_234_567_0, "CLF": 123_4567} {
		contest := contestOf("win.amount", "")
		contest.Scoring.Precision = proto.Int32(4)
		e := roundEnd()
		e.Win, e.Bet = &laurelv1.Win{AmountMinor: 1_234_567, Currency: currency}, nil
		round, outcome, err := compile(t, contest).Score(e)
		require.NoError(t, err)
		assert.Equal(t, Counted, outcome)
		assert.Equal(t, want, round.Units, currency)
	}
	e := roundEnd()
	e.Win.Currency = "XXX"
	_, outcome, err := compile(t, contestOf("win.amount", "")).Score(e)
	require.NoError(t, err)
	assert.Equal(t, MissingField, outcome, "the exponent of an unknown currency is never guessed")
}

func TestDefaultPoints(t *testing.T) {
	t.Parallel()
	count := compile(t, &laurelv1.Contest{Id: "c", Leaderboard: &laurelv1.Ranking{Type: "count"},
		Scoring: &laurelv1.Scoring{Precision: proto.Int32(0)}})
	round, _, err := count.Score(roundEnd())
	require.NoError(t, err)
	assert.Equal(t, int64(1), round.Units)

	best := compile(t, &laurelv1.Contest{Id: "c", Leaderboard: &laurelv1.Ranking{Type: "max_multiplier"}})
	e := roundEnd()
	round, _, err = best.Score(e)
	require.NoError(t, err)
	assert.Equal(t, int64(250), round.Units)
	e.Win.Multiplier = nil
	e.Win.AmountMinor = 333
	round, _, err = best.Score(e)
	require.NoError(t, err)
	assert.Equal(t, int64(333), round.Units)
	assert.Equal(t, int64(3_330_000), round.MultiplierMicros)
	e.Bet.AmountMinor = 0
	_, outcome, err := best.Score(e)
	require.NoError(t, err)
	assert.Equal(t, NoStake, outcome)

	_, problems := Compile(&laurelv1.Contest{Id: "c", Leaderboard: &laurelv1.Ranking{Type: "last"}})
	require.Len(t, problems, 1)
	assert.Equal(t, "scoring.formula", problems[0].Field)
}

func TestCapPerRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		win       int64
		cap       float64
		precision int32
		want      int64
	}{
		{250, 2, 2, 200}, {250, 2.5, 2, 250}, {250, 0.29, 2, 29}, {250, 0.57, 2, 57}, {250, 1.0049, 4, 10049},
		{250, 2.6, 0, 2}, {300, 2.6, 0, 2}, {260, 2.7, 0, 2}, {150, 2.6, 0, 2}, {140, 2.6, 0, 1}, {250, 0.006, 2, 0}, {250, 0.7, 0, 0},
	} {
		contest := contestOf("win.amount", "")
		contest.Scoring.CapPerRound, contest.Scoring.Precision = &c.cap, &c.precision
		e := roundEnd()
		e.Win.AmountMinor = c.win
		round, _, err := compile(t, contest).Score(e)
		require.NoError(t, err)
		assert.Equal(t, c.want, round.Units, "%+v", c)
		assert.LessOrEqual(t, float64(round.Units)/math.Pow10(int(c.precision)), c.cap, "%+v", c)
	}
}

// TestManyScoreAtOnce shares a program whose fields are missing, since the interpreter's errors are shared too. It proves something under
// -race.
func TestManyScoreAtOnce(t *testing.T) {
	t.Parallel()
	programs := []*Program{
		compile(t, contestOf("win.amount / bet.amount", "user.payer || market == 'DE'")),
		compile(t, contestOf("payload.x", "payload.y > 1 || user.kyc_level > 2")),
		compile(t, contestOf("bet.amount", "game.id.matches('^g_')")),
	}
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			e := roundEnd()
			e.EventId = fmt.Sprint(worker)
			if worker%2 == 0 {
				e.Bet = nil
			}
			for range 300 {
				for i, program := range programs {
					round, outcome, err := program.Score(e)
					if err != nil {
						t.Error(err)
						return
					}
					want := Counted
					if i == 1 {
						want = MissingField
					} else if e.Bet == nil {
						want = NoStake
					}
					if outcome != want || outcome == Counted && round.TsMicros != event.TsMicros(e) {
						t.Errorf("program %d gives %s %+v", i, outcome, round)
						return
					}
				}
			}
		})
	}
	wait.Wait()
}
