package money

import "maps"

// MaxExponent bounds the decimal places of a currency's minor unit.
const MaxExponent = 12

// Currencies are those of ISO 4217 and others beside them, such as XBT or the coins of a game. It is immutable; nil has none beside.
type Currencies struct{ others map[string]int }

// With returns currencies that have one more. A code that is there already keeps its decimal places.
func (c *Currencies) With(code string, exponent int) *Currencies {
	n := &Currencies{others: map[string]int{code: exponent}}
	if c != nil {
		maps.Copy(n.others, c.others)
	}
	return n
}

// Exponent returns how many decimal places the minor unit of a currency has, 0 to MaxExponent; false when the code is not known.
func (c *Currencies) Exponent(code string) (int, bool) {
	if c != nil {
		if exponent, found := c.others[code]; found {
			return exponent, true
		}
	}
	return Exponent(code)
}
