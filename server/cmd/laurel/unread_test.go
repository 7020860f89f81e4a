package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
)

const (
	oddContest = "kind: Contest\nid: odd\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z, tz: UTC}\n" +
		"scoring: {formula: \"win.amount / bet.amount * 100\"}\nleaderboard: {type: sum}\n"
	convertedContest = "kind: Contest\nid: converted\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-26T19:00Z, tz: UTC}\n" +
		"scoring: {formula: bet.amount, currency: USD, rates: fed}\nleaderboard: {type: sum}\n---\n" +
		"kind: ExchangeRates\nid: fed\nbase: USD\ndays: [{date: 2025-10-26, rates: [{currency: EUR, rate: 1.1}]}]\n"
)

// TestOperatorsAreToldWhatCantBeReadAndWhatHasNoRate starts a server on a contest that an earlier version of Laurel published, beside one
// whose rates lack a day, and goes through the places that tell of it, up to the version that mends it.
func TestOperatorsAreToldWhatCantBeReadAndWhatHasNoRate(t *testing.T) {
	t.Parallel()
	url, definitions, none := "sqlite:"+filepath.Join(t.TempDir(), "laurel.db"), t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"odd.yaml": oddContest, "converted.yaml": convertedContest} {
		require.NoError(t, os.WriteFile(filepath.Join(definitions, name), []byte(text), 0o600))
	}
	settings := func(rules string) []string {
		return []string{"LAUREL_DATABASE_URL=" + url, "LAUREL_RULES=" + rules, "LAUREL_CLOCK=event", "LAUREL_DEV_API_KEY=k"}
	}
	checked, err := runVerb(t, nil, "rules", "check", filepath.Join(definitions, "converted.yaml"))
	require.NoError(t, err)
	require.Contains(t, checked, "Warning: the rate table fed has no rate of EUR on 2025-10-25, days of the contest; "+
		"events of a day without a rate")
	server := launch(t, settings(definitions), "dev")
	w := newWeb(t, server.url(t), "k")
	shows := func(contestID string, want []boardRow) {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			rows, _ := w.wholeBoard(t, contestID)
			assert.Equal(c, want, rows)
		}, patience, waitStep)
	}
	send := func(id, ts string) {
		got := w.post(t, spinAt(id, ts, 100, "u1"))
		require.Equal(t, http.StatusAccepted, got.status, got.body)
	}
	send("1", "2025-10-25T18:01:00Z")
	shows("odd", []boardRow{{1, "u1", "100"}})
	server.stop(t)
	onDisk(t, url, func(s *store.Store) {
		_, err := s.Write().ExecContext(t.Context(), "INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by, "+
			"open_seq) SELECT kind, def_id, 2, 'old', replace(yaml, 'tz: UTC', 'tz: right/UTC'), published_at, published_by, open_seq FROM "+
			"definition WHERE def_id = 'odd'")
		require.NoError(t, err)
		_, err = s.Write().ExecContext(t.Context(), "UPDATE contest SET version = 2 WHERE id = 'odd'")
		require.NoError(t, err)
	})
	said, err := runVerb(t, settings(none), "verify", "boards")
	require.ErrorContains(t, err, "can't read some contests")
	require.Contains(t, said, `odd: standings are not compared with the journal: this version of Laurel can't read Contest odd version 2: line `)
	require.Contains(t, said, "converted: 0 players, standings equal the journal")

	server = launch(t, settings(none), "dev")
	w = newWeb(t, server.url(t), "k")
	send("2", "2025-10-25T18:02:00Z")
	send("3", "2025-10-26T18:03:00Z")
	shows("converted", []boardRow{{1, "u1", "1.1"}})
	shows("odd", []boardRow{{1, "u1", "100"}})
	require.Equal(t, http.StatusOK, w.get(t, "/readyz").status)
	metrics := w.get(t, "/metrics").body
	require.Contains(t, metrics, "laurel_definitions_unread 1\n")
	require.Contains(t, metrics, `laurel_events_without_rate_total{contest="converted"} 1`+"\n")
	ask := func(procedure, body string) (answer map[string]any) {
		got, err := w.call(t.Context(), http.MethodPost, "/rpc/laurel.v1."+procedure, body, "")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.NoError(t, json.Unmarshal([]byte(got.body), &answer))
		return answer
	}
	pulse := ask("TelemetryService/GetPulse", "{}")
	require.Equal(t, []any{map[string]any{"contestId": "converted", "events": "1"}}, pulse["withoutRate"])
	require.Len(t, pulse["unread"], 1)
	contest := ask("ContestService/GetContest", `{"id":"odd"}`)
	require.Contains(t, contest["unreadable"], `window.tz: "right/UTC" is not a known time zone`)
	require.Contains(t, contest["contest"], "pausedAt")
	require.NotContains(t, fmt.Sprint(contest), "CONTEST_STATE_CLOSING", "its end has passed, and it stands where it stood")

	good, err := json.Marshal(map[string]string{"yaml": strings.Replace(oddContest, "T19:00Z", "T23:00Z", 1)})
	require.NoError(t, err)
	got, err := w.call(t.Context(), http.MethodPost, "/rpc/laurel.v1.CatalogService/PublishDefinition", string(good), "")
	require.NoError(t, err)
	require.Contains(t, got.body, "window.end: must be to come, or stay 2025-10-25T19:00:00Z")
	good, err = json.Marshal(map[string]string{"yaml": oddContest})
	require.NoError(t, err)
	ask("CatalogService/PublishDefinition", string(good))
	contest = ask("ContestService/GetContest", `{"id":"odd"}`)
	require.NotContains(t, contest, "unreadable")
	require.Len(t, contest["pauses"], 1)
	require.Contains(t, w.get(t, "/metrics").body, "laurel_definitions_unread 0\n")
	server.stop(t)
	_, err = runVerb(t, settings(none), "verify", "boards")
	require.NoError(t, err)
}
