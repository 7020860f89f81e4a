package rule

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/event"
)

func TestTender(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		formula, filter string
		want            Tender
	}{
		{"1", "", NoAmount},
		{"user.kyc_level * 2", "bet.amount > 5", NoAmount},
		{"payload.level", "", NoAmount},
		{"win.multiplier * 100", "", CancelsOut},
		{"win.amount / bet.amount * 100", "", CancelsOut},
		{"min(win.amount / bet.amount, 50) * 100", "", CancelsOut},
		{"win.amount_minor / bet.amount_minor", "", CancelsOut},
		{"clamp((win.amount - bet.amount) / bet.amount, -1, 10)", "", CancelsOut},
		{"log(1 + win.amount / bet.amount)", "", CancelsOut},
		{"win.amount > bet.amount ? 2 : 1", "", CancelsOut},
		{"win.amount > 0 ? 2 : 1", "", CancelsOut},
		{"payload.win / payload.bet", "", CancelsOut},
		{"payload[\"win\"] / payload.bet", "", CancelsOut},
		{"win.amount * win.amount / (bet.amount * bet.amount)", "", CancelsOut},
		{"max(win.amount - bet.amount, 0) / bet.amount", "", CancelsOut},
		{"bet.amount", "", Unnamed},
		{"win.amount_minor", "", Unnamed},
		{"win.amount - bet.amount", "", Unnamed},
		{"min(win.amount, 50) / bet.amount", "", Unnamed},
		{"floor(win.amount) / bet.amount", "", Unnamed},
		{"win.amount_minor / bet.amount", "", Unnamed},
		{"win.amount > 5 ? 2 : 1", "", Unnamed},
		{"1 / bet.amount", "", Unnamed},
		{"win.amount / payload.bet", "", Unnamed},
		{"sqrt(bet.amount)", "", Unnamed},
		{"payload.amount", "", Unnamed},
		{"double(payload.amount)", "", Unnamed},
		{"payload[\"amount\"]", "", Unnamed},
		{"bet.amount", "bet.currency == \"EUR\"", OneByFilter},
		{"bet.amount", "market == \"DE\" && \"EUR\" == bet.currency", OneByFilter},
		{"win.amount - bet.amount", "bet.currency == \"EUR\"", OneByFilter},
		{"payload.amount", "payload.currency == \"EUR\" && payload.amount > 0", OneByFilter},
		{"bet.amount", "bet.currency == \"EUR\" || market == \"DE\"", Unnamed},
		{"bet.amount", "bet.currency != \"EUR\"", Unnamed},
		{"win.amount", "bet.currency == \"EUR\"", Unnamed},
		{"bet.amount + payload.amount", "bet.currency == \"EUR\"", Unnamed},
	} {
		contest := contestOf(one.formula, one.filter)
		assert.Equal(t, one.want, compile(t, contest).Tender, "%s when %s", one.formula, one.filter)
		contest.Scoring.Currency = "EUR"
		assert.Equal(t, Named, compile(t, contest).Tender)
		contest.Scoring.Rates = "ecb"
		assert.Equal(t, Converted, compile(t, contest).Tender)
	}
	assert.Equal(t, NoAmount, compile(t, &laurelv1.Contest{Id: "c", Leaderboard: &laurelv1.Ranking{Type: "count"}}).Tender)
	assert.Equal(t, CancelsOut, compile(t, &laurelv1.Contest{Id: "c", Leaderboard: &laurelv1.Ranking{Type: "max_multiplier"}}).Tender)
}

// TestWhatCancelsOutIsTheSameInAnyCurrency draws rounds and scores each in two currencies: a formula that is said to cancel out gives equal
// points.
func TestWhatCancelsOutIsTheSameInAnyCurrency(t *testing.T) {
	t.Parallel()
	atoms := []string{"win.amount", "bet.amount", "win.amount_minor", "bet.amount_minor", "0", "2", "win.multiplier"}
	cancelled := 0
	rapid.Check(t, func(t *rapid.T) {
		var draw func(depth int) string
		draw = func(depth int) string {
			if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
				return rapid.SampledFrom(atoms).Draw(t, "atom")
			}
			a, b := draw(depth-1), draw(depth-1)
			switch rapid.IntRange(0, 8).Draw(t, "operation") {
			case 0:
				return "(" + a + " + " + b + ")"
			case 1:
				return "(" + a + " - " + b + ")"
			case 2:
				return a + " * " + b
			case 3, 4:
				return a + " / (" + b + ")"
			case 5:
				return "min(" + a + ", " + b + ")"
			case 6:
				return "floor(" + a + ")"
			case 7:
				return "(" + a + " > " + b + " ? " + a + " : " + b + ")"
			default:
				return "abs(" + a + ")"
			}
		}
		program, problems := Compile(contestOf(draw(3), ""))
		require.Empty(t, problems)
		if program.Tender != CancelsOut {
			return
		}
		cancelled++
		e := roundEnd()
		e.Bet.AmountMinor, e.Win.AmountMinor, e.Win.Multiplier = rapid.Int64Range(1, 9).Draw(t, "bet")*1000, rapid.Int64Range(0, 9).
			Draw(t, "win")*1000, nil
		euros, outcome, err := program.Score(e)
		e.Bet.Currency, e.Win.Currency = "KWD", "KWD"
		dinars, outcomeOther, errOther := program.Score(e)
		require.Equal(t, outcome, outcomeOther)
		require.Equal(t, err == nil, errOther == nil)
		require.InDelta(t, euros.Units, dinars.Units, 1, "a hundredth, for the order in which doubles round")
	})
	require.Positive(t, cancelled)
}

