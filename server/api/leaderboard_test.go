package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/identity"
)

// boardAnswer is what GET /v1/leaderboards/{id} promises.
type boardAnswer struct {
	ID, Status string
	Top        []rowAnswer
	Me         *struct {
		Pos    *int64
		User   string
		Name   string
		Score  json.Number
		Delta  json.Number
		ToNext *json.Number `json:"to_next"`
		Around []rowAnswer
	}
	Total, Revision int64
	AsOf            time.Time `json:"as_of"`
	Stale           *bool
	NextPageToken   string `json:"next_page_token"`
}

type rowAnswer struct {
	Pos        int64
	User, Name string
	Score      json.Number
}

func (b *bundle) board(t *testing.T, path string, headers ...string) boardAnswer {
	t.Helper()
	got := b.get(t, path, headers...)
	require.Equal(t, http.StatusOK, got.status, "%s", got.body)
	var read boardAnswer
	require.NoError(t, json.Unmarshal(got.body, &read), "%s", got.body)
	return read
}

// live publishes c1 with n players: u_1 has most, 100 units less for each place.
func live(t *testing.T, b *bundle, n int) {
	t.Helper()
	b.publish(t, "c1", "")
	units := map[string]int64{}
	for i := 1; i <= n; i++ {
		units[fmt.Sprintf("u_%d", i)] = int64(100 * (n - i + 1))
	}
	b.load(t, "c1", units)
}

func TestBoardForAnAPIKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 20)
	b.score(t, "c1", map[string]int64{"u_7": 1455})
	got := b.board(t, "/v1/leaderboards/c1?top=3&me=u_7&around=2", "Authorization", b.key(t, identity.ScopeRead))
	assert.Equal(t, "c1", got.ID)
	assert.Equal(t, "live", got.Status)
	assert.Equal(t, int64(20), got.Total)
	assert.Equal(t, int64(1), got.Revision)
	assert.False(t, *got.Stale)
	assert.False(t, got.AsOf.IsZero())
	require.Len(t, got.Top, 3)
	assert.Equal(t, "u_1", got.Top[0].User)
	assert.Equal(t, int64(1), got.Top[0].Pos)
	assert.Equal(t, json.Number("20"), got.Top[0].Score)
	assert.Equal(t, int64(7), *got.Me.Pos)
	assert.Equal(t, json.Number("14.55"), got.Me.Score)
	assert.Equal(t, json.Number("0.45"), *got.Me.ToNext)
	assert.Equal(t, json.Number("0"), got.Me.Delta)
	var users []string
	for _, row := range got.Me.Around {
		users = append(users, row.User)
	}
	assert.Equal(t, []string{"u_5", "u_6", "u_7", "u_8", "u_9"}, users)
}

func TestBoardForStrangersHidesUserIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 20)
	_, err := b.people.SetPublicName(t.Context(), "u_2", "Zoë")
	require.NoError(t, err)
	for _, headers := range [][]string{nil, {"Authorization", b.key(t, identity.ScopeIngest)}} {
		got := b.get(t, "/v1/leaderboards/c1?top=5", headers...)
		var read boardAnswer
		require.NoError(t, json.Unmarshal(got.body, &read))
		assert.Equal(t, b.people.PlayerKey("u_1"), read.Top[0].User)
		assert.Equal(t, "Zoë", read.Top[1].Name)
		require.NotEmpty(t, read.NextPageToken)
		// The token names a player too, but sealed: what it looks like is chance, and may well have a "u_" in it.
		unsealed := bytes.ReplaceAll(got.body, []byte(read.NextPageToken), nil)
		assert.NotContains(t, string(unsealed), "u_")
	}
	for _, each := range []struct {
		status  int
		headers []string
	}{
		{http.StatusUnauthorized, nil},
		{http.StatusForbidden, []string{"Authorization", b.key(t, identity.ScopeIngest)}},
		{http.StatusForbidden, []string{"Authorization", b.player(t, "u_2")}},
	} {
		got := b.get(t, "/v1/leaderboards/c1?me=u_1", each.headers...)
		assert.Equal(t, each.status, got.status)
		_, field := got.failure(t)
		assert.Equal(t, "me", field)
	}
}

