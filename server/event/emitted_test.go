package event_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// TestEmittedIDIsFixed pins the ids: journals hold them, and one that came out differently would score again.
func TestEmittedIDIsFixed(t *testing.T) {
	t.Parallel()
	require.Equal(t, "laurel:5468af1fa581182a5f67080589236a0b", event.EmittedID(&laurelv1.Event{EventId: "e1"}, "", "u1"))
	require.Equal(t, "laurel:ebc89df92b3713c4c1ded372ff5452d6", event.EmittedID(nil, "c", "snapshot/7/place/1"))
	require.NotEqual(t, event.EmittedID(&laurelv1.Event{EventId: "e1"}, "", "u1"),
		event.EmittedID(&laurelv1.Event{EventId: "e1", Source: "provider"}, "", "u1"))
}

func TestEmittedIDsDifferWhenAnyPartDoes(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"", "a", "b", "ab", "aa", "\x01a", "\x00", "\x01"})
	rapid.Check(t, func(t *rapid.T) {
		var left, right [4]string
		for i := range left {
			left[i], right[i] = part.Draw(t, "left"), part.Draw(t, "right")
		}
		of := func(parts [4]string) string {
			return event.EmittedID(&laurelv1.Event{EventId: parts[0], Source: parts[3]}, parts[1], parts[2])
		}
		id := of(left)
		require.Equal(t, left == right, id == of(right))
		require.True(t, event.Reserved(id))
		require.Len(t, id, 39)
	})
	require.False(t, event.Reserved("Laurel:x"))
	require.False(t, event.Reserved("laurel"))
	require.False(t, event.Reserved(""))
}

func observation(units int64, at time.Time) *laurelv1.Event {
	return event.Observation{ContestID: "weekend", UserID: "u1", Snapshot: 7, Place: 1, Units: units, Market: "DE", Brand: "X", At: at}.Event()
}

func observed() *laurelv1.Event {
	return observation(-1<<53, now.Add(-time.Hour+1234*time.Nanosecond))
}

// TestRankObservedConforms holds the event against its own schema, with the marks taken away by which senders are refused.
func TestRankObservedConforms(t *testing.T) {
	t.Parallel()
	require.True(t, registry(t).Known("rank_observed"), "definitions may score it")
	source, err := os.ReadFile("schemas.yaml")
	require.NoError(t, err)
	open, err := event.ParseRegistry(bytes.ReplaceAll(source, []byte("internal: true"), []byte("internal: false")))
	require.NoError(t, err)
	e := observed()
	e.EventId, e.Source, e.Origin, e.SchemaVersion = "e", "", nil, ""
	before := proto.CloneOf(e)
	require.Nil(t, open.Normalise(e, now, futureLimit))
	require.Equal(t, observed().SchemaVersion, e.SchemaVersion, "the newest version")
	e.SchemaVersion = ""
	require.True(t, proto.Equal(before, e), "nothing is left to normalise")
	require.Equal(t, map[string]any{"contest_id": "weekend", "snapshot": 7.0, "place": 1.0, "units": -float64(1 << 53)}, e.Payload.AsMap())
}

func TestRankObservedGoesThroughTheJournal(t *testing.T) {
	t.Parallel()
	e := observed()
	require.Equal(t, event.EmittedID(nil, "weekend", "snapshot/7/place/1"), e.EventId)
	require.True(t, proto.Equal(&laurelv1.Origin{Definition: "weekend", Depth: 1}, e.Origin))
	body, hash := event.Content(nil, e)
	back, err := event.Decode(body)
	require.NoError(t, err)
	require.True(t, proto.Equal(e, back), "with its origin")
	require.Equal(t, hash, event.ContentHash(back))
	require.NotEqual(t, hash, event.ContentHash(observation(5, now)))
}

// TestInternalNamesAreNotOfferedToSenders: they may not send them, so no message may advise it.
func TestInternalNamesAreNotOfferedToSenders(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "rank_observe", "zzzzzzzzzzzz"} {
		e := round()
		e.Name = name
		require.NotContains(t, registry(t).Normalise(e, now, futureLimit).Error(), "rank_observed")
	}
	e := round()
	e.Name = "rank_observed"
	require.ErrorContains(t, registry(t).Normalise(e, now, futureLimit), "emitted by Laurel itself")
}
