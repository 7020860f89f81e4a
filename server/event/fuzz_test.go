package event_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// FuzzDecodeJSON holds the reader to its promises on any body: no panic, one of event and problem, bounded words, and the same answer
// twice.
func FuzzDecodeJSON(f *testing.F) {
	f.Add(example(f, "event-game.json"))
	f.Add(example(f, "event-wallet.json"))
	for _, body := range []string{
		`{"events":[{"event_id":"e1","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"},{"event_id":""}]}`,
		`{"event_id":"e","event_id":"f"}`, `{"bet":{"amount_minor":NaN}}`, `{"bet":{"amount_minor":1e400}}`,
		`{"bet":{"amount_minor":9223372036854775808}}`,
		`{"event_id":""}`, `{"name":"rund_end"}`, `{"ts":"9999-12-31T23:59:59Z"}`, "{\"event_id\":\"\xff\"}",
		`{"payload":{"a":[1,{"b":null}],"c":"\u0000"}}`, `[]`, ``,
		`{"participants":[{"user_id":"a","user":{"id":"a","payer":true},"bet":{"amount_minor":1},"win":{},"payload":{"x":[null]}},{"user":null}]}`,
		`{"event_id":"e","name":"match_result","ts":"2025-10-25T18:00Z","user_id":"u","participants":[{"user_id":"u","payload":{"score":1}},{"user_id":"v","payload":{"score":2}}]}`,
		`{"participants":[{"participants[0]":1}]}`, `{"participants":[{"colour":1e`, `{"participants":{}}`, `{"origin":null}`,
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

// FuzzNormalise takes an event from the protobuf doors: whatever it holds, it is refused in bounded words or stays as it is when checked
// again, and each of its players gets an event that the journal can hold and the fold can read.
func FuzzNormalise(f *testing.F) {
	for _, e := range []*laurelv1.Event{round(), match(), {}, {Participants: []*laurelv1.Participant{{}, {}}}} {
		body, err := proto.Marshal(e)
		require.NoError(f, err)
		f.Add(body)
	}
	r := registry(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &laurelv1.Event{}
		if proto.Unmarshal(body, e) != nil {
			return
		}
		if problem := r.Normalise(e, now, futureLimit); problem != nil {
			bounded(t, problem)
			return
		}
		again := proto.CloneOf(e)
		require.Nil(t, r.Normalise(again, now, futureLimit))
		require.True(t, proto.Equal(e, again))
		for i := range e.Participants {
			own := event.Deliver(e, i)
			content, _ := event.Content(nil, own)
			back, err := event.Decode(content)
			require.NoError(t, err)
			require.True(t, proto.Equal(own, back))
		}
		require.True(t, proto.Equal(e, again), "delivering changes nothing")
	})
}