func TestBoardForAPlayer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 20)
	got := b.board(t, "/v1/leaderboards/c1?top=20&around=1", "Authorization", b.player(t, "u_4"))
	assert.Equal(t, int64(4), *got.Me.Pos, "a player's token asks for himself")
	assert.Equal(t, "u_4", got.Me.User)
	for _, row := range got.Top {
		assert.Equal(t, row.Pos == 4, row.User == "u_4", "only his own id is shown")
		assert.Equal(t, row.Pos == 4, strings.HasPrefix(row.User, "u_"))
	}
	first := b.board(t, "/v1/leaderboards/c1", "Authorization", b.player(t, "u_1"))
	assert.Equal(t, json.Number("0"), *first.Me.ToNext)
}

func TestPlayerWithoutAStanding(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 3)
	got := b.board(t, "/v1/leaderboards/c1?me=nobody", "Authorization", b.key(t, identity.ScopeRead))
	require.NotNil(t, got.Me)
	assert.Nil(t, got.Me.Pos)
	assert.Nil(t, got.Me.ToNext)
	assert.Equal(t, json.Number("0"), got.Me.Score)
	assert.Equal(t, "nobody", got.Me.User)
	assert.NotEmpty(t, got.Me.Name)
}

func TestDeltaSinceTheLastRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 5)
	one, other := b.player(t, "u_3"), b.key(t, identity.ScopeRead)
	delta := func(authorization string) string {
		return b.board(t, "/v1/leaderboards/c1?me=u_3", "Authorization", authorization).Me.Delta.String()
	}
	assert.Equal(t, "0", delta(one))
	b.score(t, "c1", map[string]int64{"u_3": 425})
	assert.Equal(t, "1.25", delta(one))
	assert.Equal(t, "0", delta(one))
	assert.Equal(t, "0", delta(other), "each caller has his own last read")
	b.score(t, "c1", map[string]int64{"u_3": 400})
	assert.Equal(t, "-0.25", delta(other))
}

func TestBadParametersAreNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 3)
	key := b.key(t, identity.ScopeRead)
	for query, field := range map[string]string{
		"top=x": "top", "top=-1": "top", "top=1001": "top", "top=1&top=2": "top", "top=99999999999999999999": "top", "top=1.5": "top",
		"around=51&me=u_1": "around", "around=2": "around", "page_token=abc": "page_token",
		"page_token=" + strings.Repeat("x", 600): "page_token",
		"me=" + strings.Repeat("x", 129):         "me",
	} {
		got := b.get(t, "/v1/leaderboards/c1?"+query, "Authorization", key)
		assert.Equal(t, http.StatusBadRequest, got.status, query)
		code, named := got.failure(t)
		assert.Equal(t, "invalid_argument", code)
		assert.Equal(t, field, named, query)
	}
	got := b.get(t, "/v1/leaderboards/nothing")
	assert.Equal(t, http.StatusNotFound, got.status)
	code, _ := got.failure(t)
	assert.Equal(t, "not_found", code)
	assert.Equal(t, http.StatusBadRequest, b.get(t, "/v1/leaderboards/"+strings.Repeat("x", 65)).status)
	b.publish(t, "c2", "")
	b.load(t, "c2", map[string]int64{"u_1": 1, "u_2": 2})
	token := b.board(t, "/v1/leaderboards/c2?top=1").NextPageToken
	got = b.get(t, "/v1/leaderboards/c1?page_token="+token)
	assert.Equal(t, http.StatusBadRequest, got.status, "a token of another contest")
}

// TestPagesShowEveryRowThatStandsStill reads a board page by page while other players move past each other.
func TestPagesShowEveryRowThatStandsStill(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 100)
	moving := map[string]bool{}
	seen := map[string]int{}
	key := b.key(t, identity.ScopeRead)
	path := "/v1/leaderboards/c1?top=10"
	for page := 0; path != ""; page++ {
		require.Less(t, page, 20)
		got := b.board(t, path, "Authorization", key)
		for _, row := range got.Top {
			seen[row.User]++
		}
		// The last row of the page leaps to the top, somebody from below follows it, and somebody from above falls to the end.
		last := got.Top[len(got.Top)-1].User
		below, above := fmt.Sprintf("u_%d", 95-page), fmt.Sprintf("u_%d", page+1)
		b.score(t, "c1", map[string]int64{last: int64(20_000 + page), below: int64(21_000 + page), above: int64(-page - 1)})
		moving[last], moving[below], moving[above] = true, true, true
		path = ""
		if got.NextPageToken != "" {
			path = "/v1/leaderboards/c1?page_token=" + url.QueryEscape(got.NextPageToken)
		}
	}
	for i := 1; i <= 100; i++ {
		user := fmt.Sprintf("u_%d", i)
		if !moving[user] {
			assert.Equal(t, 1, seen[user], user)
		}
	}
	assert.Greater(t, len(seen), 60)
}

