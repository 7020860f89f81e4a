package rule

import (
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

// Tender says what the currency of an event's amounts means for its points.
type Tender = laurelv1.PointsCurrency

// The cases; the contract says what each means.
const (
	NoAmount    = laurelv1.PointsCurrency_POINTS_CURRENCY_NO_AMOUNT
	CancelsOut  = laurelv1.PointsCurrency_POINTS_CURRENCY_CANCELS_OUT
	Named       = laurelv1.PointsCurrency_POINTS_CURRENCY_NAMED
	Converted   = laurelv1.PointsCurrency_POINTS_CURRENCY_CONVERTED
	OneByFilter = laurelv1.PointsCurrency_POINTS_CURRENCY_ONE_BY_FILTER
	Unnamed     = laurelv1.PointsCurrency_POINTS_CURRENCY_UNNAMED
)

// unit is what a value is measured in: the power of each kind of amount in it. All zero is a plain number.
type unit [4]int

// The dimensions. Minor units are a dimension of their own, since how many make a whole depends on the currency; payload has a currency of
// its own.
const (
	amountUnit = iota
	minorUnit
	payloadUnit
	payloadMinorUnit
)

// measure is what a value of an expression is measured in, whatever the event.
type measure struct {
	unit unit
	// loose tells that the value changes with the currency in some other way, as floor(bet.amount) and min(win.amount, 50) do.
	loose bool
	// zero tells that the value is the number 0, which is 0 of anything.
	zero bool
}

// amounts are the variables that are amounts. win.multiplier is none.
var amounts = map[string]unit{
	"bet.amount": {amountUnit: 1}, "win.amount": {amountUnit: 1},
	"bet.amount_minor": {amountUnit: 1, minorUnit: 1}, "win.amount_minor": {amountUnit: 1, minorUnit: 1},
}

// measurer finds what expressions are measured in, and notes the amounts it meets on its way.
type measurer struct {
	read map[string]bool
	// bare are the amounts that are taken as numbers in whatever currency they are, as bet.amount is in bet.amount > 5.
	bare map[string]bool
}

func newMeasurer() *measurer { return &measurer{read: map[string]bool{}, bare: map[string]bool{}} }

// take notes the amounts of an expression as bare.
func (m *measurer) take(e ast.Expr) {
	within := newMeasurer()
	within.of(e)
	maps.Copy(m.bare, within.read)
}

func (m *measurer) of(e ast.Expr) measure {
	switch e.Kind() {
	case ast.LiteralKind:
		number, ok := e.AsLiteral().(types.Double)
		return measure{zero: ok && float64(number) == 0}
	case ast.SelectKind, ast.IdentKind:
		return m.name(pathOf(e))
	case ast.ListKind:
		return m.plain(e.AsList().Elements())
	case ast.CallKind:
		return m.call(e)
	default:
		return measure{}
	}
}

// pathOf is a dotted name, such as win.amount; payload["amount"] reads as payload.amount.
func pathOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return strings.TrimPrefix(e.AsIdent(), ".")
	case ast.SelectKind:
		return pathOf(e.AsSelect().Operand()) + "." + e.AsSelect().FieldName()
	case ast.CallKind:
		arguments := e.AsCall().Args()
		if e.AsCall().FunctionName() == "_[_]" && len(arguments) == 2 && arguments[1].Kind() == ast.LiteralKind {
			if key, ok := arguments[1].AsLiteral().(types.String); ok {
				return pathOf(arguments[0]) + "." + string(key)
			}
		}
	}
	return ""
}

func (m *measurer) name(path string) measure {
	if unit, ok := amounts[path]; ok {
		m.read[path] = true
		return measure{unit: unit}
	}
	field, inPayload := strings.CutPrefix(path, payloadName+".")
	if minor, ok := payloadAmounts[field]; inPayload && ok {
		m.read[path] = true
		if minor {
			return measure{unit: unit{payloadUnit: 1, payloadMinorUnit: 1}}
		}
		return measure{unit: unit{payloadUnit: 1}}
	}
	return measure{}
}

func (m *measurer) call(e ast.Expr) measure {
	call := e.AsCall()
	arguments := call.Args()
	if call.IsMemberFunction() {
		arguments = append([]ast.Expr{call.Target()}, arguments...)
	}
	switch call.FunctionName() {
	case "_[_]":
		return m.name(pathOf(e))
	case "_*_":
		return m.product(arguments, 1)
	case "_/_":
		return m.product(arguments, -1)
	case "_+_", "_-_", "min", "max", "clamp":
		return m.alike(arguments)
	case "-_", "abs", "double":
		return m.of(arguments[0])
	case "floor", "ceil", "round": // an amount stays one, though not the same one in every currency
		result := m.of(arguments[0])
		result.loose = m.plain(arguments).loose
		return result
	case "_?_:_":
		result := m.alike(arguments[1:])
		result.loose = m.of(arguments[0]).loose || result.loose
		return result
	case "_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_": // which is more doesn't change with the currency when both change alike
		compared := m.alike(arguments)
		return measure{loose: compared.loose}
	default:
		return m.plain(arguments)
	}
}

