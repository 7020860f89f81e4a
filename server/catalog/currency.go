package catalog

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
)

// KindCurrency is the kind of a currency, as written in YAML.
const KindCurrency = "Currency"

const codeForm = "must be a currency code: an ISO 4217 code such as EUR, or the id of a Currency (an upper-case letter, then 1 to 15 " +
	"upper-case letters, digits and _)"

// currencyKind is the row of currencies.
var currencyKind = row[*laurelv1.Currency]{
	name: KindCurrency, empty: func() *laurelv1.Currency { return new(laurelv1.Currency) },
	check: func(*laurelv1.Currency, refuse) {}, fit: fitBesideISO, plan: func(*laurelv1.Currency, *Vocabulary) proto.Message { return nil },
	read: readCurrency, succeed: succeedCurrency,
	patterns: []pattern{{begins: "id", ends: "id", message: "must be an upper-case letter, then 1 to 15 upper-case letters, digits and _, " +
		"such as XBT"}},
}

// fitBesideISO refuses what is built in. One that was published before Laurel took its code over from ISO 4217 is read as ever.
func fitBesideISO(currency *laurelv1.Currency, _ *Vocabulary, refuse refuse) {
	if _, known := money.Exponent(currency.GetId()); known {
		refuse("id", "%s is a currency of ISO 4217, which is built in and can't be defined anew; leave this document out, or choose another code",
			word.Quote(currency.GetId()))
	}
}

func readCurrency(currency *laurelv1.Currency) []string {
	least, exponent := "1", int(currency.GetExponent())
	if exponent > 0 {
		least = fmt.Sprintf("0.%0*d", exponent, 1)
	}
	name := currency.GetId()
	if currency.GetTitle() != "" {
		name = fmt.Sprintf("%s (%s)", currency.GetTitle(), currency.GetId())
	}
	return []string{fmt.Sprintf("Amounts may be in %s, with %d decimal places: one minor unit is %s %s", name, exponent, least,
		currency.GetId())}
}

// succeedCurrency keeps the decimal places: amounts in the journal are in minor units.
func succeedCurrency(before, after *laurelv1.Currency, _ time.Time, refuse refuse) {
	if before.GetExponent() != after.GetExponent() {
		refuse("exponent", "can't change from %d: amounts in minor units are stored by it; keep it, or publish a currency with another id",
			before.GetExponent())
	}
}

// fitCurrency refuses a code that nobody knows.
func fitCurrency(field, code string, known *Vocabulary, refuse refuse) {
	if _, found := known.Currencies().Exponent(code); code != "" && !found {
		refuse(field, "%s is no currency: it is no code of ISO 4217, and no Currency of that id is published; publish one (kind: Currency) "+
			"first, or check it in the same folder", word.Quote(code))
	}
}
