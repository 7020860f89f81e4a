package catalog

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// storedBefore stores what an earlier version of Laurel published as the next version of a definition: this one would refuse it.
func storedBefore(t *testing.T, s *store.Store, id string, version int, yaml string) {
	t.Helper()
	_, err := s.Write().ExecContext(t.Context(), "INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) "+
		"SELECT kind, def_id, $1, 'old', $2, published_at, published_by FROM definition WHERE def_id = $3 AND version = 1", version, yaml, id)
	require.NoError(t, err)
}

// TestVersionThatCantBeReadIsMended publishes over versions that can't be read: what can be read of them is kept as ever, what can't may
// change.
func TestVersionThatCantBeReadIsMended(t *testing.T) {
	t.Parallel()
	during := time.Date(2025, 10, 25, 18, 30, 0, 0, time.UTC)
	contest := string(exampleYaml(t))
	for _, one := range []struct {
		what       string
		good       string
		old, new   string // what the version that can't be read has in place of the good one
		from, to   string // what its successor has in place of the good one
		refused    string // the field that is refused; empty when none is
		beforehand bool
	}{
		{what: "a zone", good: contest, old: "tz: Europe/Kyiv", new: "tz: right/Europe/Kyiv"},
		{what: "a zone, and points", good: contest, old: "tz: Europe/Kyiv", new: "tz: right/Europe/Kyiv", from: "min_bet_minor: 50",
			to: "min_bet_minor: 51", refused: "scoring"},
		{what: "a zone, and points, before the start", good: contest, old: "tz: Europe/Kyiv", new: "tz: right/Europe/Kyiv",
			from: "min_bet_minor: 50", to: "min_bet_minor: 51", refused: "scoring", beforehand: true},
		{what: "a zone, and the order", good: contest, old: "tz: Europe/Kyiv", new: "tz: right/Europe/Kyiv", from: "n: 20", to: "n: 21",
			refused: "leaderboard"},
		{what: "a zone, and prizes", good: contest, old: "tz: Europe/Kyiv", new: "tz: right/Europe/Kyiv", from: "total_minor: 1000000",
			to: "total_minor: 1", refused: "prizes"},
		{what: "a formula that is none", good: contest, old: "min(win.amount", new: "least(win.amount", from: "min(win.amount",
			to: "max(win.amount"},
		{what: "a formula that is none, and the precision", good: contest, old: "min(win.amount", new: "least(win.amount",
			from: "min_bet_minor: 50", to: "min_bet_minor: 50\n  precision: 1", refused: "scoring"},
		{what: "a field that nobody knows", good: contest, old: "min_bet_minor: 50", new: "min_bet_minor: 50\n  luck: 7"},
		{what: "no YAML", good: contest, old: "kind:", new: "[", from: "min_bet_minor: 50", to: "min_bet_minor: 51"},
		{what: "the zone of rates", good: ratesHead + ratesOf25, old: "base: EUR", new: "base: EUR\ntz: right/UTC"},
		{what: "the zone of rates, and the base", good: ratesHead + ratesOf25, old: "base: EUR", new: "base: EUR\ntz: right/UTC",
			from: "base: EUR", to: "base: USD", refused: "base"},
		{what: "decimal places", good: bitcoin, old: "exponent: 8", new: "exponent: 88", from: "exponent: 8", to: "exponent: 7"},
		{what: "a title, and decimal places", good: bitcoin, old: "title: Bitcoin", new: "title: [a]", from: "exponent: 8", to: "exponent: 7",
			refused: "exponent"},
	} {
		t.Run(one.what, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, one.good, one.old)
			require.Contains(t, one.good, one.from)
			s := storetest.Open(t, store.SQLite)
			now := beforeAll
			service := serviceOn(s, &now, Step{Kind: KindContest, Check: func(m Message) []Problem {
				if strings.Contains(contestOf(t, m).GetScoring().GetFormula(), "least") {
					return []Problem{{Line: 1, Column: 1, Field: "scoring.formula", Message: "least is not a function"}}
				}
				return nil
			}})
			mends := false
			service.Adopt = func(_ context.Context, _ *store.Tx, p Published) error { mends = p.Mends; return nil }
			accepted(t, service, one.good)
			if !one.beforehand {
				now = during
			}
			document, _ := Parse("", []byte(one.good))
			storedBefore(t, s, document.ID, 2, strings.Replace(one.good, one.old, one.new, 1))
			_, _, err := service.Publish(t.Context(), Publication{Yaml: strings.Replace(one.good, one.from, one.to, 1)})
			if one.refused == "" {
				require.NoError(t, err)
				require.True(t, mends)
				return
			}
			var invalid *Invalid
			require.ErrorAs(t, err, &invalid)
			require.Len(t, invalid.Problems, 1)
			require.Equal(t, one.refused, invalid.Problems[0].Field)
		})
	}
}

// TestFolderSaysNothingOfWhatCantBeRead loads a folder over versions that an earlier version of Laurel published: documents that it took
// word for word stop nobody, and none follows a version that can't be read without a person who says so.
func TestFolderSaysNothingOfWhatCantBeRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		for _, id := range []string{"same", "mended", "titled"} {
			accepted(t, service, contestNamed(id))
		}
		old := func(id string) string { return contestNamed(id) + "luck: 7\n" }
		titled := contestNamed("titled") + "title: \"two\\nlines\"\n"
		storedBefore(t, s, "same", 2, old("same"))
		storedBefore(t, s, "mended", 2, old("mended"))
		storedBefore(t, s, "titled", 2, titled)
		folder := folderOf(map[string]string{"same.yaml": old("same"), "mended.yaml": contestNamed("mended"), "titled.yaml": titled,
			"new.yaml": contestNamed("new")})
		report, err := service.LoadFolder(t.Context(), folder, "", "start")
		require.NoError(t, err)
		require.Len(t, report.Published, 1)
		require.Equal(t, "new", report.Published[0].GetId())
		require.Len(t, report.Unchanged, 2)
		said := map[string]string{}
		for _, skipped := range report.Skipped {
			said[skipped.File] = skipped.Reason
		}
		require.Contains(t, said["same.yaml"], "it is published as it stands, but would be refused now: ")
		require.Contains(t, said["titled.yaml"], "it is published as it stands")
		require.Equal(t, "version 2 is published, which this version of Laurel can't read; publish what follows it in the studio",
			said["mended.yaml"])
		_, _, err = service.Publish(t.Context(), Publication{Yaml: contestNamed("mended"), By: "a person"})
		require.NoError(t, err)
	})
}
