package catalog

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
	"github.com/laurelhq/laurel/server/zone"
)

// KindExchangeRates is the kind of a rate table, as written in YAML.
const KindExchangeRates = "ExchangeRates"

// exchangeRatesKind is the row of rate tables.
var exchangeRatesKind = row[*laurelv1.ExchangeRates]{
	name: KindExchangeRates, empty: func() *laurelv1.ExchangeRates { return new(laurelv1.ExchangeRates) },
	check: checkRates, fit: fitRates, plan: func(*laurelv1.ExchangeRates, *Vocabulary) proto.Message { return nil }, read: readRates,
	succeed: succeedRates,
	patterns: []pattern{
		{begins: "id", ends: "id", message: "must start with a lower-case letter, then lower-case letters, digits, _ . or -"},
		{begins: "days", ends: ".date", message: "must be a date, such as 2025-10-25"},
		{begins: "days", ends: ".rate", message: "must be a decimal number, such as 0.00577: up to 15 digits, a point, and up to 18 digits"},
		{ends: "base", message: codeForm},
		{ends: "currency", message: codeForm},
	},
}

func checkRates(rates *laurelv1.ExchangeRates, refuse refuse) {
	if _, err := zone.Load(rates.GetTz()); err != nil {
		refuse("tz", "%s", err)
	}
	seen := map[rateKey]bool{}
	for i, day := range rates.GetDays() {
		if date, err := time.Parse(dateForm, day.GetDate()); err != nil || !yearInRange(date) {
			refuse(fmt.Sprintf("days[%d].date", i), "%s is not a date of the calendar between %d and %d", word.Quote(day.GetDate()), minYear,
				maxYear)
		}
		for j, one := range day.GetRates() {
			field, key := fmt.Sprintf("days[%d].rates[%d]", i, j), rateKey{one.GetCurrency(), day.GetDate()}
			if seen[key] {
				refuse(field+".currency", "%s has a rate of %s already; keep one", one.GetCurrency(), day.GetDate())
			}
			seen[key] = true
			if one.GetCurrency() == rates.GetBase() {
				refuse(field+".currency", "%s is the base, which is worth one of itself; leave it out", one.GetCurrency())
			}
			if rate, ok := money.ParseDecimal(one.GetRate()); ok && rate.Sign() == 0 {
				refuse(field+".rate", "must be above 0")
			}
		}
	}
}

// fitRates refuses currencies that nobody knows and rates that contradict published ones.
func fitRates(rates *laurelv1.ExchangeRates, known *Vocabulary, refuse refuse) {
	fitCurrency("base", rates.GetBase(), known, refuse)
	published := known.Rates(rates.GetId())
	for i, day := range rates.GetDays() {
		for j, one := range day.GetRates() {
			field := fmt.Sprintf("days[%d].rates[%d]", i, j)
			fitCurrency(field+".currency", one.GetCurrency(), known, refuse)
			if published == nil {
				continue
			}
			before, found := published.days[rateKey{one.GetCurrency(), day.GetDate()}]
			if rate, ok := money.ParseDecimal(one.GetRate()); found && ok && !rate.Equal(before.rate) {
				refuse(field+".rate", "differs from the published rate of %s on %s, by which events have counted; keep that, or publish a table "+
					"with another id",
					one.GetCurrency(), day.GetDate())
			}
		}
	}
}

func readRates(rates *laurelv1.ExchangeRates) []string {
	first, last, currencies := "", "", map[string]bool{}
	for _, day := range rates.GetDays() {
		if first == "" || day.GetDate() < first {
			first = day.GetDate()
		}
		last = max(last, day.GetDate())
		for _, one := range day.GetRates() {
			currencies[one.GetCurrency()] = true
		}
	}
	tz := rates.GetTz()
	if tz == "" {
		tz = "UTC"
	}
	return []string{
		fmt.Sprintf("It tells what %s is worth in %s, for days: %d, from %s to %s (%s)",
			listOr("", "", slices.Sorted(maps.Keys(currencies))), rates.GetBase(), len(rates.GetDays()), first, last, tz),
		"A day that is not listed has no rate; what an older version said of a day holds on",
	}
}

// succeedRates keeps what the published rates are about.
func succeedRates(before, after *laurelv1.ExchangeRates, _ time.Time, refuse refuse) {
	if before.GetBase() != after.GetBase() {
		refuse("base", "can't change from %s: events have counted by it; keep it, or publish a table with another id", before.GetBase())
	}
	if before.GetTz() != after.GetTz() {
		refuse("tz", "can't change from %s: it says which day an event is of; keep it, or publish a table with another id",
			word.Quote(before.GetTz()))
	}
}
