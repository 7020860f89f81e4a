package event_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// samples are values of fields that take only some, as they are sent; the others take one of their kind.
var samples = map[string]string{
	"event_id": `"e9"`, "name": `"round_end"`, "schema_version": `"1"`, "event_ts": `"2025-10-25T18:00:00.000001Z"`, "bet.currency": `"JPY"`,
	"win.currency": `"JPY"`,
	"device.ip":    `"203.0.113.24"`, "payload": `{"a":1}`, "participants": `[{"user_id":"u1"},{"user_id":"u2"}]`,
	"ingest_ts": `"2025-10-25T18:00:00Z"`, "origin": `{}`, "user": `{}`, "game": `{}`, "bet": `{}`, "win": `{}`, "round": `{}`, "device": `{}`,
}

func sample(t testing.TB, f *event.Field) string {
	t.Helper()
	if text, special := samples[f.Path]; special {
		return text
	}
	text := map[protoreflect.Kind]string{
		protoreflect.StringKind: `"x"`, protoreflect.BoolKind: `true`, protoreflect.Int32Kind: `7`, protoreflect.Int64Kind: `7`,
		protoreflect.DoubleKind: `1.5`,
	}[f.Descriptor.Kind()]
	require.NotEmpty(t, text, "a sample of %s", f.Path)
	if f.Descriptor.IsList() {
		text = "[" + text + "]"
	}
	return text
}

// sent is a body with a field and nothing else.
func sent(path, value string) string {
	names := strings.Split(path, ".")
	for _, name := range slices.Backward(names) {
		value = fmt.Sprintf(`{%q:%s}`, name, value)
	}
	return value
}

// byLaurel are the fields that no sender may set.
var byLaurel = []string{"ingest_ts", "origin", "source"}

// value finds the field of an event by the contract alone; it is not valid when the message it lies in is not there.
func value(e *laurelv1.Event, path string) (holder protoreflect.Message, field protoreflect.FieldDescriptor) {
	holder = e.ProtoReflect()
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		holder = holder.Get(holder.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	return holder, holder.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1]))
}

// TestEveryFieldHasItsRow walks event.proto: a field that is added there and not to the table is lost on some way through Laurel.
func TestEveryFieldHasItsRow(t *testing.T) {
	t.Parallel()
	rows := map[string]*event.Field{}
	for _, f := range event.Fields() {
		rows[f.Path] = f
	}
	opaque := []string{"event_ts", "ingest_ts", "payload", "participants", "origin"} // what lies in these has no rows
	seen := map[string]bool{}
	var walk func(message protoreflect.MessageDescriptor, within string)
	walk = func(message protoreflect.MessageDescriptor, within string) {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			path := within + string(field.Name())
			require.NotNil(t, rows[path], "%s has no row in the table of fields (fields.go)", field.FullName())
			require.Equal(t, field.FullName(), rows[path].Descriptor.FullName())
			seen[path] = true
			if field.Message() != nil && !slices.Contains(opaque, path) {
				walk(field.Message(), path+".")
			}
		}
	}
	walk((&laurelv1.Event{}).ProtoReflect().Descriptor(), "")
	require.Len(t, event.Fields(), len(seen), "rows of no field: %v of %v", seen, slices.Sorted(maps.Keys(rows)))
}

// TestRowsPointToTheirFields sets one field after the other by the contract and looks for it by its row, and by all others.
func TestRowsPointToTheirFields(t *testing.T) {
	t.Parallel()
	whole := &laurelv1.Event{}
	fill(t, whole.ProtoReflect())
	for _, f := range event.Fields() {
		at := f.Of(whole)
		if at == nil {
			require.NotNil(t, f.Descriptor.Message(), f.Path)
			require.NotContains(t, []string{"event_ts", "payload"}, f.Path)
			continue
		}
		holder, field := value(whole, f.Path)
		require.True(t, holder.Has(field), f.Path)
		holder.Clear(field)
		require.True(t, reflect.ValueOf(at).Elem().IsZero(), "the row of %s points to another field", f.Path)
		require.Equal(t, f.Descriptor.HasPresence() || f.Descriptor.IsList(), slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice},
			reflect.ValueOf(at).Elem().Kind()), f.Path)
	}
	empty := &laurelv1.Event{}
	for _, f := range event.Fields() {
		require.Equal(t, strings.Contains(f.Path, ".") || f.Of(whole) == nil, f.Of(empty) == nil, f.Path)
	}
	require.True(t, proto.Equal(&laurelv1.Event{}, empty), "looking makes nothing")
}

// TestEveryFieldGoesTheWholeWay sends one field after the other under each of its names, beside the others as they are, and finds it in
// what is read, in what a schema may require, in the hash and in what the journal gives back.
func TestEveryFieldGoesTheWholeWay(t *testing.T) {
	t.Parallel()
	names := 0
	for _, f := range event.Fields() {
		for _, name := range event.Names(f.Path) {
			names++
			result := decodeResult(t, sent(name, sample(t, f)))
			if slices.Contains(byLaurel, f.Path) {
				require.Equal(t, name, result.Problem.Field)
				continue
			}
			require.Nil(t, result.Problem, "%v", result.Problem)
			holder, field := value(result.Event, f.Path)
			require.True(t, holder.Has(field), name)

			body, hash := event.Content(nil, result.Event)
			back, err := event.Decode(body)
			require.NoError(t, err)
			require.True(t, proto.Equal(result.Event, back), name)
			holder.Clear(field)
			require.NotEqual(t, hash, event.ContentHash(result.Event), name)
		}
	}
	require.GreaterOrEqual(t, names, len(event.Fields())+8, "some have several")
}

