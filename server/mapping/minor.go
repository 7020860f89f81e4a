package mapping

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
)

// Exponents says how many decimal places the minor unit of a currency has; false when the code is that of none.
type Exponents func(code string) (exponent int, known bool)

// AnyExponent is that of a currency of which only a server knows, where nothing is sent: amounts in it are read and become 0.
const AnyExponent = -1

// inMinor finds the currency of a field that is to be in minor units: what stands beside it in the event, and for what was won, when that
// is empty, what stands beside the stake.
func (c *compiler) inMinor(at int, written *laurelv1.MappingValue) {
	value := &c.values[at]
	if written.GetTime() != nil || written.Count != nil {
		c.refuse(value.field+".minor", "goes with const, column, cel or sum")
		return
	}
	parent, name := "", value.path
	if dot := strings.LastIndexByte(value.path, '.'); dot >= 0 {
		parent, name = value.path[:dot+1], value.path[dot+1:]
	}
	if !strings.HasSuffix(name, "minor") {
		c.refuse(value.field+".minor", "is for fields in minor units, such as bet.amount_minor")
		return
	}
	beside := []string{parent + "currency"}
	if parent == "win." {
		beside = append(beside, "bet.currency")
	}
	for _, path := range beside {
		if i := slices.IndexFunc(c.values, func(v fieldValue) bool { return v.path == path }); i >= 0 {
			value.currencies = append(value.currencies, i)
		}
	}
	if len(value.currencies) == 0 {
		c.refuse(value.field+".minor", "needs the currency of the amount: say where %s comes from", strings.Join(beside, " or "))
	}
}

// code is a currency that a row names, and the place of the value that does.
type code struct {
	text  string
	place int
}

// misplaced is what is wrong with another value than the one that was being read.
type misplaced struct {
	place int
	error
}

// currencyOf returns the currency in which a row has a value.
func (g *rowGroup) currencyOf(value *fieldValue, row map[string]string) (code, error) {
	for _, place := range value.currencies {
		written, err := g.mapping.values[place].read(row)
		if err != nil {
			return code{}, misplaced{place, err}
		}
		if text := textOf(written); text != "" {
			return code{text, place}, nil
		}
	}
	return code{place: value.currencies[0]}, nil
}

// inCurrency keeps the currency of a sum, which all rows of an event must have.
func (g *rowGroup) inCurrency(i int, row map[string]string) error {
	of, err := g.currencyOf(&g.mapping.values[i], row)
	if err != nil {
		return err
	}
	if g.sums[i] == nil {
		g.codes[i] = of
	}
	if g.codes[i].text != of.text {
		return misplaced{of.place, fmt.Errorf("must be that of the rows before, %q, since amounts are added up, but is %.64q", g.codes[i].text,
			of.text)}
	}
	return nil
}

// scaled is what a row says of an amount, in minor units.
func (g *rowGroup) scaled(value *fieldValue, written jsontext.Value, row map[string]string) (jsontext.Value, error) {
	amount, err := amountOf(written)
	if err != nil {
		return nil, err
	}
	of, err := g.currencyOf(value, row)
	if err != nil {
		return nil, err
	}
	return g.minorUnits(amount, of)
}

// total turns a sum into minor units, once: its parts may be smaller than one.
func (g *rowGroup) total(i int) {
	minor, err := g.minorUnits(g.sums[i], g.codes[i])
	if err != nil {
		g.failAt(i, g.unit.Last, err)
		minor = jsontext.Value("null")
	}
	g.values[i] = minor
}

// minorUnits is an amount in minor units of a currency.
func (g *rowGroup) minorUnits(amount *big.Rat, of code) (jsontext.Value, error) {
	exponents := g.exponents
	if exponents == nil {
		exponents = (*money.Currencies)(nil).Exponent
	}
	exponent, known := exponents(of.text)
	switch {
	case !known:
		return nil, misplaced{of.place, fmt.Errorf("must be the ISO 4217 code of a currency such as EUR, or the id of a published Currency, but "+
			"is %.64q", of.text)}
	case exponent == AnyExponent:
		return jsontext.Value("0"), nil
	}
	minor := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil))
	if minor.Mul(minor, amount); !minor.IsInt() {
		return nil, fmt.Errorf("must have at most %d decimal places, as %s has, but is %s", exponent, of.text, decimalText(amount))
	}
	return jsontext.Value(minor.Num().String()), nil
}

// amountOf reads an amount that a value gave as JSON.
func amountOf(written jsontext.Value) (*big.Rat, error) {
	if written.Kind() == '"' {
		return exactDecimal(textOf(written))
	}
	number, ok := new(big.Rat).SetString(string(written))
	if !ok {
		return nil, errors.New("must be a decimal number such as 12.50")
	}
	return number, nil
}

// textOf is the text of a JSON string; empty when it is none.
func textOf(written jsontext.Value) string {
	if written.Kind() != '"' {
		return ""
	}
	text, _ := jsontext.AppendUnquote(nil, written)
	return string(text)
}
