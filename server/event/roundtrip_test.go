package event_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// written is an event as some sender writes it: each field under one of its names, in any order.
func written(t *rapid.T, e *laurelv1.Event) string {
	objects := map[string][]string{"": nil}
	put := func(path, value string) {
		object, name := "", path
		if at := strings.LastIndexByte(path, '.'); at >= 0 {
			object, name = path[:at], path[at+1:]
		}
		objects[object] = append(objects[object], strconv.Quote(name)+":"+value)
	}
	for _, f := range event.Fields() {
		if f.Descriptor.Message() != nil && !f.Descriptor.IsList() && f.Of(e) == nil && e.ProtoReflect().Has(f.Descriptor) {
			objects[f.Path] = nil // an object with nothing in it is there too
			continue
		}
		if text := valueOf(t, e, f); text != "" {
			put(rapid.SampledFrom(event.Names(f.Path)).Draw(t, f.Path+" as"), text)
		}
	}
	for _, object := range slices.Sorted(maps.Keys(objects)) {
		if object != "" {
			objects[""] = append(objects[""], strconv.Quote(object)+":"+joined(t, objects[object]))
		}
	}
	return joined(t, objects[""])
}

// joined is an object of members in any order.
func joined(t *rapid.T, members []string) string {
	return "{" + strings.Join(rapid.Permutation(members).Draw(t, "order"), ",") + "}"
}

// valueOf is the JSON of a field; empty when the event has none.
func valueOf(t *rapid.T, e *laurelv1.Event, f *event.Field) string {
	asJSON := func(value any) string {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		return string(text)
	}
	switch at := f.Of(e).(type) {
	case *[]*laurelv1.Participant:
		var list []string
		for _, p := range *at {
			list = append(list, written(t, &laurelv1.Event{User: p.User, Bet: p.Bet, Win: p.Win, Payload: p.Payload}))
		}
		if list == nil {
			return ""
		}
		return "[" + strings.Join(list, ",") + "]"
	case *string:
		if *at == "" {
			return ""
		}
		return asJSON(*at)
	case *[]string:
		if len(*at) == 0 {
			return ""
		}
		return asJSON(*at)
	}
	holder, field := value(e, f.Path)
	switch {
	case !holder.IsValid() || !holder.Has(field):
		return ""
	case f.Path == "event_ts":
		return asJSON(e.EventTs.AsTime())
	case f.Path == "payload":
		return asJSON(e.Payload.AsMap())
	case field.Kind() == protoreflect.DoubleKind: // as many digits as it needs, in one of the ways to write them
		format := rapid.SampledFrom([]byte{'f', 'e', 'g'}).Draw(t, "format")
		return strconv.FormatFloat(holder.Get(field).Float(), format, -1, 64)
	default:
		return asJSON(holder.Get(field).Interface())
	}
}

// TestEventsAreReadAsTheyAreWritten writes events in one form after the other: they are read as what they are, and what the journal has of
// both forms is the same.
func TestEventsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	r, kept := registry(t).In(published), 0
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		if rapid.IntRange(0, 3).Draw(t, "small") > 0 { // most of those are fit
			whole, small := e.ProtoReflect(), round().ProtoReflect()
			fields := whole.Descriptor().Fields()
			if field := fields.Get(rapid.IntRange(0, fields.Len()-1).Draw(t, "field")); whole.Has(field) {
				small.Set(field, whole.Get(field))
			}
			e = small.Interface().(*laurelv1.Event)
		}
		e.Origin = nil
		if rapid.Bool().Draw(t, "payload") {
			e.Payload = number(rapid.Float64Range(-1<<53, 1<<53).Draw(t, "x"))
		}
		if multiplier := e.Win.GetMultiplier(); multiplier-multiplier != 0 {
			e.Win.Multiplier = nil // JSON has no way to write it
		}
		fit := r.Normalise(proto.CloneOf(e), now, futureLimit) == nil
		one, other := event.Result{}, event.Result{}
		for _, into := range []*event.Result{&one, &other} {
			results, single, err := event.DecodeJSON([]byte(written(t, e)))
			require.NoError(t, err)
			require.True(t, single)
			*into = results[0]
		}
		require.Equal(t, one.Problem == nil, other.Problem == nil)
		if one.Problem != nil {
			require.False(t, fit, "%v", one.Problem)
			return
		}
		require.True(t, proto.Equal(e, one.Event), "wrote %v, read %v", e, one.Event)
		require.True(t, proto.Equal(one.Event, other.Event))
		if fit {
			kept++
			require.Nil(t, r.Normalise(one.Event, now, futureLimit))
			body, hash := event.Content(nil, one.Event)
			back, err := event.Decode(body)
			require.NoError(t, err)
			again, same := event.Content(nil, back)
			require.Equal(t, body, again)
			require.Equal(t, hash, same)
			require.Nil(t, r.Normalise(other.Event, now, futureLimit))
			require.Equal(t, hash, event.ContentHash(other.Event))
		}
	})
	require.Positive(t, kept)
}

// TestNamesMayBeEscaped writes names as JSON lets them be written, which no sender does and a reader must know.
func TestNamesMayBeEscaped(t *testing.T) {
	t.Parallel()
	plain := decodeOne(t, `{"event_id":"e1","game":{"id":"g"},"payload":{"a":1}}`)
	require.True(t, proto.Equal(plain, decodeOne(t, `{"\u0065vent_id":"e1","g\u0061me":{"\u0069d":"g"},"payload":{"\u0061":1}}`)))
	results, single, err := event.DecodeJSON([]byte(`{"\u0065vents":[{"event_id":"e1"}]}`))
	require.NoError(t, err)
	require.False(t, single)
	require.Equal(t, "e1", results[0].Event.EventId)
	_, _, err = event.DecodeJSON([]byte(`{"events":[{"event_id":"e1"}],"\u0065vents":[]}`))
	require.ErrorContains(t, err, "only once")
	require.Equal(t, `a"b`, decodeResult(t, `{"a\"b":1}`).Problem.Field)
}
