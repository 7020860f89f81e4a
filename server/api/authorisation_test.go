package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/laurelhq/laurel/server/identity"
)

// who may call what, written down a second time: one letter a kind of caller.
//
//   - anonymous  p player  i ingest key  r read key  k admin key  m key that mints tokens
//     V viewer  O operator  R reviewer  F finance  A admin
var mayCall = map[string]string{
	"IngestService/Ingest":                  "i",
	"IngestService/IngestStream":            "i",
	"IngestService/ListConflicts":           "kORA",
	"IngestService/ListDeadLetters":         "kORA",
	"CatalogService/CheckDefinition":        "rkVORFA",
	"CatalogService/PublishDefinition":      "kOA",
	"CatalogService/ListDefinitions":        "rkVORFA",
	"CatalogService/ListDefinitionVersions": "rkVORFA",
	"CatalogService/GetDefinition":          "rkVORFA",
	"ContestService/ListContests":           "-pirkmVORFA",
	"ContestService/GetContest":             "rkVORFA",
	"LeaderboardService/GetLeaderboard":     "-pirkmVORFA",
	"LeaderboardService/ExplainOrder":       "rkVORFA",
	"LeaderboardService/ListSnapshots":      "-pirkmVORFA",
	"LeaderboardService/GetSnapshot":        "-pirkmVORFA",
	"PlayerService/SetPublicName":           "kOA",
	"PlayerService/MintPlayerToken":         "mOA",
	"OperatorService/SignIn":                "-pirkmVORFA",
	"OperatorService/GetSession":            "VORFA",
	"OperatorService/CreateApiKey":          "A",
	"OperatorService/ListApiKeys":           "A",
	"OperatorService/RevokeApiKey":          "A",
	"TelemetryService/GetPulse":             "rkVORFA",
	// Last, since it ends the sessions above.
	"OperatorService/SignOut": "-pirkmVORFA",
}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	callers := map[string][]string{
		"-": nil,
		"p": {"Authorization", b.player(t, "u_1")},
		"i": {"Authorization", b.key(t, identity.ScopeIngest)},
		"r": {"Authorization", b.key(t, identity.ScopeRead)},
		"k": {"Authorization", b.key(t, identity.ScopeAdmin)},
		"m": {"Authorization", b.key(t, identity.ScopePlayerTokens)},
	}
	for letter, role := range map[string]identity.Role{
		"V": identity.RoleViewer, "O": identity.RoleOperator, "R": identity.RoleReviewer, "F": identity.RoleFinance, "A": identity.RoleAdmin,
	} {
		callers[letter] = []string{"Cookie", b.operator(t, role), "Sec-Fetch-Site", "same-origin"}
	}
	for procedure, allowed := range mayCall {
		if procedure == "OperatorService/SignOut" {
			continue
		}
		for letter, headers := range callers {
			kind, body := "application/json", "{}"
			if strings.HasSuffix(procedure, "Stream") {
				kind, body = "application/connect+json", ""
			}
			for _, prefix := range []string{"/rpc/laurel.v1.", "/laurel.v1."} {
				got := b.call(t, http.MethodPost, prefix+procedure, strings.NewReader(body), append(headers, "Content-Type", kind)...)
				text := string(got.body)
				refused := strings.Contains(text, `"code":"unauthenticated"`) || strings.Contains(text, `"code":"permission_denied"`)
				assert.Equal(t, strings.Contains(allowed, letter), !refused, "%s%s as %s: %d %s", prefix, procedure, letter, got.status, text)
				if refused && letter == "-" {
					assert.Contains(t, text, "unauthenticated", "%s: somebody unknown is asked to sign in", procedure)
				}
				if refused && letter != "-" {
					assert.Contains(t, text, "permission_denied", "%s as %s", procedure, letter)
				}
			}
		}
	}
}

func TestWrongCredentialIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.publish(t, "c1", "")
	for _, path := range []string{"/v1/leaderboards/c1", "/v1/tournaments"} {
		got := b.get(t, path, "Authorization", "Bearer lk_nobody_nothing")
		assert.Equal(t, http.StatusUnauthorized, got.status, "a wrong credential never falls back to anonymous")
		assert.Equal(t, `Bearer realm="laurel"`, got.header.Get("WWW-Authenticate"))
		code, _ := got.failure(t)
		assert.Equal(t, "unauthenticated", code)
	}
	got := b.call(t, http.MethodPost, "/rpc/laurel.v1.ContestService/ListContests", strings.NewReader("{}"),
		"Authorization", "Bearer lk_nobody_nothing", "Content-Type", "application/json")
	assert.Equal(t, http.StatusUnauthorized, got.status)
}

func TestCookieOfAnotherSitesPageCountsForNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cookie := b.operator(t, identity.RoleAdmin)
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"},
	} {
		headers = append(headers, "Cookie", cookie, "Content-Type", "application/json")
		got := b.call(t, http.MethodPost, "/rpc/laurel.v1.OperatorService/ListApiKeys", strings.NewReader("{}"), headers...)
		assert.Equal(t, http.StatusForbidden, got.status, "%v %s", headers, got.body)
		got = b.get(t, "/rpc/laurel.v1.OperatorService/ListApiKeys?encoding=json&message=%7B%7D", headers...)
		assert.Equal(t, http.StatusUnauthorized, got.status, "%v %s", headers, got.body)
	}
	got := b.call(t, http.MethodPost, "/rpc/laurel.v1.OperatorService/ListApiKeys", strings.NewReader("{}"), "Cookie", cookie, "Content-Type",
		"application/json")
	assert.Equal(t, http.StatusOK, got.status)
}

func TestRESTDoorsAskForTheSameRights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := func(headers ...string) int {
		return b.call(t, http.MethodPost, "/v1/events", strings.NewReader("{}"), headers...).status
	}
	assert.Equal(t, http.StatusUnauthorized, post())
	assert.Equal(t, http.StatusForbidden, post("Authorization", b.player(t, "u_1")))
	assert.Equal(t, http.StatusForbidden, post("Authorization", b.key(t, identity.ScopeRead)))
	assert.Equal(t, http.StatusForbidden, post("Cookie", b.operator(t, identity.RoleAdmin)))
	assert.Equal(t, http.StatusBadRequest, post("Authorization", b.key(t, identity.ScopeIngest)))
}
