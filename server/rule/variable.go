package rule

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/event"
)

// variable is a name that expressions may use.
type variable struct {
	name string
	kind *cel.Type
	// maxSize bounds a text in bytes or a list in elements, for the estimate of costs.
	maxSize uint64
	// field is the field of an event that it is, if any; unset is its value where the event has none, nil when the variable is missing then.
	field *event.Field
	unset any
}

const maxPayloadBytes = 16384

// variables are all names of expressions; activation.ResolveName gives their values. Each field of an event that formulas can read is one;
// those written here are none, or are more than the field of their name.
var variables = newVariables([]variable{
	{name: "bet.amount", kind: cel.DoubleType},
	{name: "win.amount", kind: cel.DoubleType},
	{name: payloadName, kind: cel.MapType(cel.StringType, cel.DynType), maxSize: 1024},
})

// fieldVariables are the variables that are fields of an event, by name.
var fieldVariables = byName(variables)

const payloadName = "payload"

// newVariables gives those of the fields behind those that are given.
func newVariables(list []variable) []variable {
	for _, f := range event.Fields() {
		if f.Formula == "" {
			continue
		}
		v := variable{name: f.Formula, maxSize: uint64(f.Size), field: f}
		switch kind := f.Descriptor.Kind(); {
		case f.Descriptor.IsList() && kind == protoreflect.StringKind:
			v.kind, v.unset = cel.ListType(cel.StringType), []string(nil)
		case f.Descriptor.IsList():
		case kind == protoreflect.StringKind:
			v.kind, v.unset = cel.StringType, types.String("")
		case kind == protoreflect.BoolKind:
			v.kind, v.unset = cel.BoolType, types.False
		case kind == protoreflect.Int32Kind, kind == protoreflect.Int64Kind, kind == protoreflect.DoubleKind:
			v.kind, v.unset = cel.DoubleType, types.Double(0)
		}
		if v.kind == nil {
			panic(fmt.Sprintf("formulas can't read the field %s of events, which is %s", f.Path, f.Descriptor.Kind()))
		}
		if f.Descriptor.HasPresence() {
			v.unset = nil
		}
		list = append(list, v)
	}
	return list
}

func byName(list []variable) map[string]*variable {
	names := make(map[string]*variable, len(list))
	for i := range list {
		if list[i].field != nil {
			names[list[i].name] = &list[i]
		}
	}
	return names
}

// errMissing is what a field that the event does not carry resolves to. CEL's && and || may absorb it, so a filter can do without a field
// when its other side decides; activation.missing says which outcome it means when nothing absorbed it.
var errMissing = types.NewErrWithNodeID(-1, "a field is missing").(*types.Err)

// activation gives the values of an event to an expression without building maps.
type activation struct {
	event *laurelv1.Event
	known *catalog.Vocabulary
	// priced tells that amounts are those of worth, which are in one currency, and not as they were sent.
	priced   bool
	worth    worth
	currency string
	missing  Outcome // of the last field that was missing
}

var emptyPayload = &structpb.Struct{}

// Parent implements cel.Activation.
func (a *activation) Parent() cel.Activation { return nil }

func (a *activation) lacks(outcome Outcome) (any, bool) {
	a.missing = outcome
	return errMissing, true
}

// ResolveName implements cel.Activation. It returns CEL values, so that the interpreter need not convert them.
func (a *activation) ResolveName(name string) (any, bool) {
	e := a.event
	switch name {
	case "win.amount":
		return a.major(a.win(), winCurrency(e), MissingField)
	case "bet.amount":
		if a.bet() <= 0 {
			return a.lacks(NoStake)
		}
		return a.major(a.bet(), e.GetBet().GetCurrency(), NoStake)
	case "win.multiplier":
		multiplier, outcome := multiplierOf(e)
		if outcome != Counted {
			return a.lacks(outcome)
		}
		return types.Double(multiplier), true
	case "win.currency":
		return types.String(winCurrency(e)), true
	case "win.amount_minor":
		return types.Double(a.win()), true
	case "bet.amount_minor":
		if e.GetBet() == nil {
			return a.lacks(NoStake)
		}
		return types.Double(a.bet()), true
	case payloadName:
		payload := e.GetPayload()
		if a.priced {
			payload = a.worth.payload
		}
		if payload == nil {
			return emptyPayload, true
		}
		return payload, true
	}
	if v := fieldVariables[name]; v != nil {
		return a.field(v)
	}
	return nil, false
}

// field is the value of a variable that is a field of the event.
func (a *activation) field(v *variable) (any, bool) {
	switch value := v.field.Of(a.event).(type) {
	case *string:
		return types.String(*value), true
	case *[]string:
		return *value, true
	case *bool:
		return types.Bool(*value), true
	case *int64:
		return types.Double(*value), true
	case **bool:
		if *value != nil {
			return types.Bool(**value), true
		}
	case **int32:
		if *value != nil {
			return types.Double(**value), true
		}
	case **int64:
		if *value != nil {
			return types.Double(**value), true
		}
	case **float64:
		if *value != nil {
			return types.Double(**value), true
		}
	}
	switch {
	case v.unset != nil:
		return v.unset, true
	case v.name == "round.duration_ms":
		return a.lacks(Duration)
	}
	return a.lacks(MissingField)
}

func (a *activation) bet() int64 {
	if a.priced {
		return a.worth.bet
	}
	return a.event.GetBet().GetAmountMinor()
}

func (a *activation) win() int64 {
	if a.priced {
		return a.worth.win
	}
	return a.event.GetWin().GetAmountMinor()
}

// powersOfTen go up to money.MaxExponent; all are exact.
var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}

// major returns an amount in major units of its currency. Both operands are exact doubles (|minor| ≤ 2^53), so the quotient is the double
// nearest to the true amount.
func (a *activation) major(minor int64, currency string, whenUnknown Outcome) (any, bool) {
	if minor == 0 {
		return types.Double(0), true
	}
	if a.priced {
		currency = a.currency
	}
	exponent, known := a.known.Currencies().Exponent(currency)
	if !known {
		return a.lacks(whenUnknown)
	}
	return types.Double(float64(minor) / powersOfTen[exponent]), true
}

// winCurrency is the currency of the win; one that is not set is the stake's.
func winCurrency(e *laurelv1.Event) string {
	if currency := e.GetWin().GetCurrency(); currency != "" {
		return currency
	}
	return e.GetBet().GetCurrency()
}

// mixedCurrency reports whether win and stake are in different currencies, so that neither their quotient nor their difference means
// anything.
func mixedCurrency(e *laurelv1.Event) bool {
	currency := e.GetWin().GetCurrency()
	return currency != "" && e.GetBet() != nil && currency != e.Bet.GetCurrency()
}
