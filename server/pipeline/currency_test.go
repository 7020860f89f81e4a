package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	bitcoin = "kind: Currency\nid: XBT\nexponent: 8\ntitle: Bitcoin\n"
	rates   = "kind: ExchangeRates\nid: ecb\nbase: EUR\ndays:\n  - {date: 2025-10-25, rates: [{currency: JPY, rate: 0.00577}, {currency: " +
		"XBT, rate: 95000}]}\n"
)

// staked is a contest whose points are what was staked.
func staked(id, scoring string) string {
	return "kind: Contest\nid: " + id + "\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-27T19:00Z, tz: UTC}\n" +
		"scoring: {formula: bet.amount" + scoring + "}\nleaderboard: {type: sum}\n"
}

// stake is a round by its stake.
func stake(id, user string, minor int64, currency string) *laurelv1.Event {
	e := spin{id: id, user: user, at: windowStart.Add(time.Minute), bet: minor}.event()
	e.Bet.Currency = currency
	return e
}

// agree requires that folding the journal anew gives the stored standings of every contest, byte by byte.
func (p *process) agree(t *testing.T) {
	t.Helper()
	err := pipeline.Refold(t.Context(), p.store, p.journal, &archive.Shelf{}, p.contests.Set().All(), func(r pipeline.Refolded) error {
		assert.Empty(t, r.Difference, r.Contest.ID)
		return nil
	})
	require.NoError(t, err)
}

// TestBetsInAPublishedCurrency has a currency unknown, then published, and folded by a process that did not hear of it.
func TestBetsInAPublishedCurrency(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := clockAt(0)
		p := start(t, s, options{now: c.now})
		p.publish(t, staked("stakes", ""))
		results, err := p.ingest.Accept(t.Context(), event.SourceMain, []*laurelv1.Event{stake("early", "u1", 1, "XBT")})
		require.NoError(t, err)
		assert.Equal(t, laurelv1.EventStatus_EVENT_STATUS_REJECTED, results[0].Status)
		assert.Equal(t, "bet.currency", results[0].Field)
		assert.Contains(t, results[0].Reason, `"XBT"`)

		other := start(t, s, options{now: c.now})
		p.publish(t, bitcoin)
		events := make([]*laurelv1.Event, 500)
		for i := range events {
			events[i] = stake(fmt.Sprintf("x%d", i), fmt.Sprintf("u%d", i%2), 150_000_000, "XBT")
		}
		p.send(t, events...)
		other.fold(t)
		assert.Equal(t, []string{"u0 37500", "u1 37500"}, p.standings(t, "stakes"), "250 times 1.5 whole coins each, at two decimal places")
		p.agree(t)
	})
}

// TestCurrenciesOfOneContest folds yen and euros by contests that declare what to do with them.
func TestCurrenciesOfOneContest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: clockAt(0).now})
		for _, yaml := range []string{
			bitcoin, rates, staked("unnamed", ""), staked("named", ", currency: EUR"), staked("converted", ", currency: EUR, rates: ecb"),
			staked("least", ", currency: EUR, rates: ecb, min_bet_minor: 100"),
		} {
			p.publish(t, yaml)
		}
		p.send(t, stake("a", "yen", 200, "JPY"), stake("b", "euro", 200, "EUR"), stake("c", "coin", 100_000, "XBT"),
			stake("d", "dollar", 200, "USD"))
		p.fold(t)
		assert.Equal(t, []string{"yen 20000", "dollar 200", "euro 200", "coin 0"}, p.standings(t, "unnamed"), "as it was: 200 yen are 200 points")
		assert.Equal(t, []string{"euro 200"}, p.standings(t, "named"))
		assert.Equal(t, []string{"coin 9500", "euro 200", "yen 115"}, p.standings(t, "converted"),
			"200 × 0.00577 = 1.154, 0.001 × 95000 = 95; of dollars there is no rate")
		assert.Equal(t, []string{"coin 9500", "euro 200", "yen 115"}, p.standings(t, "least"),
			"the least stake is in the contest's currency: 115 cents, not 200 yen")
		p.agree(t)
	})
}

// TestRatesHoldFromTheirPublication publishes a rate between two events of its day: the first was folded without it, and is so whenever the
// journal is folded again.
func TestRatesHoldFromTheirPublication(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: clockAt(0).now})
		p.publish(t, "kind: ExchangeRates\nid: ecb\nbase: EUR\ndays:\n  - {date: 2025-10-24, rates: [{currency: JPY, rate: 0.006}]}\n")
		p.publish(t, staked("converted", ", currency: EUR, rates: ecb"))
		p.send(t, stake("a", "first", 1000, "JPY"), stake("b", "both", 1000, "JPY"))
		p.fold(t)
		assert.Equal(t, map[string]int64{"converted": 2}, p.unrated)
		assert.Empty(t, p.standings(t, "converted"), "that day has no rate yet, and the day before does not lend its own")
		p.send(t, stake("c", "second", 1000, "JPY")) // waits when the rate is published, so it counts by it
		p.publish(t, yenOf("2025-10-25", "0.005"))
		p.send(t, stake("d", "both", 1000, "JPY"))
		p.fold(t)
		want := []string{"both 500", "second 500"}
		assert.Equal(t, want, p.standings(t, "converted"))
		p.agree(t)
		assert.Equal(t, map[string]int64{"converted": 2}, p.unrated, "a proof counts nothing")

		again := start(t, s, options{now: clockAt(0).now})
		again.agree(t)
	})
}

// yenOf is a rate table of one day.
func yenOf(date, yen string) string {
	return "kind: ExchangeRates\nid: ecb\nbase: EUR\ndays:\n  - {date: " + date + ", rates: [{currency: JPY, rate: " + yen + "}]}\n"
}