// published is a vocabulary with rates of one day.
func published() (known *catalog.Vocabulary) {
	return known.With(&laurelv1.Currency{Id: "GEMS", Exponent: proto.Int32(0)}, nil).With(&laurelv1.ExchangeRates{
		Id: "ecb", Base: "EUR", Tz: "Europe/Berlin",
		Days: []*laurelv1.RateDay{{Date: "2025-10-25", Rates: []*laurelv1.Rate{
			{Currency: "JPY", Rate: "0.00577"}, {Currency: "USD", Rate: "0.5"}, {Currency: "GEMS", Rate: "1234567890.5"},
		}}},
	}, nil)
}

func TestScoreInTheCurrencyOfTheContest(t *testing.T) {
	t.Parallel()
	known := published()
	for name, one := range map[string]struct {
		formula, rates string
		change         func(e *laurelv1.Event)
		want           Outcome
		units          int64
	}{
		"its own": {"win.amount", "", func(*laurelv1.Event) {}, Counted, 250},
		"another": {"win.amount", "", func(e *laurelv1.Event) { e.Win.Currency, e.Bet.Currency = "JPY", "JPY" }, OtherCurrency,
			0},
		"stake in another": {"win.amount", "", func(e *laurelv1.Event) { e.Bet.Currency = "JPY" }, OtherCurrency, 0},
		"converted": {"win.amount", "ecb", func(e *laurelv1.Event) { e.Win.Currency, e.Bet.Currency = "JPY", "JPY" }, Counted,
			144},
		"half to even": {"bet.amount", "ecb", func(e *laurelv1.Event) { e.Bet.Currency, e.Bet.AmountMinor = "USD", 101 }, Counted,
			50},
		"win and stake apart": {"win.amount - bet.amount", "ecb", func(e *laurelv1.Event) { e.Bet.Currency = "USD" }, Counted, 200},
		"no rate":             {"bet.amount", "ecb", func(e *laurelv1.Event) { e.Bet.Currency = "GBP" }, NoRate, 0},
		"day of the table's zone": {"bet.amount", "ecb", func(e *laurelv1.Event) { e.Bet.Currency, e.EventTs.Seconds = "USD", 1761429600 },
			NoRate, 0},
		"last second of the day": {"bet.amount", "ecb", func(e *laurelv1.Event) { e.Bet.Currency, e.EventTs.Seconds = "USD", 1761429599 },
			Counted, 50},
		"beyond what can be held": {"bet.amount", "ecb", func(e *laurelv1.Event) { e.Bet.Currency, e.Bet.AmountMinor = "GEMS", 1<<53-1 }, NoRate,
			0},
		"payload":                  {"payload.amount", "ecb", payload("USD", "amount", 12.01), Counted, 600},
		"payload of its own":       {"payload.amount", "ecb", payload("EUR", "amount", 12.01), Counted, 1201},
		"payload by brackets":      {"payload[\"amount\"]", "ecb", payload("JPY", "amount", 1000), Counted, 577},
		"payload in minor units":   {"payload.amount_minor", "ecb", payload("USD", "amount_minor", 1201), Counted, 60000},
		"refund":                   {"payload.amount", "ecb", payload("USD", "amount", -12.03), Counted, -602},
		"payload in another":       {"payload.amount", "", payload("USD", "amount", 12), OtherCurrency, 0},
		"payload without currency": {"payload.amount", "", payload("", "amount", 12), MissingField, 0},
		"payload left out":         {"event.name == \"purchase\" ? payload.amount : bet.amount", "", func(*laurelv1.Event) {}, Counted, 100},
		"other payload":            {"payload.level", "", payload("USD", "level", 12), Counted, 1200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contest := contestOf(one.formula, "")
			contest.Scoring.Currency, contest.Scoring.Rates = "EUR", one.rates
			e := roundEnd()
			one.change(e)
			round, outcome, err := compile(t, contest).score(&prices{event: e, known: known, tsMicros: event.TsMicros(e)})
			require.NoError(t, err)
			assert.Equal(t, one.want.String(), outcome.String())
			assert.Equal(t, one.units, round.Units)
		})
	}
	assert.Equal(t, "other_currency no_rate", OtherCurrency.String()+" "+NoRate.String())
}

// payload puts a number and a currency into an event's payload.
func payload(currency, name string, value float64) func(e *laurelv1.Event) {
	return func(e *laurelv1.Event) {
		e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{name: structpb.NewNumberValue(value)}}
		if currency != "" {
			e.Payload.Fields["currency"] = structpb.NewStringValue(currency)
		}
	}
}

// TestConvertedPayloadLeavesTheEvent keeps what other contests read of the same event.
func TestConvertedPayloadLeavesTheEvent(t *testing.T) {
	t.Parallel()
	contest := contestOf("payload.amount", "")
	contest.Scoring.Currency, contest.Scoring.Rates = "EUR", "ecb"
	e := roundEnd()
	payload("USD", "amount", 12)(e)
	_, outcome, err := compile(t, contest).score(&prices{event: e, known: published(), tsMicros: event.TsMicros(e)})
	require.NoError(t, err)
	require.Equal(t, Counted, outcome)
	assert.InDelta(t, 12, e.Payload.Fields["amount"].GetNumberValue(), 0)
}
