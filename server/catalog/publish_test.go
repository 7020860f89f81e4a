package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// publishing is one publication of a matrix: what is changed of the kind's example, and what becomes of it.
type publishing struct {
	what     string
	old, new string // replaced in the example; both empty publish it as it is
	// changed tells that there is a new version, titled that only its title is new.
	changed, titled bool
	// refused is the field that is refused, empty when none is.
	refused string
}

// publications is what each kind allows, one after the other on one database. The contest has started when its publications follow the
// first.
var publications = map[string][]publishing{
	KindCurrency: {
		{what: "first", changed: true},
		{what: "the same"},
		{what: "a comment", old: "kind:", new: "# comment\nkind:"},
		{what: "a title", old: "Bitcoin", new: "Bitcoins", changed: true, titled: true},
		{what: "other decimal places", old: "exponent: 8", new: "exponent: 7", refused: "exponent"},
		{what: "too many decimal places", old: "exponent: 8", new: "exponent: 80", refused: "exponent"},
		{what: "a code of ISO 4217", old: "id: XBT", new: "id: EUR", refused: "id"},
		{what: "an id in lower case", old: "id: XBT", new: "id: xbt", refused: "id"},
		{what: "another currency", old: "id: XBT", new: "id: ETH", changed: true},
	},
	KindExchangeRates: {
		{what: "first", changed: true},
		{what: "the same"},
		{what: "the rate in other digits", old: "rate: 0.00577", new: "rate: 0.005770", changed: true},
		{what: "another rate of a day", old: "rate: 0.00577", new: "rate: 0.00578", refused: "days[0].rates[0].rate"},
		{what: "no rate", old: "rate: 0.0058", new: "rate: 0", refused: "days[1].rates[0].rate"},
		{what: "another day", old: "2025-10-26", new: "2025-10-27", changed: true},
		{what: "a day that is none", old: "2025-10-26", new: "2025-02-30", refused: "days[1].date"},
		{what: "a currency that nobody knows", old: "JPY, rate: 0.0058", new: "XYZ, rate: 0.0058", refused: "days[1].rates[0].currency"},
		{what: "the base itself", old: "JPY, rate: 0.0058", new: "EUR, rate: 0.0058", refused: "days[1].rates[0].currency"},
		{what: "another base", old: "base: EUR", new: "base: USD", refused: "base"},
		{what: "another zone", old: "Europe/Berlin", new: "Europe/Kyiv", refused: "tz"},
		{what: "a zone that is none", old: "Europe/Berlin", new: "Europe/Berlim", refused: "tz"},
		{what: "a title", old: "base:", new: "title: T\nbase:", changed: true},
	},
	KindContest: {
		{what: "first", changed: true},
		{what: "the same"},
		{what: "a title", old: "title: Sprint", new: "title: Run", changed: true, titled: true},
		{what: "a longer window", old: "end: 2025-10-25T19:00Z", new: "end: 2025-10-25T20:00Z", changed: true},
		{what: "another start", old: "start: 2025-10-25T18:00Z", new: "start: 2025-10-25T18:10Z", refused: "window.start"},
		{what: "an end before the start", old: "end: 2025-10-25T19:00Z", new: "end: 2025-10-25T17:00Z", refused: "window.end"},
		{what: "other points", old: "min_bet_minor: 50", new: "min_bet_minor: 51", refused: "scoring"},
		{what: "another order", old: "n: 20", new: "n: 21", refused: "leaderboard"},
		{what: "other prizes", old: "total_minor: 1000000", new: "total_minor: 1", changed: true},
		{what: "a currency that nobody knows", old: "currency: EUR", new: "currency: XYZ", refused: "prizes.pool.currency"},
		{what: "an unknown ranking", old: "best_n_rounds", new: "best_of_rounds", refused: "leaderboard.type"},
		{what: "a glob of another language", old: "g_*", new: "g_[0-9]", refused: "scoring.eligible_games[0]"},
		{what: "rates without a currency", old: "scoring:", new: "scoring:\n  rates: ecb", refused: "scoring.rates"},
	},
}

