package rule

import (
	"slices"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// hidden are the fields that formulas can't read: what makes an event one of its kind, when it was, what is personal and does not matter to
// points, and what holds others.
var hidden = []string{
	"event_id", "schema_version", "event_ts", "ingest_ts", "session_id", "trace_id", "origin", "source", "participants", "device.fingerprint",
	"device.ip", "device.user_agent",
	"user", "game", "bet", "win", "round", "device",
}

// TestFormulasReadEveryField sets each field to a value of its own and reads it by its name in formulas, alone and as the argument of a
// compiled filter.
func TestFormulasReadEveryField(t *testing.T) {
	t.Parallel()
	e := &laurelv1.Event{Payload: &structpb.Struct{Fields: map[string]*structpb.Value{"x": structpb.NewNumberValue(3)}}}
	for _, f := range event.Fields() {
		if f.Formula == "" {
			require.Contains(t, append([]string{payloadName}, hidden...), f.Path,
				"formulas can't read it: give its row a name in formulas, or list it here")
			continue
		}
		require.NotContains(t, hidden, f.Path)
		want, filter := setAside(t, e, f)
		a := &activation{event: e}
		got, found := a.ResolveName(f.Formula)
		require.True(t, found, f.Formula)
		require.Equal(t, want, got, f.Formula)

		e.Name = "laurel.v1.Event.name"
		for filter, want := range map[string]Outcome{filter: Counted, "!(" + filter + ")": Filter} {
			contest := contestOf("1", filter)
			contest.Scoring.Events = []string{e.Name}
			_, outcome, err := compile(t, contest).Score(e)
			require.NoError(t, err)
			require.Equal(t, want, outcome, filter)
		}
	}
	payload, found := (&activation{event: e}).ResolveName(payloadName)
	require.True(t, found)
	require.Same(t, e.Payload, payload)
}

// setAside gives a field of an event a value that no other field has, and returns it as formulas see it with a filter that asks for it.
func setAside(t *testing.T, e *laurelv1.Event, f *event.Field) (want any, filter string) {
	t.Helper()
	holder := e.ProtoReflect()
	if within := f.Descriptor.ContainingMessage(); within.FullName() != "laurel.v1.Event" {
		fields := holder.Descriptor().Fields()
		for i := range fields.Len() {
			if m := fields.Get(i).Message(); m != nil && !fields.Get(i).IsList() && m.FullName() == within.FullName() {
				holder = holder.Mutable(fields.Get(i)).Message()
				break
			}
		}
	}
	text := string(f.Descriptor.FullName())
	switch kind := f.Descriptor.Kind(); {
	case f.Descriptor.IsList():
		holder.Mutable(f.Descriptor).List().Append(protoreflect.ValueOfString(text))
		return []string{text}, `"` + text + `" in ` + f.Formula
	case kind == protoreflect.StringKind:
		holder.Set(f.Descriptor, protoreflect.ValueOfString(text))
		return types.String(text), f.Formula + ` == "` + text + `"`
	case kind == protoreflect.BoolKind:
		holder.Set(f.Descriptor, protoreflect.ValueOfBool(true))
		return types.True, f.Formula
	case kind == protoreflect.Int32Kind:
		holder.Set(f.Descriptor, protoreflect.ValueOfInt32(int32(100+f.Descriptor.Number())))
	case kind == protoreflect.Int64Kind:
		holder.Set(f.Descriptor, protoreflect.ValueOfInt64(int64(100+f.Descriptor.Number())))
	case kind == protoreflect.DoubleKind:
		holder.Set(f.Descriptor, protoreflect.ValueOfFloat64(float64(100+f.Descriptor.Number())))
	default:
		require.Fail(t, "no value", "for %s", f.Path)
	}
	number := types.Double(100 + f.Descriptor.Number())
	return number, f.Formula + " == " + string(number.ConvertToType(types.StringType).(types.String))
}

// TestWhatAnEventLacks has each variable of an event that carries nothing: an empty text, an empty list, false, or the reason why the event
// does not count.
func TestWhatAnEventLacks(t *testing.T) {
	t.Parallel()
	missing := map[string]Outcome{ // of other fields that may be unset it is MissingField
		"round.duration_ms": Duration, "bet.amount": NoStake, "bet.amount_minor": NoStake, "win.multiplier": NoStake,
	}
	for _, e := range []*laurelv1.Event{
		{}, {User: &laurelv1.User{}, Game: &laurelv1.Game{}, Round: &laurelv1.Round{}, Device: &laurelv1.Device{}},
	} {
		for _, v := range variables {
			a := &activation{event: e}
			got, found := a.ResolveName(v.name)
			require.True(t, found, v.name)
			outcome, lacks := missing[v.name]
			if !lacks && v.field != nil && v.field.Descriptor.HasPresence() {
				outcome, lacks = MissingField, true
			}
			if lacks {
				require.Equal(t, errMissing, got, v.name)
				require.Equal(t, outcome, a.missing, v.name)
				continue
			}
			require.Equal(t, Counted, a.missing, v.name)
			switch v.kind {
			case cel.StringType:
				require.Equal(t, types.String(""), got, v.name)
			case cel.DoubleType:
				require.Equal(t, types.Double(0), got, v.name)
			case cel.BoolType:
				require.Equal(t, types.False, got, v.name)
			}
			if slices.Contains([]string{"user.risk_flags", payloadName}, v.name) {
				require.Empty(t, got)
			}
		}
	}
	_, found := (&activation{event: &laurelv1.Event{}}).ResolveName("device.ip")
	require.False(t, found)
}
