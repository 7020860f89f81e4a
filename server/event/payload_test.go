package event_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/event"
)

// TestLongPayloadIsGivenUpEarly sends a payload of two million zeros, which would take 180 MB as values.
func TestLongPayloadIsGivenUpEarly(t *testing.T) {
	t.Parallel()
	body := `{"event_id":"e","name":"login","ts":"2025-10-25T18:00Z","user_id":"u","payload":{"zeros":[0` + strings.Repeat(",0", 2_000_000) +
		`]}}`
	results, single, err := event.DecodeJSON([]byte(body))
	require.NoError(t, err)
	require.True(t, single)
	require.Equal(t, "payload", results[0].Problem.Field)
	require.Contains(t, results[0].Problem.Message, "65536 bytes of JSON")
}
