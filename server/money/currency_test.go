package money

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExponent(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{
		"EUR": 2, "USD": 2, "GBP": 2, "UAH": 2, "IRR": 2, "JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "TND": 3, "BHD": 3, "CLF": 4, "HRK": 2,
		"BYR": 0, "BYN": 2,
	} {
		got, ok := Exponent(code)
		require.True(t, ok, code)
		require.Equal(t, want, got, code)
	}
}

func TestExponentRefusesWhatIsNoCurrency(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "eur", "EU", "EURO", "XXX", "XTS", "ABC", " EUR", "€"} {
		_, ok := Exponent(code)
		require.False(t, ok, code)
	}
}
