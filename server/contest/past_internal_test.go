package contest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/rule"
)

// drawScope draws none, one or two of three values.
func drawScope(t *rapid.T, label string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 2, rapid.ID[string]).Draw(t, label)
}

// drawPast draws a final contest, as its row is read, and the definition it comes from.
func drawPast(t *rapid.T, id string) (*Past, *laurelv1.Contest) {
	definition := &laurelv1.Contest{
		Id: id, Leaderboard: &laurelv1.Ranking{Type: "count"},
		Scope:   &laurelv1.Scope{Markets: drawScope(t, "markets"), Brands: drawScope(t, "brands"), Providers: drawScope(t, "providers")},
		Scoring: &laurelv1.Scoring{Events: rapid.SampledFrom([][]string{nil, {"spin"}, {"deposit", "spin"}}).Draw(t, "events")},
	}
	start := rapid.Int64Range(0, 30*dayMicros).Draw(t, "start")
	length := rapid.SampledFrom([]int64{1, dayMicros / 24, dayMicros, 3 * dayMicros, maxPastDays * dayMicros, 40 * dayMicros}).
		Draw(t, "length")
	c := &Live{State: final, Definition: &Definition{
		ID: id, Start: start, End: start + length, Markets: definition.GetScope().GetMarkets(), Brands: definition.GetScope().GetBrands(),
	}}
	summary, err := proto.Marshal(showPast(c, definition))
	require.NoError(t, err)
	past, err := newPast(&db.Contest{ID: id, StartTs: c.Start, EndTs: c.End, Summary: summary})
	require.NoError(t, err)
	return past, definition
}

// TestPastFindsWhatTheRulesWouldHaveMatched compares the index with every contest's own rules and window, one by one.
func TestPastFindsWhatTheRulesWouldHaveMatched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		index, programs := &pastIndex{}, map[string]*rule.Program{}
		for i := range rapid.IntRange(1, 12).Draw(t, "contests") {
			past, definition := drawPast(t, fmt.Sprintf("c%d", i))
			index = index.with(map[string]*Past{past.ID: past})
			program, problems := rule.Compile(definition)
			require.Empty(t, problems)
			programs[past.ID] = program
		}
		value := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		e := &laurelv1.Event{
			Name: rapid.SampledFrom([]string{"round_end", "spin", "deposit"}).Draw(t, "name"), Market: value.Draw(t, "market"),
			Brand: value.Draw(t, "brand"),
			Game:  &laurelv1.Game{Provider: value.Draw(t, "provider")},
		}
		ts := rapid.Int64Range(0, 75*dayMicros).Draw(t, "ts")
		if rapid.Bool().Draw(t, "at an edge") {
			at := rapid.SampledFrom(index.ordered).Draw(t, "edge of")
			ts = rapid.SampledFrom([]int64{at.Start, at.Start - 1, at.End, at.End - 1}).Draw(t, "edge")
			ts = max(ts, 0)
		}
		want, got := map[string]bool{}, map[string]bool{}
		for _, past := range index.ordered {
			if ts >= past.Start && ts < past.End && len(rule.NewIndex([]*rule.Program{programs[past.ID]}).Match(e)) == 1 {
				want[past.ID] = true
			}
		}
		found := index.find(e, ts)
		for _, past := range found {
			got[past.ID] = true
		}
		require.Equal(t, want, got)
		require.Len(t, found, len(got), "each once")
	})
}