// TestEachKindPublishesWhatItAllows plays the matrix of each kind: a version is made, told to whoever follows it and listed when something
// new is allowed, and nothing is when it is not.
func TestEachKindPublishesWhatItAllows(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		require.NotEmpty(t, publications[k.name], "kind %s has no row in this matrix", k.name)
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			now := beforeAll
			var told []Published
			service := serviceOn(storetest.Open(t, store.SQLite), &now)
			service.Adopt = func(_ context.Context, _ *store.Tx, published Published) error {
				told = append(told, published)
				return nil
			}
			versions, revision := map[string]int32{}, int64(0)
			for _, one := range publications[k.name] {
				text := kindExamples(t)[k.name]
				require.Contains(t, text, one.old, one.what)
				text = strings.Replace(text, one.old, one.new, 1)
				before := len(told)
				published, changed, err := service.Publish(t.Context(), Publication{Yaml: text, By: "eve"})
				require.Equal(t, one.changed, changed, "%s: %v", one.what, err)
				if one.refused != "" {
					var invalid *Invalid
					require.ErrorAs(t, err, &invalid, one.what)
					require.Equal(t, one.refused, invalid.Problems[0].Field, "%s: %v", one.what, invalid.Problems)
					require.Positive(t, invalid.Problems[0].Line, one.what)
				} else {
					require.NoError(t, err, one.what)
					if changed {
						versions[published.GetId()]++
					}
					require.Equal(t, versions[published.GetId()], published.GetVersion(), one.what)
				}
				require.Equal(t, changed, len(told) > before, one.what)
				if changed {
					last := told[len(told)-1]
					require.True(t, proto.Equal(published, last.Definition), one.what)
					require.Equal(t, one.titled, last.TitleOnly, one.what)
					require.Greater(t, last.Revision, revision, one.what)
					revision = last.Revision
				}
				now = time.Date(2025, time.October, 25, 18, 30, 0, 0, time.UTC)
			}
			listed, err := service.List(t.Context(), Listing{Kind: k.name, Limit: 100})
			require.NoError(t, err)
			require.Len(t, listed, len(versions))
			for _, one := range listed {
				require.Equal(t, versions[one.GetId()], one.GetVersion())
			}
		})
	}
}

// TestVersionsAreLikeALog publishes texts of a few definitions again and again, from base versions that are right, wrong or left out, and
// compares with a list a definition.
func TestVersionsAreLikeALog(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now, run := beforeAll, 0
		service := serviceOn(s, &now)
		rapid.Check(t, func(rt *rapid.T) {
			run++
			log := map[string][]string{} // the title of each version
			for range rapid.IntRange(1, 8).Draw(rt, "publications") {
				id := fmt.Sprintf("c%d_%s", run, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "id"))
				title := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(rt, "title")
				var base *int32
				if rapid.Bool().Draw(rt, "based") {
					base = proto.Int32(int32(max(0, len(log[id])+rapid.SampledFrom([]int{0, 0, -1, 1}).Draw(rt, "off"))))
				}
				newest := len(log[id])
				published, changed, err := service.Publish(t.Context(), Publication{Yaml: contestNamed(id) + "title: " + title + "\n",
					BaseVersion: base})
				switch {
				case newest > 0 && log[id][newest-1] == title:
					require.NoError(rt, err, "what is there is what was wanted")
					require.False(rt, changed)
				case base != nil && int(*base) != newest:
					var conflict *Conflict
					require.ErrorAs(rt, err, &conflict)
					require.Equal(rt, Conflict{Kind: KindContest, ID: id, Base: int(*base), Newest: newest}, *conflict)
					continue
				default:
					require.NoError(rt, err)
					require.True(rt, changed)
					log[id] = append(log[id], title)
				}
				require.Equal(rt, int32(len(log[id])), published.GetVersion())
			}
			for id, titles := range log {
				listed, err := service.ListVersions(t.Context(), KindContest, id, store.Listing{Limit: 100, OldestFirst: true})
				require.NoError(rt, err)
				require.Len(rt, listed, len(titles))
				for i, title := range titles {
					require.Equal(rt, int32(i+1), listed[i].GetVersion())
					one, err := service.Get(t.Context(), KindContest, id, int32(i+1))
					require.NoError(rt, err)
					require.Contains(rt, one.GetYaml(), "title: "+title+"\n")
				}
				_, err = service.Get(t.Context(), KindContest, id, int32(len(titles)+1))
				require.True(rt, errors.Is(err, ErrNotFound))
			}
		})
	})
}
