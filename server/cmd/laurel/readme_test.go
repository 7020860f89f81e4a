package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/client"
)

// TestReadmeIsTrue does what the README says to do once the server is up, the commands word for word.
func TestReadmeIsTrue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	require.NoError(t, err)
	at := startServer(t, "real", nil)
	block := func(holds string) string {
		t.Helper()
		for _, found := range regexp.MustCompile("(?s)```(?:sh|yaml)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(found[1], holds) {
				return strings.ReplaceAll(found[1], "http://127.0.0.1:8080", at)
			}
		}
		require.Fail(t, "the README has no block with "+holds)
		return ""
	}
	noted, event := block("ended="), block("/v1/events")
	const later = "date() { echo 2026-01-02T00:00:00Z; }\n"
	run := func(script string) string {
		t.Helper()
		printed, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
		require.NoError(t, err, "curl is needed: apt-get install curl")
		return string(printed)
	}
	answers := run(noted + event + later + event + noted + event)
	require.Equal(t, 2, strings.Count(answers, " 202 Accepted"), "sent again: %s", answers)
	require.Equal(t, 1, strings.Count(answers, " 409 Conflict"), "another content: %s", answers)

	server := client.Server{URL: at, Key: "k"}
	catalog := laurelv1connect.NewCatalogServiceClient(server.HTTP(), server.RPC())
	_, err = catalog.PublishDefinition(t.Context(), &laurelv1.PublishDefinitionRequest{Yaml: block("kind: Contest")})
	require.NoError(t, err)
	require.Contains(t, run(later+noted+strings.ReplaceAll(event, `"e_1"`, `"e_2"`)), " 202 Accepted")
	require.Eventually(t, func() bool {
		var board struct {
			Total int `json:"total"`
		}
		return json.Unmarshal([]byte(run(block("/v1/leaderboards"))), &board) == nil && board.Total == 1
	}, patience, 50*time.Millisecond)
}
