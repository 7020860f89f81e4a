package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestTextThatPostgresCannotHold sends the NUL character and broken UTF-8 wherever text goes in: SQLite holds both, Postgres neither, and
// the caller is told which field is wrong on either.
func TestTextThatPostgresCannotHold(t *testing.T) {
	t.Parallel()
	b := setupOn(t, storetest.Open(t, store.Postgres))
	b.publish(t, "sprint", "")
	const nul = `a\u0000b`
	for procedure, body := range map[string]string{
		"OperatorService/SignIn":              `{"name":"` + nul + `","password":"correct horse"}`,
		"OperatorService/RevokeApiKey":        `{"id":"` + nul + `"}`,
		"OperatorService/CreateApiKey":        `{"name":"` + nul + `","scopes":["read"]}`,
		"LeaderboardService/GetLeaderboard":   `{"contest_id":"sprint","me":"` + nul + `"}`,
		"LeaderboardService/ExplainOrder":     `{"contest_id":"sprint","user_a":"` + nul + `","user_b":"u_1"}`,
		"LeaderboardService/GetSnapshot":      `{"contest_id":"` + nul + `","number":"1"}`,
		"PlayerService/SetPublicName":         `{"user_id":"` + nul + `","public_name":"Ada"}`,
		"PlayerService/MintPlayerToken":       `{"user_id":"` + nul + `"}`,
		"CatalogService/GetDefinition":        `{"kind":"Contest","id":"` + nul + `"}`,
		"CatalogService/ListDefinitions":      `{"kind":"` + nul + `"}`,
		"ContestService/ListContests":         `{"market":"` + nul + `"}`,
		"LeaderboardService/ListSnapshots":    `{"contest_id":"` + nul + `"}`,
		"ContestService/GetContest":           `{"id":"` + nul + `"}`,
		"OperatorService/SignIn?its=password": `{"name":"a","password":"` + nul + `"}`,
	} {
		who := "Bearer " + devKey
		headers := []string{"Content-Type", "application/json", "Authorization", who}
		if strings.Contains(procedure, "ApiKey") {
			headers = []string{"Content-Type", "application/json", "Cookie", b.operator(t, "admin"), "Sec-Fetch-Site", "same-origin"}
		}
		got := b.call(t, http.MethodPost, "/rpc/laurel.v1."+procedure, strings.NewReader(body), headers...)
		assert.Equal(t, http.StatusBadRequest, got.status, "%s: %s", procedure, got.body)
		assert.Contains(t, string(got.body), "NUL", procedure)
	}
	for _, query := range []string{"me=%ff%fe", "me=%00", "page_token=%ff"} {
		got := b.get(t, "/v1/leaderboards/sprint?"+query, "Authorization", "Bearer "+devKey)
		assert.Equal(t, http.StatusBadRequest, got.status, query)
		_, field := got.failure(t)
		assert.Equal(t, strings.Split(query, "=")[0], field)
	}
	for method, status := range map[string]int{"CheckDefinition": http.StatusOK, "PublishDefinition": http.StatusBadRequest} {
		got := b.call(t, http.MethodPost, "/rpc/laurel.v1.CatalogService/"+method, strings.NewReader(`{"yaml":"kind: Contest\nid: `+nul+`"}`),
			"Content-Type", "application/json", "Authorization", "Bearer "+devKey)
		assert.Equal(t, status, got.status, "%s: %s", method, got.body)
		assert.Contains(t, string(got.body), "control characters are not allowed", "the line is told by the reader of YAML")
	}
	strange := "Bearer lk_\xff\xfe" + strings.Repeat("a", 14) + "_" + strings.Repeat("b", 52)
	assert.Equal(t, http.StatusUnauthorized, b.get(t, "/v1/leaderboards/sprint", "Authorization", strange).status)
	assert.NotContains(t, b.log.String(), "request failed")
}

// TestQueryThatCannotBeRead is refused: reading what is left of it would be a default that nobody asked for.
func TestQueryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.publish(t, "sprint", "")
	for _, query := range []string{"top=%zz", "top=5;around=1", "me=u_1;top=3"} {
		got := b.get(t, "/v1/leaderboards/sprint?"+query)
		assert.Equal(t, http.StatusBadRequest, got.status, query)
		code, _ := got.failure(t)
		assert.Equal(t, "invalid_argument", code)
		assert.Contains(t, string(got.body), "query", query)
	}
}
