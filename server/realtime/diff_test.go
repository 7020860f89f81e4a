package realtime

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// topOf draws a top of a board: distinct players, places from 1.
func topOf(t *rapid.T, label string) []*laurelv1.LeaderboardRow {
	players := rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 0, 12, rapid.ID).Draw(t, label)
	rows := make([]*laurelv1.LeaderboardRow, len(players))
	for i, player := range players {
		rows[i] = &laurelv1.LeaderboardRow{
			Place:     int64(i + 1),
			PlayerKey: fmt.Sprint("k", player),
			Name:      rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"),
			Units:     rapid.Int64Range(0, 3).Draw(t, "units"),
		}
	}
	return rows
}

func TestDiffLeadsFromBeforeToAfter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, after := topOf(t, "before"), topOf(t, "after")
		changed, left := diff(before, after)

		have := map[string]*laurelv1.LeaderboardRow{}
		for _, row := range before {
			have[row.GetPlayerKey()] = row
		}
		for _, key := range left {
			require.Contains(t, have, key)
			delete(have, key)
		}
		for _, row := range changed {
			require.False(t, proto.Equal(have[row.GetPlayerKey()], row), "a row that is the same is not sent")
			have[row.GetPlayerKey()] = row
		}
		got := make([]*laurelv1.LeaderboardRow, 0, len(have))
		for _, row := range have {
			got = append(got, row)
		}
		slices.SortFunc(got, func(a, b *laurelv1.LeaderboardRow) int { return cmp.Compare(a.GetPlace(), b.GetPlace()) })
		require.Equal(t, len(after), len(got))
		for i := range after {
			require.True(t, proto.Equal(after[i], got[i]))
		}
	})
}

func TestSameContestIgnoresPlayers(t *testing.T) {
	t.Parallel()
	live := &laurelv1.ContestSummary{Id: "a", State: laurelv1.ContestState_CONTEST_STATE_LIVE, Version: 1}
	grown := proto.CloneOf(live)
	grown.Players = 7
	require.True(t, sameContest(live, grown))
	for _, change := range []func(*laurelv1.ContestSummary){
		func(c *laurelv1.ContestSummary) { c.State = laurelv1.ContestState_CONTEST_STATE_FINAL },
		func(c *laurelv1.ContestSummary) { c.Version = 2 },
		func(c *laurelv1.ContestSummary) { c.ResultHash = "00" },
		func(c *laurelv1.ContestSummary) { c.DefinitionHash = "00" },
		func(c *laurelv1.ContestSummary) { c.Title = "new" },
	} {
		moved := proto.CloneOf(live)
		change(moved)
		require.False(t, sameContest(live, moved))
	}
	require.False(t, sameContest(nil, live))
}
