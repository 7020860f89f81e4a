package money

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func parsed(t require.TestingT, text string) Decimal {
	d, ok := ParseDecimal(text)
	require.True(t, ok, text)
	return d
}

func TestDecimalRoundsHalfToEvenOnce(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		text     string
		exponent int
		want     int64
	}{
		{"0.005", 2, 0}, {"0.015", 2, 2}, {"0.025", 2, 2}, {"0.0250001", 2, 3}, {"-0.015", 2, -2}, {"-0.025", 2, -2}, {"-0.026", 2, -3},
		{"12", 2, 1200},
		{"0.00577", 8, 577000}, {"1.5", 0, 2}, {"2.5", 0, 2},
	} {
		got, ok := parsed(t, one.text).ToMinor(one.exponent)
		require.True(t, ok)
		assert.Equal(t, one.want, got, "%s at %d", one.text, one.exponent)
	}
	_, ok := parsed(t, "90071992547409.93").ToMinor(2)
	assert.False(t, ok, "beyond 2^53")
	_, ok = parsed(t, "90071992547409.92").ToMinor(2)
	assert.True(t, ok)
}

func TestDecimalRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", "1.", ".5", "-", "1e3", "+1", "1.2.3", "0x1", "1_0", " 1", "٣", "--1",
		strings.Repeat("1", maxDecimalBytes+1)} {
		_, ok := ParseDecimal(text)
		assert.False(t, ok, text)
	}
	assert.True(t, parsed(t, "1.50").Equal(parsed(t, "1.5")))
	assert.False(t, parsed(t, "1.50").Equal(parsed(t, "1.51")))
}

// TestConversionIsExact compares with fractions: a converted amount is off by half a minor unit at most, and by exactly half only towards
// the even one.
func TestConversionIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, 1_000_000_000).Draw(t, "minor")
		from, to := rapid.IntRange(0, MaxExponent).Draw(t, "from"), rapid.IntRange(0, 4).Draw(t, "to")
		text := rapid.StringMatching(`[0-9]{1,4}(\.[0-9]{1,18})?`).Draw(t, "rate")
		got, ok := OfMinor(minor, from).Times(parsed(t, text)).ToMinor(to)
		exact, _ := new(big.Rat).SetString(text)
		exact.Mul(exact, new(big.Rat).SetFrac(big.NewInt(minor), powerOfTen(from)))
		exact.Mul(exact, new(big.Rat).SetInt(powerOfTen(to)))
		if !ok {
			require.Positive(t, exact.Cmp(new(big.Rat).SetInt64(MaxMinor-1)))
			return
		}
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(got))
		half := off.Abs(off).Cmp(big.NewRat(1, 2))
		require.LessOrEqual(t, half, 0)
		if half == 0 {
			require.Zero(t, got%2)
		}
	})
}

func TestCurrenciesBesideISO(t *testing.T) {
	t.Parallel()
	var none *Currencies
	_, known := none.Exponent("XBT")
	assert.False(t, known)
	with := none.With("XBT", 8)
	more := with.With("GEMS", 0).With("XBT", 2)
	for code, want := range map[string]int{"XBT": 8, "GEMS": 0, "EUR": 2, "JPY": 0} {
		exponent, known := more.Exponent(code)
		assert.True(t, known, code)
		assert.Equal(t, want, exponent, code)
	}
	_, known = with.Exponent("GEMS")
	assert.False(t, known, "what was there before stays as it is")
}

// FuzzParseDecimal reads anything; what it takes is the number that a fraction reads.
func FuzzParseDecimal(f *testing.F) {
	for _, text := range []string{"0.00577", "-12", "007.10", "1.", "--1", "9007199254740993"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := ParseDecimal(text)
		if !ok {
			return
		}
		want, known := new(big.Rat).SetString(text)
		require.True(t, known, text)
		require.Zero(t, want.Cmp(new(big.Rat).SetFrac(d.digits, powerOfTen(d.places))), text)
	})
}
