package rule

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

// TestNotesSayWhatIsTrueOfTheCurrency has contests whose points or thresholds depend on the currency in ways that the points alone don't
// show.
func TestNotesSayWhatIsTrueOfTheCurrency(t *testing.T) {
	t.Parallel()
	const own, apart = "each event's own currency is taken", "win and stake are in different currencies does not count"
	for _, one := range []struct {
		formula, filter, currency string
		minBet                    int64
		want, not                 []string
	}{
		{"1", "", "", 0, []string{"none is needed"}, []string{"Warning", apart}},
		{"1", "bet.amount > 100.0", "", 0, []string{"scoring.filter compares bet.amount; ", own}, []string{"none is needed", "min_bet"}},
		{"1", "bet.amount > 0", "", 0, []string{"none is needed"}, []string{"Warning"}},
		{"1", "win.amount > bet.amount && payload.amount > 5", "", 0, []string{"compares payload.amount; "}, nil},
		{"1", "bet.amount > 100.0", "EUR", 0, []string{"points are no amount of money"}, []string{"Warning", "counted in"}},
		{"1", "bet.currency == 'EUR' && bet.amount > 100.0", "", 10, []string{"none is needed"}, []string{"Warning"}},
		{"1", "win.currency == 'EUR' && bet.amount > 100.0", "", 0, []string{"compares bet.amount; "}, nil},
		{"win.amount / bet.amount", "", "", 0, []string{"all currencies count alike", apart}, []string{"Warning"}},
		{"win.amount / bet.amount", "", "", 10, []string{"min_bet_minor compares the stake in minor units; ", own}, []string{"count alike"}},
		{
			"win.amount / bet.amount", "win.amount > 1.0", "", 50,
			[]string{"scoring.filter compares win.amount, and scoring.min_bet_minor compares"}, []string{"count alike"},
		},
		{"win.amount / bet.amount", "", "EUR", 10, []string{"points are no amount of money"}, []string{"Warning", "counted in", apart}},
		{"double(bet.amount_minor)", "", "EUR", 0, []string{"points are counted in minor units of EUR; "}, []string{"Warning"}},
		{"double(bet.amount_minor)", "", "", 0, []string{"in minor units and no currency is named", "2 EUR as 200"}, nil},
		{"bet.amount_minor", "bet.currency == 'EUR'", "", 0, []string{"an amount of money in minor units, and the filter"}, nil},
		{"win.amount * bet.amount", "", "EUR", 0, []string{"Warning: points are no amount of money"}, []string{"counted in"}},
		{"1.0 / bet.amount", "", "EUR", 0, []string{"Warning: points are no amount of money"}, []string{"counted in"}},
		{"bet.amount > 1.0 ? 1 : 0", "", "", 0, []string{"no amount of money", "bet.amount is taken as it is"}, []string{"are an amount"}},
		{"bet.amount > 1.0 ? 1 : 0", "", "EUR", 0, []string{"no amount of money"}, []string{"counted in", "Warning"}},
		{"floor(win.amount)", "", "EUR", 0, []string{"points are counted in EUR; "}, []string{"Warning"}},
		{"min(win.amount, 50)", "", "", 0, []string{"points are an amount of money and no currency is named"}, nil},
	} {
		contest := contestOf(one.formula, one.filter)
		contest.Scoring.Currency, contest.Scoring.MinBetMinor = one.currency, one.minBet
		said := strings.Join(notes(contest, nil), "\n")
		for _, want := range one.want {
			assert.Contains(t, said, want, "%v", one)
		}
		for _, not := range one.not {
			assert.NotContains(t, said, not, "%v", one)
		}
	}
}

// TestNotesWarnOfDaysWithoutARate has a contest go on longer than its table, and be within it.
func TestNotesWarnOfDaysWithoutARate(t *testing.T) {
	t.Parallel()
	var known *catalog.Vocabulary
	known = known.With(&laurelv1.ExchangeRates{Id: "ecb", Base: "EUR", Days: []*laurelv1.RateDay{
		{Date: "2025-10-25", Rates: []*laurelv1.Rate{{Currency: "JPY", Rate: "0.006"}}},
	}}, nil)
	contest := contestOf("bet.amount", "")
	contest.Scoring.Currency, contest.Scoring.Rates = "EUR", "ecb"
	contest.Window = &laurelv1.Window{Start: "2025-10-25", End: "2025-10-26"}
	assert.Contains(t, strings.Join(notes(contest, known), "\n"), "Warning: the rate table ecb has no rate of JPY from 2025-10-26 "+
		"on, days of the contest; events of a day without a rate do not count. Publish the rates of a day before its events come in.")
	contest.Window.End = "2025-10-25"
	assert.NotContains(t, strings.Join(notes(contest, known), "\n"), "Warning")
	assert.NotContains(t, strings.Join(notes(contest, nil), "\n"), "Warning", "nothing is known of a table that is published elsewhere")
}
