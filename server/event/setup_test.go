package event_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// now is the server's clock in these tests, shortly after both example events.
var now = time.Date(2025, 11, 24, 12, 0, 0, 0, time.UTC)

const futureLimit = 5 * time.Minute

func registry(t testing.TB) *event.Registry {
	t.Helper()
	r, err := event.NewRegistry()
	require.NoError(t, err)
	return r
}

func example(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return body
}

// decodeOne reads one event that must be readable.
func decodeOne(t testing.TB, body string) *laurelv1.Event {
	t.Helper()
	results, single, err := event.DecodeJSON([]byte(body))
	require.NoError(t, err)
	require.True(t, single)
	require.Len(t, results, 1)
	require.Nil(t, results[0].Problem, "%v", results[0].Problem)
	return results[0].Event
}

// decodeResult reads one event of a body that is a single one.
func decodeResult(t testing.TB, body string) event.Result {
	t.Helper()
	results, single, err := event.DecodeJSON([]byte(body))
	require.NoError(t, err)
	require.True(t, single)
	return results[0]
}

// accept reads one event and normalises it; the problem of either step is returned.
func accept(t testing.TB, body string) (*laurelv1.Event, *event.Problem) {
	t.Helper()
	results, _, err := event.DecodeJSON([]byte(body))
	if err != nil {
		var problem *event.Problem
		require.ErrorAs(t, err, &problem)
		return nil, problem
	}
	require.Len(t, results, 1)
	if results[0].Problem != nil {
		return nil, results[0].Problem
	}
	return results[0].Event, registry(t).Normalise(results[0].Event, now, futureLimit)
}

// fill gives every field of a message a value, so that a test notices a field that was added to the contract and forgotten in the code.
func fill(t testing.TB, m protoreflect.Message) {
	t.Helper()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.FullName() == "laurel.v1.Participant.payload", field.FullName() == "laurel.v1.Event.payload":
			payload, err := structpb.NewStruct(map[string]any{string(field.FullName()): 1, "both": string(field.FullName())})
			require.NoError(t, err)
			m.Set(field, protoreflect.ValueOfMessage(payload.ProtoReflect()))
		case field.IsList() && field.Message() != nil:
			element := m.Mutable(field).List().AppendMutable()
			fill(t, element.Message())
		case field.IsList():
			m.Mutable(field).List().Append(filled(t, field))
		case field.Message() != nil:
			fill(t, m.Mutable(field).Message())
		default:
			m.Set(field, filled(t, field))
		}
	}
}

func filled(t testing.TB, field protoreflect.FieldDescriptor) protoreflect.Value {
	t.Helper()
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(string(field.FullName()))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(1)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(1)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(1.5)
	default:
		require.Fail(t, "no value for", "%s of kind %s", field.FullName(), field.Kind())
		return protoreflect.Value{}
	}
}

// match is a small valid event that names two players.
func match() *laurelv1.Event {
	e := round()
	e.Participants = []*laurelv1.Participant{
		{User: &laurelv1.User{Id: "u1"}, Win: &laurelv1.Win{AmountMinor: 500}},
		{User: &laurelv1.User{Id: "u2"}, Bet: &laurelv1.Bet{AmountMinor: 300, Currency: "JPY"}, Win: &laurelv1.Win{AmountMinor: 7}},
	}
	return e
}

// round is a small valid event.
func round() *laurelv1.Event {
	return &laurelv1.Event{
		EventId: "e1", Name: "round_end", EventTs: timestamppb.New(now.Add(-time.Minute)),
		User: &laurelv1.User{Id: "u1"},
		Game: &laurelv1.Game{Id: "g_77", Provider: "PragmaticPlay", Type: "slots"},
		Bet:  &laurelv1.Bet{AmountMinor: 100, Currency: "EUR"},
		Win:  &laurelv1.Win{AmountMinor: 250},
	}
}
