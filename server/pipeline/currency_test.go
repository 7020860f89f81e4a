package pipeline_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/catalog"
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

// counted are the scores of yen by the days and ids of events, counted by hand: an event counts when it lies above the positions that its
// rate was published at.
func counted(t *testing.T, s *store.Store, version int, points int64) map[string]int64 {
	t.Helper()
	var text string
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT open_seq FROM definition WHERE def_id = 'ecb' AND version = $1", version).
		Scan(&text))
	positions := strings.Split(text, ",")
	rows, err := s.Read().QueryContext(t.Context(), "SELECT id, partition, body FROM journal_event")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	found := map[string]int64{}
	for rows.Next() {
		var seq int64
		var partition int
		var body []byte
		require.NoError(t, rows.Scan(&seq, &partition, &body))
		e, err := event.Decode(body)
		require.NoError(t, err)
		open, err := strconv.ParseInt(positions[min(partition, len(positions)-1)], 10, 64)
		require.NoError(t, err)
		if seq > open {
			found[e.GetUser().GetId()] += points
		}
	}
	require.NoError(t, rows.Err())
	return found
}

// TestRatesArePublishedWhileTwoProcessesFold has events of a day come in and be folded by several lanes of two processes while the rate of
// that day is published: each counts by it or doesn't, as the positions of the publication say, and so it is when folded again.
func TestRatesArePublishedWhileTwoProcessesFold(t *testing.T) {
	t.Parallel()
	const batches, each, players = 60, 20, 40
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		engine, _ := redisEngine(t)
		o := options{now: clockAt(3600).now, engine: engine, shared: true, lanes: 2}
		processes := []*process{start(t, s, o), start(t, storetest.Again(t, s), o)}
		p := processes[0]
		p.publish(t, "kind: ExchangeRates\nid: ecb\nbase: EUR\ndays:\n  - {date: 2025-10-24, rates: [{currency: JPY, rate: 0.006}]}\n")
		p.publish(t, staked("converted", ", currency: EUR, rates: ecb"))
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, one := range processes {
			running.Go(func() { one.pipeline.Run(ctx) })
		}
		for batch := range batches {
			if batch == batches/2 {
				_, _, err := processes[1].catalog.Publish(t.Context(), catalog.Publication{Yaml: yenOf("2025-10-25", "0.005"), By: "test"})
				require.NoError(t, err)
			}
			events := make([]*laurelv1.Event, each)
			for i := range events {
				events[i] = stake(fmt.Sprint(batch, "-", i), fmt.Sprint("u", (batch*each+i)%players), 1000, "JPY")
			}
			processes[batch%2].send(t, events...)
		}
		require.Eventually(t, func() bool {
			backlog, _, err := p.journal.Backlog(t.Context(), backlogLimit)
			return err == nil && backlog == 0
		}, patience, 5*time.Millisecond)
		stop()
		running.Wait()
		want := counted(t, s, 2, 500)
		require.NotEmpty(t, want)
		found := map[string]int64{}
		for _, line := range p.standings(t, "converted") {
			var user string
			var units int64
			_, err := fmt.Sscan(line, &user, &units)
			require.NoError(t, err)
			found[user] = units
		}
		require.Equal(t, want, found)
		p.agree(t)
		start(t, storetest.Again(t, s), o).agree(t)
	})
}

// TestTwoVersionsOfRatesAtOnce has two processes publish at once: both days hold, one of two rates of the same day does, and whatever is
// refused is told.
func TestTwoVersionsOfRatesAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		processes := []*process{start(t, s, options{now: clockAt(0).now}), start(t, storetest.Again(t, s), options{now: clockAt(0).now})}
		processes[0].publish(t, yenOf("2025-10-24", "0.006"))
		publish := func(yaml ...string) (refused []error) {
			answers := make(chan error, len(yaml))
			for i, text := range yaml {
				go func() {
					_, _, err := processes[i].catalog.Publish(t.Context(), catalog.Publication{Yaml: text, By: "test"})
					answers <- err
				}()
			}
			for range yaml {
				if err := <-answers; err != nil {
					refused = append(refused, err)
				}
			}
			return refused
		}
		require.Empty(t, publish(yenOf("2025-10-25", "0.005"), yenOf("2025-10-26", "0.004")))
		refused := publish(yenOf("2025-10-27", "0.003"), yenOf("2025-10-27", "0.002"))
		require.Len(t, refused, 1)
		require.ErrorContains(t, refused[0], "2025-10-27")
		var versions, highest int
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*), max(version) FROM definition WHERE def_id = 'ecb'").
			Scan(&versions, &highest))
		require.Equal(t, []int{4, 4}, []int{versions, highest})

		processes[1].publish(t, bitcoin)
		_, _, err := processes[0].catalog.Publish(t.Context(), catalog.Publication{Yaml: strings.Replace(bitcoin, "8", "6", 1), By: "test"})
		var invalid *catalog.Invalid
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "exponent", invalid.Problems[0].Field)
	})
}
