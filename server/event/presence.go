package event

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
)

// presence returns the function that says whether an event has something at a path, or nil when schemas can't require that path.
func presence(path string) func(*laurelv1.Event) bool {
	if keys, under := payloadKeys(path); under {
		return func(e *laurelv1.Event) bool { return lookUp(e.GetPayload(), keys) != nil }
	}
	if f := contract.byPath[path]; f != nil {
		return f.has()
	}
	return nil
}

// payloadKeys takes a path such as payload.order.id apart.
func payloadKeys(path string) ([]string, bool) {
	rest, under := strings.CutPrefix(path, "payload.")
	if !under || rest == "" {
		return nil, false
	}
	return strings.Split(rest, "."), true
}

// lookUp follows keys into the payload; nil when there is nothing or null.
func lookUp(payload *structpb.Struct, keys []string) *structpb.Value {
	for i, key := range keys {
		value := payload.GetFields()[key]
		if i == len(keys)-1 {
			if _, null := value.GetKind().(*structpb.Value_NullValue); null {
				return nil
			}
			return value
		}
		payload = value.GetStructValue()
	}
	return nil
}

// typed is what a path under payload must be when it is there.
type typed struct {
	path string
	keys []string
	want string
	is   func(*structpb.Value) bool
	// currency tells that it must be a currency's code, whatever is says.
	currency bool
}

func (t *typed) check(payload *structpb.Struct, currencies *money.Currencies) *Problem {
	value := lookUp(payload, t.keys)
	switch {
	case value == nil:
		return nil
	case t.currency:
		if _, known := currencies.Exponent(value.GetStringValue()); known {
			return nil
		}
	case t.is(value):
		return nil
	}
	return problemf(t.path, "must be %s, but is %s", t.want, word.Quote(fmt.Sprint(value.AsInterface())))
}

func compileTypes(types map[string]string) ([]typed, error) {
	list := make([]typed, 0, len(types))
	for _, path := range slices.Sorted(maps.Keys(types)) {
		keys, under := payloadKeys(path)
		if !under {
			return nil, fmt.Errorf("%q must be a path under payload: the other fields have their type from the contract", path)
		}
		one := typed{path: path, keys: keys}
		switch types[path] {
		case "text":
			one.want, one.is = "text", isText
		case "number":
			one.want, one.is = "a number", isNumber
		case "amount":
			one.want, one.is = "a number from 0", func(v *structpb.Value) bool { return isNumber(v) && v.GetNumberValue() >= 0 }
		case "currency":
			one.want, one.currency = currencyForm, true
		case "flag":
			one.want, one.is = "true or false", isFlag
		case "list":
			one.want, one.is = "a list", func(v *structpb.Value) bool { return v.GetListValue() != nil }
		case "object":
			one.want, one.is = "an object", func(v *structpb.Value) bool { return v.GetStructValue() != nil }
		default:
			return nil, fmt.Errorf("%q must be text, number, amount, currency, flag, list or object, but is %q", path, types[path])
		}
		list = append(list, one)
	}
	return list, nil
}

func isText(v *structpb.Value) bool {
	_, ok := v.GetKind().(*structpb.Value_StringValue)
	return ok
}

func isNumber(v *structpb.Value) bool {
	_, ok := v.GetKind().(*structpb.Value_NumberValue)
	return ok
}

func isFlag(v *structpb.Value) bool {
	_, ok := v.GetKind().(*structpb.Value_BoolValue)
	return ok
}
