package catalog

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	bitcoin    = "kind: Currency\nid: XBT\nexponent: 8\ntitle: Bitcoin\n"
	ratesHead  = "kind: ExchangeRates\nid: ecb\nbase: EUR\ndays:\n"
	ratesOf25  = "  - {date: 2025-10-25, rates: [{currency: JPY, rate: 0.00577}]}\n"
	ratesOf26  = "  - {date: 2025-10-26, rates: [{currency: JPY, rate: 0.0058}]}\n"
	otherYen25 = "  - {date: 2025-10-25, rates: [{currency: JPY, rate: 0.006}]}\n"
)

// refusalOf publishes and returns what is wrong.
func refusalOf(t *testing.T, service *Service, yaml string) string {
	t.Helper()
	_, _, err := service.Publish(t.Context(), Publication{Yaml: yaml})
	var invalid *Invalid
	require.ErrorAs(t, err, &invalid)
	return wholeProblems(invalid.Problems)
}

func accepted(t *testing.T, service *Service, yaml string) {
	t.Helper()
	_, changed, err := service.Publish(t.Context(), Publication{Yaml: yaml})
	require.NoError(t, err)
	require.True(t, changed)
}

func TestCurrenciesArePublished(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service, other := serviceOn(s, &now), serviceOn(s, &now)
		pool := contestNamed("a") + "prizes: {distribution: ladder, pool: {currency: XBT, total_minor: 150000000}}\n"
		assert.Contains(t, refusalOf(t, service, pool), `prizes.pool.currency: "XBT" is no currency`)
		accepted(t, service, bitcoin)
		accepted(t, other, pool) // which reads what is published
		known, err := other.Vocabulary(t.Context())
		require.NoError(t, err)
		exponent, ok := known.Currencies().Exponent("XBT")
		assert.True(t, ok)
		assert.Equal(t, 8, exponent)
		assert.Contains(t, refusalOf(t, service, strings.Replace(bitcoin, "8", "9", 1)), "line 3:11: exponent: can't change from 8")
		accepted(t, service, strings.Replace(bitcoin, "Bitcoin", "Bitcoins", 1))

		definitions, err := service.List(t.Context(), Listing{Kind: KindCurrency, Limit: 10})
		require.NoError(t, err)
		require.Len(t, definitions, 1)
		assert.Equal(t, int32(2), definitions[0].GetVersion())
	})
}

func TestPublishedRatesStay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		service.Reader = NewReader(2)
		folded := journal.Positions{0, 0}
		service.Folded = func(context.Context, *store.Tx) (journal.Positions, error) { return folded, nil }
		accepted(t, service, ratesHead+ratesOf25)
		folded = journal.Positions{7, 9}
		accepted(t, service, ratesHead+ratesOf26)
		folded = journal.Positions{70, 90}
		accepted(t, service, ratesHead+ratesOf25+ratesOf26)
		assert.Equal(t, "line 5:54: days[0].rates[0].rate: differs from the published rate of JPY on 2025-10-25, by which events have counted; "+
			"keep that, or publish a table with another id\n", refusalOf(t, service, ratesHead+otherYen25),
			"though the version before does not list that day")
		assert.Contains(t, refusalOf(t, service, strings.Replace(ratesHead+ratesOf26, "EUR", "USD", 1)), "base: can't change from EUR")
		assert.Contains(t, refusalOf(t, service, "tz: Europe/Berlin\n"+ratesHead+ratesOf26), "tz: can't change")

		for _, reader := range []*Reader{service.Reader, NewReader(2)} {
			fresh := NewService(Config{Store: s, Reader: reader})
			known, err := fresh.Vocabulary(t.Context())
			require.NoError(t, err)
			const on25, on26 = 1761400000_000000, 1761480000_000000
			for _, one := range []struct {
				at             int64
				partition, seq int
				found          bool
			}{{on25, 0, 1, true}, {on25, 0, 70, true}, {on26, 0, 7, false}, {on26, 0, 8, true}, {on26, 1, 9, false}, {on26, 1, 10, true}} {
				_, found := known.Rates("ecb").At("JPY", one.at, one.partition, int64(one.seq))
				assert.Equal(t, one.found, found, "%+v", one)
			}
			_, found := known.Rates("ecb").At("USD", on26, 0, 100)
			assert.False(t, found)
			rate, found := known.Rates("ecb").At("EUR", 0, 0, 1)
			assert.True(t, found && rate.Sign() > 0, "the base is worth one of itself on any day")
		}
	})
}

