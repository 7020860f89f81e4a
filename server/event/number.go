package event

import (
	"math"
	"strconv"
	"strings"
)

// maxDigits bounds the digits of a number that are looked at; no double needs more than 767.
const maxDigits = 767

// decimal is a JSON number taken apart without rounding: 0.digits × 10^exponent, digits without zeros at either end.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// decimalOf takes a number in JSON's grammar apart. Exponents beyond ±1e6 are clamped, they are out of every range here.
func decimalOf(text string) decimal {
	var d decimal
	d.negative = strings.HasPrefix(text, "-")
	text = strings.TrimLeft(text, "+-")
	exponent := 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		exponent = clampedExponent(text[at+1:])
		text = text[:at]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits := whole + fraction
	exponent += len(whole)
	stripped := strings.TrimLeft(digits, "0")
	exponent -= len(digits) - len(stripped)
	d.digits = strings.TrimRight(stripped, "0")
	if d.digits == "" {
		return decimal{}
	}
	d.exponent = exponent
	return d
}

func clampedExponent(text string) int {
	const limit = 1_000_000
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		value = limit
		if strings.HasPrefix(text, "-") {
			value = -limit
		}
	}
	return int(min(max(value, -limit), limit))
}

// exactInteger reads a JSON number as a whole number. whole is false for a fraction, fits is false beyond int64.
func exactInteger(text string) (value int64, whole, fits bool) {
	if value, err := strconv.ParseInt(text, 10, 64); err == nil {
		return value, true, true
	}
	d := decimalOf(text)
	if d.digits == "" {
		return 0, true, true
	}
	if d.exponent < len(d.digits) {
		return 0, false, true
	}
	if d.exponent > 19 {
		return 0, true, false
	}
	plain := d.digits + strings.Repeat("0", d.exponent-len(d.digits))
	if d.negative {
		plain = "-" + plain
	}
	value, err := strconv.ParseInt(plain, 10, 64)
	return value, true, err == nil
}

// exactDouble reads a JSON number as a double. It is exact when the double, written with as many digits, gives the same
// number back: 0.1 and 0.30000000000000004 are, 9007199254740993 and 1e400 are not.
func exactDouble(text string) (value float64, exact bool) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) {
		return 0, false
	}
	sent := decimalOf(text)
	if sent.digits == "" {
		return 0, true
	}
	if value == 0 || len(sent.digits) > maxDigits {
		return 0, false
	}
	return value, sent == decimalOf(strconv.FormatFloat(value, 'e', len(sent.digits)-1, 64))
}
