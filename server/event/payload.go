package event

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/laurelhq/laurel/server/word"
)

const (
	maxPayloadBytes = 16 << 10
	// maxPayloadText bounds the JSON a payload is read from: what is read becomes many times larger in memory.
	maxPayloadText  = 4 * maxPayloadBytes
	maxPayloadDepth = 16
	maxPayloadKey   = 128
	// maxPayloadNumber bounds numbers of the payload: beyond it a double skips whole numbers.
	maxPayloadNumber = 1 << 53
)

// payload reads the free part of an event.
func (r *reader) payload(into **structpb.Struct) *Problem {
	if r.dec.PeekKind() == 'n' {
		return r.skip()
	}
	if r.dec.PeekKind() != '{' {
		return r.wrongKind("payload", "an object")
	}
	r.payloadFrom = r.dec.InputOffset()
	value, problem := r.value("payload", 0)
	if problem != nil {
		return problem
	}
	*into, r.payloadText = value.GetStructValue(), r.dec.InputOffset()-r.payloadFrom
	return nil
}

// value reads one value of the payload, at most maxPayloadDepth deep.
func (r *reader) value(path string, depth int) (*structpb.Value, *Problem) {
	if depth > maxPayloadDepth {
		return nil, problemf(path, "is nested too deep: at most %d levels under payload", maxPayloadDepth)
	}
	if r.dec.InputOffset()-r.payloadFrom > maxPayloadText {
		return nil, problemf("payload", "is longer than %d bytes of JSON: at most %d bytes are kept, so send what scoring needs", maxPayloadText,
			maxPayloadBytes)
	}
	switch r.dec.PeekKind() {
	case '{':
		return r.valueObject(path, depth)
	case '[':
		return r.valueList(path, depth)
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return nil, notJSON(err)
	}
	switch token.Kind() {
	case 'n':
		return structpb.NewNullValue(), nil
	case 't', 'f':
		return structpb.NewBoolValue(token.Bool()), nil
	case '"':
		return structpb.NewStringValue(token.String()), nil
	}
	text := token.String()
	number, exact := exactDouble(text)
	if !exact || math.Abs(number) > maxPayloadNumber {
		return nil, problemf(path, "must be a number that a double holds exactly, from -2^53 to 2^53 (send others as text), but is %s",
			word.Clip(text, maxQuotedBytes))
	}
	return structpb.NewNumberValue(number), nil
}

func (r *reader) valueObject(path string, depth int) (*structpb.Value, *Problem) {
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, notJSON(err)
	}
	members := map[string]*structpb.Value{}
	for r.dec.PeekKind() != '}' {
		name, err := r.dec.ReadToken()
		if err != nil {
			return nil, notJSON(err)
		}
		key := name.String()
		value, problem := r.value(path+"."+key, depth+1)
		if problem != nil {
			return nil, problem
		}
		members[key] = value
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, notJSON(err)
	}
	return structpb.NewStructValue(&structpb.Struct{Fields: members}), nil
}

func (r *reader) valueList(path string, depth int) (*structpb.Value, *Problem) {
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, notJSON(err)
	}
	var items []*structpb.Value
	for r.dec.PeekKind() != ']' {
		item, problem := r.value(path+"["+strconv.Itoa(len(items))+"]", depth+1)
		if problem != nil {
			return nil, problem
		}
		items = append(items, item)
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, notJSON(err)
	}
	return structpb.NewListValue(&structpb.ListValue{Values: items}), nil
}

// checkPayload enforces the payload's bounds: 16 KiB encoded, 16 levels, keys of 1 to 128 bytes, finite numbers within ±2^53,
// valid UTF-8 without NUL, which text columns of some databases can't hold.
func checkPayload(payload *structpb.Struct) *Problem {
	if payload == nil {
		return nil
	}
	if problem := checkMembers("payload", payload, 0); problem != nil {
		return problem
	}
	if size := proto.Size(payload); size > maxPayloadBytes {
		return problemf("payload", "must be at most %d bytes when encoded, but has %d", maxPayloadBytes, size)
	}
	return nil
}

func checkMembers(path string, members *structpb.Struct, depth int) *Problem {
	if depth > maxPayloadDepth {
		return problemf(path, "is nested too deep: at most %d levels under payload", maxPayloadDepth)
	}
	if hasUnknown(members) {
		return unknownNumber(path)
	}
	for key, value := range members.GetFields() {
		if problem := checkKey(path, key); problem != nil {
			return problem
		}
		if fine(value) {
			continue
		}
		if problem := checkValue(path+"."+key, value, depth+1); problem != nil {
			return problem
		}
	}
	return nil
}

func checkKey(path, key string) *Problem {
	if key == "" {
		return problemf(path+" key", "is required: 1 to %d bytes", maxPayloadKey)
	}
	problem := checkText("", key, maxPayloadKey)
	if problem != nil {
		problem.Field = word.Clip(path+" key", maxFieldBytes)
	}
	return problem
}

// fine answers for the usual leaf without building its path.
func fine(value *structpb.Value) bool {
	switch kind := value.GetKind().(type) {
	case *structpb.Value_NumberValue:
		return math.Abs(kind.NumberValue) <= maxPayloadNumber && !hasUnknown(value)
	case *structpb.Value_StringValue:
		return utf8.ValidString(kind.StringValue) && strings.IndexByte(kind.StringValue, 0) < 0 && !hasUnknown(value)
	case *structpb.Value_BoolValue:
		return !hasUnknown(value)
	}
	return false
}

func checkValue(path string, value *structpb.Value, depth int) *Problem {
	if depth > maxPayloadDepth {
		return problemf(path, "is nested too deep: at most %d levels under payload", maxPayloadDepth)
	}
	if value != nil && hasUnknown(value) {
		return unknownNumber(path)
	}
	switch kind := value.GetKind().(type) {
	case *structpb.Value_NumberValue:
		if !(math.Abs(kind.NumberValue) <= maxPayloadNumber) {
			return problemf(path, "must be a number from -2^53 to 2^53 (send others as text), but is %v", kind.NumberValue)
		}
	case *structpb.Value_StringValue:
		if !utf8.ValidString(kind.StringValue) {
			return problemf(path, "must be valid UTF-8")
		}
		if strings.IndexByte(kind.StringValue, 0) >= 0 {
			return problemf(path, "must not hold the NUL character")
		}
	case *structpb.Value_StructValue:
		return checkMembers(path, kind.StructValue, depth)
	case *structpb.Value_ListValue:
		for i, item := range kind.ListValue.GetValues() {
			if problem := checkValue(path+"["+strconv.Itoa(i)+"]", item, depth+1); problem != nil {
				return problem
			}
		}
	case *structpb.Value_BoolValue, *structpb.Value_NullValue:
	default:
		return problemf(path, "must hold a value: text, number, true or false, null, list or object")
	}
	return nil
}
