package money

import (
	"math/big"
	"strings"
)

// maxDecimalBytes bounds the text of a decimal: the shortest text of any double fits.
const maxDecimalBytes = 400

// Decimal is an exact decimal number. It is immutable.
type Decimal struct {
	digits *big.Int
	places int
}

// ParseDecimal reads digits with at most one point in between and a sign, such as 0.00577 or -12; false for anything else.
func ParseDecimal(text string) (Decimal, bool) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if len(text) > maxDecimalBytes || strings.TrimPrefix(whole, "-") == "" || pointed && fraction == "" {
		return Decimal{}, false
	}
	for _, r := range strings.TrimPrefix(whole, "-") + fraction {
		if r < '0' || r > '9' {
			return Decimal{}, false
		}
	}
	digits, ok := new(big.Int).SetString(whole+fraction, 10)
	return Decimal{digits, len(fraction)}, ok
}

// OfMinor is an amount in minor units of a currency with so many decimal places.
func OfMinor(minor int64, exponent int) Decimal { return Decimal{big.NewInt(minor), exponent} }

// Times is the exact product.
func (d Decimal) Times(other Decimal) Decimal {
	return Decimal{new(big.Int).Mul(d.digits, other.digits), d.places + other.places}
}

// Equal reports whether two numbers are the same, however many zeros they end in.
func (d Decimal) Equal(other Decimal) bool {
	return new(big.Int).Mul(d.digits, powerOfTen(other.places)).Cmp(new(big.Int).Mul(other.digits, powerOfTen(d.places))) == 0
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int { return d.digits.Sign() }

// ToMinor is the number in minor units of a currency with so many decimal places, rounded half to even once; false beyond MaxMinor.
func (d Decimal) ToMinor(exponent int) (int64, bool) {
	if d.places <= exponent {
		return bounded(new(big.Int).Mul(d.digits, powerOfTen(exponent-d.places)))
	}
	divisor := powerOfTen(d.places - exponent)
	quotient, rest := new(big.Int).QuoRem(d.digits, divisor, new(big.Int))
	half := rest.Abs(rest).Lsh(rest, 1).Cmp(divisor)
	if half > 0 || half == 0 && quotient.Bit(0) == 1 {
		quotient.Add(quotient, big.NewInt(int64(d.digits.Sign())))
	}
	return bounded(quotient)
}

func bounded(minor *big.Int) (int64, bool) {
	if minor.CmpAbs(big.NewInt(MaxMinor)) > 0 {
		return 0, false
	}
	return minor.Int64(), true
}

func powerOfTen(exponent int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
}