// TestEveryFieldMayBeRequired has a schema that requires a field: an event without it is refused by its name. What can't be told from 0
// can't be required.
func TestEveryFieldMayBeRequired(t *testing.T) {
	t.Parallel()
	for _, f := range event.Fields() {
		r, err := event.ParseRegistry(fmt.Appendf(nil, `- {name: round_end, versions: [{version: "1", required: [%q]}]}`, f.Path))
		if kind := f.Descriptor.Kind(); !f.Descriptor.HasPresence() && (kind == protoreflect.BoolKind || kind == protoreflect.Int64Kind) {
			require.ErrorContains(t, err, f.Path)
			continue
		}
		require.NoError(t, err)
		without, bare := round(), round()
		without.Game, without.Bet, without.Win = nil, nil, nil
		bare.Game, bare.Bet, bare.Win, bare.Round, bare.Device = &laurelv1.Game{}, nil, &laurelv1.Win{}, &laurelv1.Round{}, &laurelv1.Device{}
		if strings.HasPrefix(f.Path, "bet.") {
			bare.Bet = &laurelv1.Bet{}
		}
		if slices.Contains(byLaurel, f.Path) {
			require.Equal(t, f.Path, r.Normalise(without, now, futureLimit).Field)
			continue
		}
		if !slices.Contains([]string{"event_id", "name", "schema_version", "event_ts", "user", "user.id"}, f.Path) { // which every event has
			problem := r.Normalise(without, now, futureLimit)
			require.NotNil(t, problem, f.Path)
			require.Equal(t, f.Path, problem.Field)
			problem = r.Normalise(bare, now, futureLimit)
			require.Equal(t, f.Descriptor.Message() == nil || !bare.ProtoReflect().Has(f.Descriptor), problem != nil, f.Path)
		}
		given := decodeResult(t, sent(f.Path, sample(t, f))).Event
		proto.Merge(given, round())
		require.Nil(t, r.Normalise(given, now, futureLimit), f.Path)
	}
}

// TestMisspeltFieldsAreToldTheirNames leaves out a letter of each name.
func TestMisspeltFieldsAreToldTheirNames(t *testing.T) {
	t.Parallel()
	for _, f := range event.Fields() {
		if slices.Contains(byLaurel, f.Path) {
			continue
		}
		for _, name := range event.Names(f.Path) {
			last := strings.LastIndexByte(name, '.') + 1
			if len(name)-last < 4 {
				continue // of a short name too little is left
			}
			misspelt := name[:last+2] + name[last+3:]
			problem := decodeResult(t, sent(misspelt, sample(t, f))).Problem
			require.NotNil(t, problem, misspelt)
			require.Equal(t, misspelt, problem.Field)
			require.Regexp(t, `\(near: [^)]*\b`+name+`\b`, problem.Message)
		}
	}
}

// TestBoundsOfTextAreThoseOfTheContract sends each text as long as it may be, and a byte longer.
func TestBoundsOfTextAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	r := registry(t)
	for _, f := range event.Fields() {
		if _, special := samples[f.Path]; special || f.Descriptor.Kind() != protoreflect.StringKind || slices.Contains(byLaurel, f.Path) {
			continue
		}
		most := f.Size
		if f.Descriptor.IsList() {
			most = 64
		}
		send := func(size int) *event.Problem {
			e := round()
			e.Device = &laurelv1.Device{AsnCategory: "isp"} // any text will do as a number beside it
			proto.Merge(e, decodeResult(t, sent(f.Path, strings.ReplaceAll(sample(t, f), "x", strings.Repeat("1", size)))).Event)
			return r.Normalise(e, now, futureLimit)
		}
		require.Nil(t, send(most), f.Path)
		problem := send(most + 1)
		require.NotNil(t, problem, f.Path)
		require.Equal(t, f.Path, strings.TrimSuffix(problem.Field, "[0]"))
		require.Contains(t, problem.Message, fmt.Sprintf("at most %d bytes", most))
	}
}

// TestContentIsFactsBeforeWhatIsPersonal draws events and compares with the encodings of two parts, each made by itself.
func TestContentIsFactsBeforeWhatIsPersonal(t *testing.T) {
	t.Parallel()
	isPersonal := []protoreflect.Name{"device", "payload", "participants"}
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		if rapid.Bool().Draw(t, "payload") {
			e.Payload = number(rapid.Float64().Draw(t, "x"))
		}
		facts, personal := proto.CloneOf(e), proto.CloneOf(e)
		fields := e.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			cleared := personal
			if slices.Contains(isPersonal, fields.Get(i).Name()) {
				cleared = facts
			}
			cleared.ProtoReflect().Clear(fields.Get(i))
		}
		options := proto.MarshalOptions{Deterministic: true}
		want, err := options.Marshal(facts)
		require.NoError(t, err)
		want = append(binary.AppendUvarint([]byte{1, 0}, uint64(len(want))), want...)
		want, err = options.MarshalAppend(want, personal)
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "ingested") {
			e.IngestTs = e.EventTs
		}
		before := []byte("before")
		got, _ := event.Content(before, e)
		require.Equal(t, "before"+string(want), string(got))
	})
}