func (m *measurer) product(factors []ast.Expr, power int) measure {
	a, b := m.of(factors[0]), m.of(factors[1])
	result := measure{unit: a.unit, loose: a.loose || b.loose, zero: a.zero || power > 0 && b.zero}
	for i := range result.unit {
		result.unit[i] += power * b.unit[i]
	}
	return result
}

// alike is for operations that give what their operands are, if those are all measured in the same.
func (m *measurer) alike(operands []ast.Expr) measure {
	result, apart := measure{zero: true}, false
	for _, operand := range operands {
		one := m.of(operand)
		switch {
		case one.zero:
		case result.zero:
			result.unit, result.zero = one.unit, false
		case result.unit != one.unit:
			apart = true
		}
		result.loose = result.loose || one.loose || apart
	}
	for _, operand := range operands {
		if apart {
			m.take(operand)
		}
	}
	return result
}

// plain is for functions that give a plain number or text, and make sense of plain ones only.
func (m *measurer) plain(arguments []ast.Expr) measure {
	result := measure{}
	for _, argument := range arguments {
		one := m.of(argument)
		if one.unit != (unit{}) {
			m.take(argument)
			one.loose = true
		}
		result.loose = result.loose || one.loose
	}
	return result
}

// pins are the currencies that a filter asks for: by the field that says the currency.
func pins(filter ast.Expr) map[string]string {
	found := map[string]string{}
	if filter.Kind() != ast.CallKind {
		return found
	}
	arguments := filter.AsCall().Args()
	switch filter.AsCall().FunctionName() {
	case "_&&_":
		for _, side := range arguments {
			for field, currency := range pins(side) {
				found[field] = currency
			}
		}
	case "_==_":
		for i, side := range arguments {
			other := arguments[1-i]
			if other.Kind() != ast.LiteralKind {
				continue
			}
			if currency, ok := other.AsLiteral().(types.String); ok && strings.HasSuffix(pathOf(side), ".currency") {
				found[pathOf(side)] = string(currency)
			}
		}
	}
	return found
}

// tender says which case a contest is.
func (p *Program) tender() Tender {
	m := newMeasurer()
	read := m.read
	switch {
	case p.points == fromMultiplier:
		return p.named(CancelsOut)
	case p.points == fromCount:
		return p.named(NoAmount)
	}
	measured := m.of(p.formula.tree)
	switch {
	case len(read) == 0 && p.formula.reads["win.multiplier"]:
		return p.named(CancelsOut)
	case len(read) == 0:
		return p.named(NoAmount)
	case measured.unit == unit{} && !measured.loose:
		return p.named(CancelsOut)
	case p.currency == "" && p.filter != nil && p.pinned(pins(p.filter.tree), read):
		return OneByFilter
	}
	return p.named(Unnamed)
}

// named is the case of a contest that names a currency, else the given one.
func (p *Program) named(otherwise Tender) Tender {
	switch {
	case p.currency == "":
		return otherwise
	case p.rates != "":
		return Converted
	default:
		return Named
	}
}

// pinned reports whether every amount that is read is in one currency by the filter. Where stake and win are both read they are in the
// same.
func (p *Program) pinned(pins map[string]string, read map[string]bool) bool {
	var currencies []string
	for path := range read {
		currencies = append(currencies, p.pinOf(pins, path))
	}
	slices.Sort(currencies)
	currencies = slices.Compact(currencies)
	return len(currencies) == 1 && currencies[0] != ""
}

// pinOf is the currency that the filter asks of an amount; empty when it doesn't.
func (p *Program) pinOf(pins map[string]string, path string) string {
	root, _, _ := strings.Cut(path, ".")
	currency := pins[root+".currency"]
	if currency == "" && p.mixing && root != payloadName {
		currency = pins["bet.currency"] + pins["win.currency"]
	}
	return currency
}

// complete has the plan of a contest say it too.
func complete(definition catalog.Message, plan proto.Message) {
	contest, isContest := definition.(*laurelv1.Contest)
	planned, isPlan := plan.(*laurelv1.ContestPlan)
	if !isContest || !isPlan {
		return
	}
	if p, problems := Compile(contest); len(problems) == 0 {
		planned.PointsCurrency = p.Tender
	}
}
