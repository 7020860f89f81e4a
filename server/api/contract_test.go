package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/word"
)

func TestUnknownParametersAreRefusedByName(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.Dev = true })
	b.publish(t, "c1", "")
	for path, right := range map[string]string{
		"/v1/tournaments":     "market, brand, page_size, page_token",
		"/v1/leaderboards/c1": "top, me, around, page_token",
		"/demo/token":         "user",
	} {
		for _, name := range []string{"tpo", "Market", "limit", "offset", strings.Repeat("x", 500)} {
			got := b.get(t, path+"?"+name+"=1")
			assert.Equal(t, http.StatusBadRequest, got.status, "%s %s", path, name)
			code, field := got.failure(t)
			assert.Equal(t, []string{"invalid_argument", word.Clip(name, 64)}, []string{code, field}, path)
			assert.Contains(t, string(got.body), right)
		}
	}
	got := b.call(t, http.MethodPost, "/v1/events?dry_run=true", strings.NewReader("{}"), "Authorization", b.key(t, identity.ScopeIngest))
	assert.Equal(t, http.StatusBadRequest, got.status)
	_, field := got.failure(t)
	assert.Equal(t, "dry_run", field, "an event must not count because a wish was not known")
}

func TestRESTAndRPCNameErrorsAlike(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.publish(t, "c1", "")
	for _, one := range []struct{ rest, procedure, message, code string }{
		{"/v1/leaderboards/none", "LeaderboardService/GetLeaderboard", `{"contestId":"none"}`, "not_found"},
		{"/v1/leaderboards/c1?around=1", "LeaderboardService/GetLeaderboard", `{"contestId":"c1","around":1}`, "invalid_argument"},
		{"/v1/leaderboards/c1?page_token=x", "LeaderboardService/GetLeaderboard", `{"contestId":"c1","pageToken":"x"}`, "invalid_argument"},
		{"/v1/leaderboards/c1?me=u", "LeaderboardService/GetLeaderboard", `{"contestId":"c1","me":"u"}`, "unauthenticated"},
	} {
		code, _ := b.get(t, one.rest).failure(t)
		assert.Equal(t, one.code, code, one.rest)
		rpc := b.call(t, http.MethodPost, "/rpc/laurel.v1."+one.procedure, strings.NewReader(one.message), "Content-Type", "application/json")
		assert.Contains(t, string(rpc.body), `"code":"`+one.code+`"`, one.message)
	}
}

// A token is a secret: no proxy may see it in a log of addresses, and no cache may keep it.
func TestTokensAreMintedByPostAndNotStored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const procedure = "/rpc/laurel.v1.PlayerService/MintPlayerToken"
	for _, key := range []string{b.key(t, identity.ScopePlayerTokens), "Bearer " + devKey} {
		got := b.get(t, procedure+"?encoding=json&connect=v1&message=%7B%22user_id%22%3A%22u%22%7D", "Authorization", key)
		assert.Equal(t, http.StatusMethodNotAllowed, got.status, "%s", got.body)
		got = b.call(t, http.MethodPost, procedure, strings.NewReader(`{"user_id":"u"}`), "Authorization", key, "Content-Type",
			"application/json")
		assert.Equal(t, http.StatusOK, got.status, "%s", got.body)
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	}
}

// TestBareVersionIsNoDoor asks for the path above the REST doors, which is told at once and not redirected.
func TestBareVersionIsNoDoor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/v1", "/v1/", "/v1/nothing"} {
		got := b.get(t, path)
		assert.Equal(t, http.StatusNotFound, got.status, path)
		assert.Contains(t, string(got.body), "there is no such door", path)
	}
}
