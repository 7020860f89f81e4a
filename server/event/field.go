package event

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// Field is one field of laurel.v1.Event, or of a message in it.
type Field struct {
	// Path is its name in the contract behind those of the messages it lies in, such as bet.amount_minor.
	Path string
	// Formula is its name in formulas and filters; empty when they can't read it.
	Formula string
	// Descriptor is the field in the contract.
	Descriptor protoreflect.FieldDescriptor
	// Size bounds a text in bytes or a list in elements; 0 of other fields.
	Size int

	// at points to the field of an event that has the message it lies in; nil of a message whose fields have rows of their own, which holds is
	// for.
	at    func(e *laurelv1.Event) any
	holds message
	// also are the other paths under which it may be sent.
	also []string
	// byLaurel tells that no sender may set it, perPlayer that each player of an event of several does not simply get it as the event has it.
	byLaurel, perPlayer bool
	// kept is where the journal has it; only of a field of the event itself.
	kept part
	// most bounds a text in bytes that the contract bounds by its pattern alone.
	most int

	// The rest is found out by newTable.
	bounds
	within *Field
	// fields are those of a message, bounded those of them to hold against bounds.
	fields, bounded []*Field
	// alias numbers the fields that may be sent under several names, from 1.
	alias int
}

// part is where the journal has a field.
type part uint8

const (
	facts part = iota
	personal
	notStored
)

// message gives access to a message in an event.
type message interface {
	// of returns it, made when there is none if open says so and else nil.
	of(e *laurelv1.Event, open bool) proto.Message
	// share gives an event what another has.
	share(to, from *laurelv1.Event)
}

type messageAt[M any, P interface {
	*M
	proto.Message
}] func(e *laurelv1.Event) *P

// in is the message to which at points.
func in[M any, P interface {
	*M
	proto.Message
}](at func(e *laurelv1.Event) *P,
) message {
	return messageAt[M, P](at)
}

func (at messageAt[M, P]) of(e *laurelv1.Event, open bool) proto.Message {
	into := at(e)
	if *into == nil {
		if !open {
			return nil
		}
		*into = new(M)
	}
	return *into
}

func (at messageAt[M, P]) share(to, from *laurelv1.Event) { *at(to) = *at(from) }

// Fields are all fields of laurel.v1.Event that have a row in the table, in its order. The caller must not change them.
func Fields() []*Field { return contract.all }

// Names are the paths under which a field may be sent, that of the contract first.
func Names(path string) []string {
	names := []string{path}
	if f := contract.byPath[path]; f != nil {
		names = append(names, f.also...)
	}
	return names
}

// Of points to the field of an event: *string, *[]string, *int64, *bool, **bool, **int32, **int64, **float64 and so on as the contract has
// it. It is nil when the event lacks the message the field lies in, or when it is such a message itself. What it points to must only be
// read.
func (f *Field) Of(e *laurelv1.Event) any {
	if f.at == nil || f.within != nil && f.within.holds.of(e, false) == nil {
		return nil
	}
	return f.at(e)
}

// open points to the field of an event, which gets the message that the field lies in when it lacks it.
func (f *Field) open(e *laurelv1.Event) any {
	if f.within != nil {
		f.within.holds.of(e, true)
	}
	return f.at(e)
}

// has returns the function that says whether an event has the field; nil when there is no telling, of a number for example that is 0 when
// it is not sent.
func (f *Field) has() func(e *laurelv1.Event) bool {
	if f.holds != nil {
		return func(e *laurelv1.Event) bool { return f.holds.of(e, false) != nil }
	}
	if !f.Descriptor.HasPresence() && f.Descriptor.Kind() != protoreflect.StringKind && !f.Descriptor.IsList() {
		return nil
	}
	return func(e *laurelv1.Event) bool { return there(f.Of(e)) }
}

// there tells that something is set to which Of points.
func there(at any) bool {
	switch value := at.(type) {
	case *string:
		return *value != ""
	case *[]string:
		return len(*value) > 0
	case *[]*laurelv1.Participant:
		return len(*value) > 0
	case **bool:
		return *value != nil
	case **int32:
		return *value != nil
	case **int64:
		return *value != nil
	case **float64:
		return *value != nil
	case **timestamppb.Timestamp:
		return *value != nil
	case **structpb.Struct:
		return *value != nil
	case **laurelv1.Origin:
		return *value != nil
	}
	return false
}

// share gives an event what another has of a field of the event itself.
func (f *Field) share(to, from *laurelv1.Event) {
	if f.holds != nil {
		f.holds.share(to, from)
		return
	}
	switch into := f.at(to).(type) {
	case *string:
		if value, ok := f.at(from).(*string); ok {
			*into = *value
		}
	case **timestamppb.Timestamp:
		if value, ok := f.at(from).(**timestamppb.Timestamp); ok {
			*into = *value
		}
	default:
		if from := from.ProtoReflect(); from.Has(f.Descriptor) {
			to.ProtoReflect().Set(f.Descriptor, from.Get(f.Descriptor))
		}
	}
}

// top is the name of the field of the event itself that a path lies in.
func top(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}