func TestPagesOfAStillBoard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 25)
	var places []int64
	path := "/v1/leaderboards/c1?top=10"
	for path != "" {
		got := b.board(t, path)
		for _, row := range got.Top {
			places = append(places, row.Pos)
		}
		path = ""
		if got.NextPageToken != "" {
			path = "/v1/leaderboards/c1?page_token=" + got.NextPageToken
		}
	}
	require.Len(t, places, 25)
	for i, place := range places {
		assert.Equal(t, int64(i+1), place)
	}
}

func TestPublicReadsAreCacheable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 20)
	first := b.get(t, "/v1/leaderboards/c1?top=5")
	assert.Equal(t, "public, max-age=1, stale-while-revalidate=4", first.header.Get("Cache-Control"))
	assert.Contains(t, first.header.Get("Vary"), "Authorization")
	assert.Equal(t, "*", first.header.Get("Access-Control-Allow-Origin"))
	etag := first.header.Get("ETag")
	require.True(t, strings.HasPrefix(etag, `W/"`), etag)
	again := b.get(t, "/v1/leaderboards/c1?top=5", "If-None-Match", `"x", `+etag)
	assert.Equal(t, http.StatusNotModified, again.status)
	assert.Empty(t, again.body)
	assert.Equal(t, etag, again.header.Get("ETag"))
	assert.NotEqual(t, etag, b.get(t, "/v1/leaderboards/c1?top=6").header.Get("ETag"))

	key := b.key(t, identity.ScopeRead)
	own := b.get(t, "/v1/leaderboards/c1?top=5", "Authorization", key)
	assert.Equal(t, "private, no-cache", own.header.Get("Cache-Control"))
	assert.NotEqual(t, etag, own.header.Get("ETag"))
	b.score(t, "c1", map[string]int64{"u_19": 9_000})
	changed := b.get(t, "/v1/leaderboards/c1?top=5", "Authorization", key, "If-None-Match", own.header.Get("ETag"))
	assert.Equal(t, http.StatusOK, changed.status, "callers with a credential see a change at once")
	require.Eventually(t, func() bool {
		return b.get(t, "/v1/leaderboards/c1?top=5", "If-None-Match", etag).status == http.StatusOK
	}, patience, 50*time.Millisecond, "strangers see it within a second")

	options := b.call(t, http.MethodOptions, "/v1/leaderboards/c1", nil, "Origin", "https://shop.example", "Access-Control-Request-Method",
		"GET")
	assert.Equal(t, http.StatusNoContent, options.status)
	assert.Contains(t, options.header.Get("Access-Control-Allow-Headers"), "Authorization")
	assert.Equal(t, http.StatusOK, b.call(t, http.MethodHead, "/v1/leaderboards/c1", nil).status)
}

// TestConcurrentReadersShareOneReading counts how often the board is really asked, in a moment that lasts until all have been answered.
func TestConcurrentReadersShareOneReading(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := setup(t, func(c *api.Config) { c.Now = func() time.Time { return now } })
	counted := &countingEngine{Engine: b.engine}
	b.keeper.Engine = counted
	live(t, b, 2000)
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			got := b.get(t, "/v1/leaderboards/c1?top=1000")
			assert.Equal(t, http.StatusOK, got.status)
		})
	}
	wait.Wait()
	assert.Equal(t, 1, counted.count(), "a crowd costs as much as one reader")
}

// countingEngine counts pages read; everything else is the real engine's.
type countingEngine struct {
	board.Engine
	mu    sync.Mutex
	pages int
}

