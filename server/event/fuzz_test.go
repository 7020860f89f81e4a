package event_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/server/event"
)

// FuzzDecodeJSON holds the reader to its promises on any body: no panic, one of event and problem, bounded words, and the same answer twice.
func FuzzDecodeJSON(f *testing.F) {
	f.Add(example(f, "event-game.json"))
	f.Add(example(f, "event-wallet.json"))
	for _, body := range []string{
		`{"events":[{"event_id":"e1","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"},{"event_id":""}]}`,
		`{"event_id":"e","event_id":"f"}`, `{"bet":{"amount_minor":NaN}}`, `{"bet":{"amount_minor":1e400}}`, `{"bet":{"amount_minor":9223372036854775808}}`,
		`{"event_id":""}`, `{"name":"rund_end"}`, `{"ts":"9999-12-31T23:59:59Z"}`, "{\"event_id\":\"\xff\"}", `{"payload":{"a":[1,{"b":null}],"c":"\u0000"}}`, `[]`, ``,
	} {
		f.Add([]byte(body))
	}
	r := registry(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		results, single, err := event.DecodeJSON(body)
		again, _, _ := event.DecodeJSON(body)
		require.Len(t, again, len(results))
		if err != nil {
			var problem *event.Problem
			require.ErrorAs(t, err, &problem)
			bounded(t, problem)
			require.Empty(t, results)
			return
		}
		require.NotEmpty(t, results)
		require.LessOrEqual(t, len(results), event.MaxBatch)
		require.True(t, !single || len(results) == 1)
		for i, result := range results {
			require.True(t, (result.Event == nil) != (result.Problem == nil))
			require.LessOrEqual(t, len(result.EventID), 256)
			if result.Problem != nil {
				bounded(t, result.Problem)
				continue
			}
			if problem := r.Normalise(result.Event, now, futureLimit); problem != nil {
				bounded(t, problem)
				continue
			}
			require.Nil(t, r.Normalise(again[i].Event, now, futureLimit))
			require.True(t, proto.Equal(result.Event, again[i].Event))
			require.Equal(t, event.ContentHash(result.Event), event.ContentHash(again[i].Event))
		}
	})
}
