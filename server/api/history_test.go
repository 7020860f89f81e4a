package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	// oldContests and openContests are what a house has that has run for years.
	oldContests, openContests = 10_000, 200
	// mostListed is how many contests a list names at most.
	mostListed = 1000
	// historySlice is how many rows one statement makes.
	historySlice = 500
)

// TestTenThousandPastContests runs a house with a long past: one more contest is published, one more ends, finished ones are read, and all
// of it is there after a restart.
func TestTenThousandPastContests(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		today := time.Now().UTC().Truncate(24 * time.Hour)
		history(t, s, today)
		b := setupOn(t, s)
		b.publish(t, "one_more", "")
		offer(t, b, fmt.Sprintf("kind: Contest\nid: just_over\nwindow: {start: %s, end: %s, grace_seconds: 0}\nleaderboard: {type: count}\n",
			today.Add(-2*time.Hour).Format(time.RFC3339), today.Add(-time.Hour).Format(time.RFC3339)))
		require.Eventually(t, func() bool {
			require.NoError(t, b.contests.Step(t.Context()))
			return b.contests.Set().Final("just_over")
		}, patience, 5*time.Millisecond)

		for _, process := range []*bundle{b, setupOn(t, storetest.Again(t, s))} {
			for _, count := range process.contests.Set().Counts() {
				require.Equal(t, map[laurelv1.ContestState]int64{2: openContests + 1, 4: oldContests + 1}[count.GetState()], count.GetCount())
			}
			listed := process.tournaments(t)
			require.Len(t, listed, mostListed)
			require.Equal(t, "one_more", listed[openContests], "open ones come first, by start")
			require.Equal(t, []string{"just_over", "past_0", "past_1"}, listed[openContests+1:openContests+4], "then the last ones that ended")

			got := process.board(t, "/v1/leaderboards/past_9000?top=2&me=u_3", "Authorization", "Bearer "+devKey)
			require.Equal(t, "final", got.Status)
			require.EqualValues(t, 3, got.Total)
			require.False(t, *got.Stale)
			require.Len(t, got.Top, 2)
			require.Equal(t, "u_1", got.Top[0].User)
			require.EqualValues(t, 3, *got.Me.Pos)
			answer := process.call(t, http.MethodGet, "/v1/leaderboards/past_10001", nil)
			require.Equal(t, http.StatusNotFound, answer.status)
		}
	})
}

func offer(t *testing.T, b *bundle, yaml string) {
	t.Helper()
	_, _, err := b.catalog.Publish(t.Context(), catalog.Publication{Yaml: yaml, By: "test"})
	require.NoError(t, err)
}

// tournaments are the ids that the door lists.
func (b *bundle) tournaments(t *testing.T) []string {
	t.Helper()
	answer := b.call(t, http.MethodGet, "/v1/tournaments", nil)
	require.Equal(t, http.StatusOK, answer.status)
	var listed []struct{ ID string }
	require.NoError(t, json.Unmarshal(answer.body, &listed))
	ids := make([]string, len(listed))
	for i, one := range listed {
		ids[i] = one.ID
	}
	return ids
}

// history makes contests that are live since a day ago, and contests that are final, one a day before that. One of those has places.
func history(t *testing.T, s *store.Store, today time.Time) {
	t.Helper()
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if tx.Dialect() == store.Postgres { // a server would be too slow between two statements to be let go on
			_, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0")
			require.NoError(t, err)
		}
		client := tx.Ent()
		var definitions []*db.DefinitionCreate
		var contests []*db.ContestCreate
		add := func(id string, state laurelv1.ContestState, start, end time.Time) {
			yaml := fmt.Sprintf("kind: Contest\nid: %s\nwindow: {start: %s, end: %s}\nscope: {markets: [DE]}\nleaderboard: {type: count}\n", id,
				start.Format(time.RFC3339), end.Format(time.RFC3339))
			definitions = append(definitions, client.Definition.Create().SetKind("Contest").SetDefID(id).SetVersion(1).SetHash(id).SetYaml(yaml).
				SetPublishedAt(1).SetPublishedBy("test"))
			row := client.Contest.Create().SetID(id).SetVersion(1).SetState(int(state)).SetStartTs(start.UnixMicro()).SetEndTs(end.UnixMicro()).
				SetGraceEndTs(end.Add(time.Minute).UnixMicro()).SetOpenSeq("0").SetChangedAt(1).SetRevision(1)
			if state == laurelv1.ContestState_CONTEST_STATE_FINAL {
				row.SetCloseSeq("1").SetResultHash(id).SetPlayers(3).SetSummary(summaryOf(t, id, start, end))
			}
			contests = append(contests, row)
		}
		for i := range openContests {
			add(fmt.Sprintf("open_%d", i), laurelv1.ContestState_CONTEST_STATE_LIVE, today.AddDate(0, 0, -1), today.AddDate(0, 0, 30))
		}
		for i := range oldContests {
			add(fmt.Sprintf("past_%d", i), laurelv1.ContestState_CONTEST_STATE_FINAL, today.AddDate(0, 0, -i-2), today.AddDate(0, 0, -i-1))
		}
		for slice := range slices.Chunk(definitions, historySlice) {
			require.NoError(t, client.Definition.CreateBulk(slice...).Exec(ctx))
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO newest_definition (kind, def_id, version, hash, published_at, published_by)
			SELECT kind, def_id, version, hash, published_at, published_by FROM definition`)
		require.NoError(t, err)
		for slice := range slices.Chunk(contests, historySlice) {
			require.NoError(t, client.Contest.CreateBulk(slice...).Exec(ctx))
		}
		for place := range int64(3) {
			row := client.FinalStanding.Create().SetContestID("past_9000").SetPlace(place + 1).SetUserID(fmt.Sprintf("u_%d", place+1)).
				SetUnits(900 - place).SetTie([]byte{})
			require.NoError(t, row.Exec(ctx))
		}
		return client.Setting.Create().SetID("contest_revision").SetValue("1").Exec(ctx)
	})
	require.NoError(t, err)
}

func summaryOf(t *testing.T, id string, start, end time.Time) []byte {
	t.Helper()
	summary, err := proto.Marshal(&laurelv1.GetContestResponse{
		Contest: &laurelv1.ContestSummary{
			Id: id, Title: id, State: laurelv1.ContestState_CONTEST_STATE_FINAL, Start: timestamppb.New(start), End: timestamppb.New(end),
			GraceEnd: timestamppb.New(end.Add(time.Minute)), Tz: "UTC", Type: "count", Markets: []string{"DE"}, Tiebreaker: []string{"user_id"},
			Precision: 2,
			Version:   1, DefinitionHash: id, Players: 3, ResultHash: id,
		},
		Plan: &laurelv1.ContestPlan{Definition: &laurelv1.Contest{}},
	})
	require.NoError(t, err)
	return summary
}