// TestChangeByAnotherProcessIsSeenAtOnce has another process change the board: this one was told nothing of it.
func TestChangeByAnotherProcessIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := setup(t, func(c *api.Config) { c.Now = func() time.Time { return now } })
	live(t, b, 5)
	key := b.key(t, identity.ScopeRead)
	first := b.get(t, "/v1/leaderboards/c1?top=5", "Authorization", key)
	stranger := b.board(t, "/v1/leaderboards/c1?top=5")
	assert.Equal(t, http.StatusNotModified, b.get(t, "/v1/leaderboards/c1?top=5", "Authorization", key, "If-None-Match",
		first.header.Get("ETag")).status)
	_, err := b.engine.Apply(t.Context(),
		[]board.Batch{{Board: "c1", Partition: 3, Seq: 40, Entries: []board.Entry{{UserID: "u_5", Units: 9_000}}}})
	require.NoError(t, err)
	changed := b.get(t, "/v1/leaderboards/c1?top=5", "Authorization", key, "If-None-Match", first.header.Get("ETag"))
	require.Equal(t, http.StatusOK, changed.status)
	var seen boardAnswer
	require.NoError(t, json.Unmarshal(changed.body, &seen))
	assert.Equal(t, "u_5", seen.Top[0].User)
	assert.Equal(t, stranger.Revision+40, seen.Revision)
}

// TestBoardThatIsBehindSaysSo labels rows that are as good as they can be now.
func TestBoardThatIsBehindSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 5)
	b.keeper.Behind = func() bool { return true }
	assert.True(t, *b.board(t, "/v1/leaderboards/c1").Stale)
}

func TestTournaments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	assert.Equal(t, "[]\n", string(b.get(t, "/v1/tournaments").body))
	b.publish(t, "everywhere", "")
	b.publish(t, "german", "scope: {markets: [DE], brands: [X]}\n")
	list := func(query string) []string {
		got := b.get(t, "/v1/tournaments"+query)
		require.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"))
		var all []struct {
			ID, Title, Type, Status string
			Start, End              time.Time
			Players                 *int64
			Markets                 []string
		}
		require.NoError(t, json.Unmarshal(got.body, &all))
		ids := []string{}
		for _, each := range all {
			ids = append(ids, each.ID)
			assert.Equal(t, "live", each.Status)
			assert.Equal(t, "best_n_rounds", each.Type)
			assert.True(t, each.End.After(each.Start))
			assert.NotNil(t, each.Players)
			assert.NotNil(t, each.Markets)
		}
		return ids
	}
	assert.ElementsMatch(t, []string{"everywhere", "german"}, list(""))
	assert.ElementsMatch(t, []string{"everywhere", "german"}, list("?market=DE&brand=X"))
	assert.Equal(t, []string{"everywhere"}, list("?market=SE"))
	assert.Equal(t, []string{"everywhere"}, list("?market=DE&brand=Y"))
	got := b.get(t, "/v1/tournaments?market="+strings.Repeat("x", 40))
	assert.Equal(t, http.StatusBadRequest, got.status)
}

func TestSnapshotsShowTodaysNamesAndHideIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 3)
	rows := []*laurelv1.LeaderboardRow{{Place: 1, UserId: "u_1", Units: 300}, {Place: 2, UserId: "u_2", Units: 200}}
	require.NoError(t, b.contests.SaveSnapshot(t.Context(), contest.Snapshot{ContestID: "c1", Total: 3, Top: rows}, nil))
	read := func(headers ...string) string {
		got := b.call(t, http.MethodPost, "/rpc/laurel.v1.LeaderboardService/GetSnapshot", strings.NewReader(`{"contestId":"c1","number":"1"}`),
			append(headers, "Content-Type", "application/json")...)
		require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		return string(got.body)
	}
	public := read()
	assert.NotContains(t, public, "u_1")
	assert.Contains(t, public, b.people.PlayerKey("u_1"))
	assert.Contains(t, read("Authorization", b.key(t, identity.ScopeRead)), "u_1")
}

// Page implements board.Engine.
func (e *countingEngine) Page(ctx context.Context, id string, from, count int64) (board.Page, error) {
	e.mu.Lock()
	e.pages++
	e.mu.Unlock()
	return e.Engine.Page(ctx, id, from, count)
}

func (e *countingEngine) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pages
}
