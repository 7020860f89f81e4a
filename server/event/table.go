package event

import (
	"fmt"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// table is the rows with what they mean together.
type table struct {
	// all are the rows, and event those of fields of the event itself.
	all, event []*Field
	// bounded are the rows of event to hold against bounds.
	bounded []*Field
	byPath  map[string]*Field
	// participant are the rows of event that a participant has of his own, shared those that each player gets as the event has them.
	participant, shared []*Field
	// unsent are the rows of event that no sender may set.
	unsent []*Field
	// kept tells by the number of a field of the event where the journal has it. What has no row counts as personal.
	kept []part
	// wholeEvent and wholeParticipant are what may be sent.
	wholeEvent, wholeParticipant *form
}

// newTable completes the rows. It panics when a row does not fit the contract, which is found when the program starts.
func newTable(rows []Field) *table {
	t := &table{byPath: make(map[string]*Field, len(rows))}
	aliases := 0
	for i := range rows {
		f := &rows[i]
		if len(f.also) > 0 {
			aliases++
			f.alias = aliases
		}
		t.place(f)
		switch bounded := f.complete(); {
		case !bounded:
		case f.within == nil:
			t.bounded = append(t.bounded, f)
		default:
			f.within.bounded = append(f.within.bounded, f)
		}
	}
	if aliases > maxAliases {
		panic(fmt.Sprintf("%d fields of events have several names, and a reader has room for %d", aliases, maxAliases))
	}
	t.wholeEvent = newForm("an event", t.event)
	t.wholeParticipant = newForm("a participant", t.participant)
	return t
}

// place puts a row where it belongs: in the event itself, or in a message that has a row before it.
func (t *table) place(f *Field) {
	if t.byPath[f.Path] != nil {
		panic("field " + f.Path + " of events has two rows")
	}
	t.all, t.byPath[f.Path] = append(t.all, f), f
	of, name := (&laurelv1.Event{}).ProtoReflect().Descriptor(), f.Path
	if at := strings.LastIndexByte(f.Path, '.'); at >= 0 {
		f.within, name = t.byPath[f.Path[:at]], f.Path[at+1:]
		f.within.fields = append(f.within.fields, f)
		of = f.within.Descriptor.Message()
	}
	f.Descriptor = of.Fields().ByName(protoreflect.Name(name))
	if f.within != nil {
		return
	}
	t.event = append(t.event, f)
	if (&laurelv1.Participant{}).ProtoReflect().Descriptor().Fields().ByName(f.Descriptor.Name()) != nil {
		t.participant = append(t.participant, f)
	}
	if !f.perPlayer {
		t.shared = append(t.shared, f)
	}
	if f.byLaurel {
		t.unsent = append(t.unsent, f)
	}
	number := int(f.Descriptor.Number())
	for len(t.kept) <= number {
		t.kept = append(t.kept, personal)
	}
	t.kept[number] = f.kept
}

func (t *table) keptAt(number protowire.Number) part {
	if int(number) < len(t.kept) {
		return t.kept[number]
	}
	return personal
}

// bounds are those of the contract.
type bounds struct {
	// least and longest bound a text, or each text of a list, in bytes; low and high bound a number.
	least, longest int
	low, high      int64
}

// complete reads from the contract what it says of the field, and reports whether a value is to be held against it. What has a pattern
// there is checked by a function that knows what it stands for.
func (f *Field) complete() (bounded bool) {
	rules, _ := proto.GetExtension(f.Descriptor.Options(), validate.E_Field).(*validate.FieldRules)
	text := rules.GetString()
	if f.Descriptor.IsList() {
		f.Size = int(rules.GetRepeated().GetMaxItems())
		text = rules.GetRepeated().GetItems().GetString()
	}
	switch f.Descriptor.Kind() {
	case protoreflect.StringKind:
		f.least, f.longest = int(text.GetMinLen()), int(text.GetMaxBytes())
		if f.most > 0 {
			f.longest = f.most
		}
		if !f.Descriptor.IsList() {
			f.Size = f.longest
		}
		if f.longest == 0 {
			panic("field " + f.Path + " of events has no bound in the contract")
		}
		return text.GetPattern() == ""
	case protoreflect.Int32Kind:
		f.low, f.high = int64(rules.GetInt32().GetGte()), int64(rules.GetInt32().GetLte())
		return true
	case protoreflect.Int64Kind:
		f.low, f.high = rules.GetInt64().GetGte(), rules.GetInt64().GetLte()
		return true
	case protoreflect.DoubleKind:
		f.low, f.high = int64(rules.GetDouble().GetGte()), int64(rules.GetDouble().GetLte())
		return true
	default: // has no bounds, or functions of its own
		return f.holds != nil
	}
}

// place is one name under which something may be sent: a field, or an object with more of them.
type place struct {
	path string
	// field is what is sent; nil of the event itself and of an object that is none of the contract's messages.
	field *Field
	// members are what may stand in an object; nil when it is none.
	members map[string]*place
}

// form is what may be sent of an event or of a participant.
type form struct {
	place
	// of says whose the fields are, and names are all their paths, those of the whole before those within its objects.
	of    string
	names []string
}

func newForm(of string, fields []*Field) *form {
	f := &form{of: of, place: place{members: map[string]*place{}}}
	for _, field := range fields {
		f.add(field)
	}
	slices.SortStableFunc(f.names, func(a, b string) int { return strings.Count(a, ".") - strings.Count(b, ".") })
	return f
}

// add gives a field its places under all its names.
func (f *form) add(field *Field) {
	for _, path := range append([]string{field.Path}, field.also...) {
		members, name := f.members, path
		if object, inside, nested := strings.Cut(path, "."); nested {
			if members[object] == nil {
				members[object] = &place{path: object, members: map[string]*place{}}
				f.names = append(f.names, object)
			}
			members, name = members[object].members, inside
		}
		at := &place{path: path, field: field}
		if field.holds != nil {
			at.members = map[string]*place{}
		}
		members[name] = at
		if !field.byLaurel {
			f.names = append(f.names, path)
		}
	}
	for _, inner := range field.fields {
		f.add(inner)
	}
}
