package rule

import (
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/money"
)

// prices is an event with what its amounts are worth at its time and place.
type prices struct {
	event    *laurelv1.Event
	known    *catalog.Vocabulary
	tsMicros int64
	at       fold.Place
}

// worth is the amounts of an event in the currency that the contest names, in minor units. A contest that names none needs none of it.
type worth struct {
	bet, win int64
	payload  *structpb.Struct
}

// payloadAmounts are the fields of payload that are amounts, in the currency that payload.currency says; event/schemas.yaml declares them.
// The value tells whether they are in minor units.
var payloadAmounts = map[string]bool{"amount": false, "bet": false, "win": false, "amount_minor": true}

// worthOf finds what the amounts of an event are worth to a program that names a currency, or why it does not count: an amount is in
// another currency and there are no rates, or none of that day.
func (p *Program) worthOf(in *prices, into *worth) (outcome Outcome) {
	e := in.event
	*into = worth{bet: e.GetBet().GetAmountMinor(), win: e.GetWin().GetAmountMinor(), payload: e.GetPayload()}
	if currency := e.GetBet().GetCurrency(); currency != "" {
		if into.bet, outcome = p.convert(in, into.bet, currency); outcome != Counted {
			return outcome
		}
	}
	if currency := winCurrency(e); currency != "" {
		if into.win, outcome = p.convert(in, into.win, currency); outcome != Counted {
			return outcome
		}
	}
	return p.convertPayload(in, into)
}

// convert turns minor units of a currency into minor units of the contest's.
func (p *Program) convert(in *prices, minor int64, currency string) (int64, Outcome) {
	if currency == p.currency {
		return minor, Counted
	}
	exponent, known := in.known.Currencies().Exponent(currency)
	if !known {
		return 0, OtherCurrency
	}
	return p.exchange(in, money.OfMinor(minor, exponent), currency)
}

// exchange turns an amount of a currency into minor units of the contest's, by the rate of the event's day, rounded half to even once.
func (p *Program) exchange(in *prices, amount money.Decimal, currency string) (int64, Outcome) {
	exponent, known := in.known.Currencies().Exponent(p.currency)
	rates := in.known.Rates(p.rates)
	if p.rates == "" || rates == nil || !known {
		return 0, OtherCurrency
	}
	rate, found := rates.At(currency, in.tsMicros, in.at.Partition, in.at.Seq)
	if !found {
		return 0, NoRate
	}
	minor, fits := amount.Times(rate).ToMinor(exponent)
	if !fits {
		return 0, NoRate
	}
	return minor, Counted
}

// convertPayload puts the amounts of payload that the program reads into the contest's currency.
func (p *Program) convertPayload(in *prices, w *worth) Outcome {
	if !slices.ContainsFunc(p.payloadReads, func(name string) bool { return w.payload.GetFields()[name] != nil }) {
		return Counted
	}
	currency := w.payload.GetFields()["currency"].GetStringValue()
	switch currency {
	case "":
		return MissingField
	case p.currency:
		return Counted
	}
	from, knownFrom := in.known.Currencies().Exponent(currency)
	to, knownTo := in.known.Currencies().Exponent(p.currency)
	if !knownFrom || !knownTo {
		return OtherCurrency
	}
	fields := make(map[string]*structpb.Value, len(w.payload.GetFields()))
	for name, value := range w.payload.GetFields() {
		fields[name] = value
	}
	for _, name := range p.payloadReads {
		number, ok := fields[name].GetKind().(*structpb.Value_NumberValue)
		if !ok {
			continue // the formula finds that it is missing, or no number
		}
		amount, ok := money.ParseDecimal(strconv.FormatFloat(number.NumberValue, 'f', -1, 64)) // the number as it was written
		if !ok {
			return NoRate
		}
		if payloadAmounts[name] {
			amount = amount.Times(money.OfMinor(1, from))
		}
		minor, outcome := p.exchange(in, amount, currency)
		if outcome != Counted {
			return outcome
		}
		value := float64(minor)
		if !payloadAmounts[name] {
			value /= powersOfTen[to]
		}
		fields[name] = structpb.NewNumberValue(value)
	}
	w.payload = &structpb.Struct{Fields: fields}
	return Counted
}
