package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStandbyWithoutRedis runs two servers with boards of their own on one Postgres. The second never gets a batch while the first folds:
// what it shows comes from the database, and says so, until it folds itself.
func TestStandbyWithoutRedis(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, postgres(t).URL("postgres"), "")
	first := in.serve(t)
	folder := newWeb(t, first.url(t), in.key)
	shows := func(w *web, players int, stale bool) {
		t.Helper()
		require.Eventually(t, func() bool {
			page := w.board(t, "kill_sum", "top=5")
			return len(page.Top) == players && page.Stale == stale
		}, patience, waitStep)
	}
	play := func(w *web, player int) {
		t.Helper()
		got := w.post(t, fmt.Sprintf(`{"event_id":"standby-%d","event_name":"round_end","ts":"2025-06-01T00:00:01Z","user_id":"u%d","market":"DE","brand":"X",
			"game":{"id":"g_1","provider":"Hacksaw"},"bet":{"amount_minor":100,"currency":"EUR"},"win":{"amount_minor":100,"currency":"EUR"},
			"round":{"id":"r-%d","state":"ended","duration_ms":1000}}`, player, player, player))
		require.Equal(t, http.StatusAccepted, got.status, got.body)
	}
	play(folder, 1)
	shows(folder, 1, false)

	second := newWeb(t, in.serve(t).url(t), in.key)
	shows(second, 1, true)
	play(second, 2)
	shows(folder, 2, false)
	shows(second, 2, true)

	first.kill()
	play(second, 3)
	shows(second, 3, false)
}
