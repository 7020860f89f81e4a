package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// TestLacksNamesTheDaysWithoutARate looks for gaps before, between and behind the days of a table.
func TestLacksNamesTheDaysWithoutARate(t *testing.T) {
	t.Parallel()
	at := func(text string) int64 {
		instant, err := time.Parse(time.RFC3339, text+":00Z")
		require.NoError(t, err)
		return instant.UnixMicro()
	}
	for _, one := range []struct {
		days        map[string][]string
		from, until string
		want        string
	}{
		{map[string][]string{"JPY": {"2025-10-25"}}, "2025-10-25T00:00", "2025-10-25T22:00", ""},
		{map[string][]string{"JPY": {"2025-10-25"}}, "2025-10-24T22:00", "2025-10-25T22:00", ""},
		{map[string][]string{"JPY": {"2025-10-25"}}, "2025-10-24T21:59", "2025-10-25T22:00", "JPY on 2025-10-24"},
		{map[string][]string{"JPY": {"2025-10-25"}}, "2025-10-25T12:00", "2025-10-25T22:01", "JPY from 2025-10-26 on"},
		{map[string][]string{"JPY": {"2025-10-24", "2025-10-27"}}, "2025-10-24T12:00", "2025-10-27T12:00", "JPY from 2025-10-25 to 2025-10-26"},
		{map[string][]string{"JPY": {"2025-10-01", "2025-12-01"}}, "2025-10-24T12:00", "2025-10-26T12:00", "JPY from 2025-10-24 to 2025-10-26"},
		{map[string][]string{"JPY": {"2025-10-01"}}, "2025-10-24T12:00", "2025-10-24T13:00", "JPY on 2025-10-24"},
		{
			map[string][]string{"JPY": {"2025-10-24", "2025-10-26"}, "USD": {"2025-10-25"}, "CHF": {"2025-10-24"}},
			"2025-10-24T12:00", "2025-10-26T12:00", "CHF from 2025-10-25 on, JPY on 2025-10-25, USD on 2025-10-24, 1 more",
		},
		{nil, "2025-10-24T12:00", "2025-10-26T12:00", ""},
	} {
		table := &laurelv1.ExchangeRates{Id: "ecb", Base: "EUR", Tz: "Europe/Berlin"}
		for currency, days := range one.days {
			for _, day := range days {
				table.Days = append(table.Days, &laurelv1.RateDay{Date: day, Rates: []*laurelv1.Rate{{Currency: currency, Rate: "2"}}})
			}
		}
		var known *Vocabulary
		rates := known.With(table, nil).Rates("ecb")
		assert.Equal(t, one.want, rates.Lacks(at(one.from), at(one.until)), "%v", one)
	}
}
