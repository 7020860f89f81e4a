package catalog

import (
	"maps"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/zone"
)

// Vocabulary is what is published that events and other definitions refer to by name: currencies and rate tables. It is immutable; nil
// knows the currencies of ISO 4217 alone. Nothing ever leaves it, and what it says of a name never changes, so a newer one does for what an
// older one was asked.
type Vocabulary struct {
	currencies *money.Currencies
	rates      map[string]*Rates
}

// Currencies are those in which amounts may be.
func (v *Vocabulary) Currencies() *money.Currencies {
	if v == nil {
		return nil
	}
	return v.currencies
}

// Rates returns a rate table; nil when there is none of that id.
func (v *Vocabulary) Rates(id string) *Rates {
	if v == nil {
		return nil
	}
	return v.rates[id]
}

// With returns a vocabulary that has a definition too, published when events up to some positions had been folded; nil positions are before
// all events. Definitions of kinds that nobody refers to leave it as it is.
func (v *Vocabulary) With(definition Message, folded journal.Positions) *Vocabulary {
	n := &Vocabulary{currencies: v.Currencies(), rates: map[string]*Rates{}}
	if v != nil {
		maps.Copy(n.rates, v.rates)
	}
	switch d := definition.(type) {
	case *laurelv1.Currency:
		n.currencies = n.currencies.With(d.GetId(), int(d.GetExponent()))
	case *laurelv1.ExchangeRates:
		n.rates[d.GetId()] = n.rates[d.GetId()].with(d, folded)
	default:
		return v
	}
	return n
}

// Rates are what currencies are worth in a base, day by day. It is immutable.
type Rates struct {
	// Base is the currency that the others are told in.
	Base string
	zone *time.Location
	days map[rateKey]datedRate
}

type rateKey struct{ currency, date string }

// datedRate is a rate and the journal positions up to which events had been folded when it was published; they were folded without it.
type datedRate struct {
	rate   money.Decimal
	folded journal.Positions
}

// with adds the rates of a version. What an older version said stays.
func (r *Rates) with(d *laurelv1.ExchangeRates, folded journal.Positions) *Rates {
	within, err := zone.Load(d.GetTz())
	if err != nil {
		within = time.UTC // a version that was published has been checked
	}
	n := &Rates{Base: d.GetBase(), zone: within, days: map[rateKey]datedRate{}}
	for _, day := range d.GetDays() {
		for _, one := range day.GetRates() {
			if rate, ok := money.ParseDecimal(one.GetRate()); ok {
				n.days[rateKey{one.GetCurrency(), day.GetDate()}] = datedRate{rate, folded}
			}
		}
	}
	if r != nil {
		n.Base, n.zone = r.Base, r.zone
		maps.Copy(n.days, r.days)
	}
	return n
}

// At returns what one whole unit of a currency is worth in the base on the day of an event, for an event at a journal position; false when
// no rate had been published before the event was folded. The base is worth one of itself on any day.
func (r *Rates) At(currency string, tsMicros int64, partition int, seq int64) (money.Decimal, bool) {
	if currency == r.Base {
		return money.OfMinor(1, 0), true
	}
	found, ok := r.days[rateKey{currency, r.day(tsMicros)}]
	if !ok || found.folded != nil && found.folded.Covers(partition, seq) {
		return money.Decimal{}, false
	}
	return found.rate, true
}
