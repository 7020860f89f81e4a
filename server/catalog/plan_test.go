package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

func plan(t *testing.T, yaml string) *laurelv1.ContestPlan {
	t.Helper()
	document, problems := Parse("", []byte(yaml))
	require.Empty(t, problems)
	return contestPlan(document)
}

func TestPlanWritesDefaultsOut(t *testing.T) {
	t.Parallel()
	got := plan(t, "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: max_multiplier}\n")
	contest := got.GetDefinition()
	assert.Equal(t, "c", contest.GetTitle())
	assert.Equal(t, "UTC", contest.GetWindow().GetTz())
	assert.Equal(t, int32(60), contest.GetWindow().GetGraceSeconds())
	assert.Equal(t, "win.multiplier", contest.GetScoring().GetFormula())
	assert.Equal(t, int32(2), contest.GetScoring().GetPrecision())
	assert.Equal(t, []string{"user_id"}, contest.GetLeaderboard().GetTiebreaker())
	start := time.Date(2025, 10, 25, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, start, got.GetStart().AsTime())
	assert.Equal(t, start.AddDate(0, 0, 1), got.GetEnd().AsTime())
	assert.Equal(t, start.AddDate(0, 0, 1).Add(time.Minute), got.GetGraceEnd().AsTime())
	assert.Equal(t, "1", plan(t, "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: count}\n").
		GetDefinition().GetScoring().GetFormula())
}

func TestPlanKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	document := exampleDocument(t)
	got := contestPlan(document).GetDefinition()
	assert.Equal(t, contestOf(t, document.Message).GetScoring().GetFormula(), got.GetScoring().GetFormula())
	assert.Equal(t, []string{"highest_single_multiplier", "earliest_finish_ts", "user_id"}, got.GetLeaderboard().GetTiebreaker())
	assert.Equal(t, []string{"highest_single_multiplier", "earliest_finish_ts"}, contestOf(t, document.Message).GetLeaderboard().
		GetTiebreaker(), "the document stays as it was")
	assert.Equal(t, int32(2), contestPlan(document).GetPoolExponent())
	assert.Nil(t, Plan(nil, nil))
}

func TestRanksThatAreObserved(t *testing.T) {
	t.Parallel()
	const yaml = "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: count%s}\n"
	for written, want := range map[string]bool{"": false, ", observe_ranks: false": false, ", observe_ranks: true": true} {
		document, problems := Parse("", fmt.Appendf(nil, yaml, written))
		require.Empty(t, problems)
		assert.Equal(t, want, contestPlan(document).GetDefinition().GetLeaderboard().GetObserveRanks())
		assert.Equal(t, want, strings.Contains(Reading(document), "rank_observed"))
	}
}