// TestRatesContradictAtTheSameTime has two publishers check their documents before either publishes.
func TestRatesContradictAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	now := beforeAll
	service := serviceOn(s, &now)
	document, problems, err := service.Check(t.Context(), ratesHead+otherYen25)
	require.NoError(t, err)
	require.Empty(t, problems)
	accepted(t, service, ratesHead+ratesOf25)
	_, _, err = service.publish(t.Context(), document, nil, "slow")
	var invalid *Invalid
	require.ErrorAs(t, err, &invalid)
	assert.Contains(t, wholeProblems(invalid.Problems), "differs from the published rate")
}

// TestFolderRefersToItself loads a folder whose first file needs its last one.
func TestFolderRefersToItself(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	now := beforeAll
	service := serviceOn(s, &now)
	folder := fstest.MapFS{
		"a_contest.yaml": {Data: []byte(contestNamed("a") + "scoring: {formula: bet.amount, currency: XBT, rates: coins}\n")},
		"b_rates.yaml": {Data: []byte("kind: ExchangeRates\nid: coins\nbase: XBT\ndays: [{date: 2025-10-25, rates: [{currency: GEMS, rate: " +
			"0.00000001}]}]\n")},
		"c_money.yaml": {Data: []byte(bitcoin + "---\nkind: Currency\nid: GEMS\nexponent: 0\n")},
	}
	for _, fresh := range []int{4, 0} {
		report, err := service.LoadFolder(t.Context(), folder, "rules", "test")
		require.NoError(t, err)
		assert.Len(t, report.Published, fresh)
		assert.Len(t, report.Unchanged, 4-fresh)
	}
	delete(folder, "c_money.yaml")
	found, _, err := ReadFolder(folder, "rules", nil)
	require.NoError(t, err)
	assert.Contains(t, wholeProblems(found[1].Problems), `base: "XBT" is no currency`)
}

// TestEveryKindHasItsRow reads an example of each kind and asks its row for everything.
func TestEveryKindHasItsRow(t *testing.T) {
	t.Parallel()
	examples := map[string]string{KindContest: contestNamed("a"), KindCurrency: bitcoin, KindExchangeRates: ratesHead + ratesOf25}
	for _, k := range kinds {
		document, problems := Parse("", []byte(examples[k.name]))
		require.Empty(t, RunSteps(document, problems, nil), k.name)
		assert.Equal(t, k.name, document.Message.GetKind())
		assert.NotEmpty(t, Reading(document), k.name)
		assert.Empty(t, checkSuccessor(Published{Message: document.Message}, document, beforeAll), "%s follows itself", k.name)
		assert.Equal(t, k.name == KindContest, Plan(document, nil) != nil)
		assert.False(t, Unsupported(k.name))
	}
	assert.Equal(t, "Amounts may be in Bitcoin (XBT), with 8 decimal places: one minor unit is 0.00000001 XBT.", readingOf(t, bitcoin))
	assert.Equal(t, "It tells what JPY is worth in EUR, for days: 2, from 2025-10-25 to 2025-10-26 (UTC).\nA day that is not listed has no "+
		"rate; what an older version said of a day holds on.",
		readingOf(t, ratesHead+ratesOf26+ratesOf25))
}

func readingOf(t *testing.T, yaml string) string {
	t.Helper()
	document, problems := Parse("", []byte(yaml))
	require.Empty(t, problems)
	return Reading(document)
}

// TestUnreadableDefinitionConcernsNoOther stores a rate table that no version of Laurel would publish now.
func TestUnreadableDefinitionConcernsNoOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		accepted(t, service, ratesHead+ratesOf25)
		_, err := s.Write().ExecContext(t.Context(), "INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) "+
			"SELECT kind, 'elsewhere', 1, hash, $1, published_at, published_by FROM definition WHERE def_id = 'ecb'",
			strings.Replace(ratesHead, "id: ecb", "id: elsewhere\ntz: right/Europe/Kyiv", 1)+ratesOf25)
		require.NoError(t, err)
		accepted(t, service, bitcoin)
		other := serviceOn(s, &now)
		known, err := other.Vocabulary(t.Context())
		require.NoError(t, err)
		_, ok := known.Currencies().Exponent("XBT")
		assert.True(t, ok)
		assert.Nil(t, known.Rates("elsewhere"))
		unread := other.Reader.Unread()
		require.Len(t, unread, 1)
		require.ErrorContains(t, unread[0], `can't read ExchangeRates elsewhere version 1: `)
		require.ErrorContains(t, unread[0], `tz: "right/Europe/Kyiv" is not a known time zone; did you mean Europe/Kyiv?`)
		accepted(t, other, ratesHead+ratesOf25+ratesOf26)
		assert.Len(t, other.Reader.Unread(), 1)
		assert.Contains(t, refusalOf(t, other, ratesHead+otherYen25), "differs from the published rate")
	})
}
