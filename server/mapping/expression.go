package mapping

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/zone"
)

// wants is what an expression has to give.
type wants int

const (
	wantsFlag wants = iota
	wantsText
	wantsValue
	wantsAmount
)

// expression is a compiled CEL expression over row, a map from column to text.
type expression struct {
	program cel.Program
}

// expression compiles CEL, checks what it gives and remembers the columns it reads; nil when it is refused.
func (c *compiler) expression(text, field string, want wants) *expression {
	env, err := environment()
	if err != nil {
		c.refuse(field, "can't be compiled: %s", err)
		return nil
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		c.problems = append(c.problems, catalog.Problem{
			Field: field, Line: first.Location.Line(), Column: first.Location.Column() + 1, Message: "is no valid expression: " + first.Message,
		})
		return nil
	}
	if problem := fits(checked.OutputType(), want); problem != "" {
		c.refuse(field, "%s, but gives %s", problem, checked.OutputType())
	}
	for _, column := range columnsOf(checked) {
		c.reads(column, field)
	}
	program, err := env.Program(checked)
	if err != nil {
		c.refuse(field, "is no valid expression: %s", err)
		return nil
	}
	return &expression{program}
}

func fits(given *cel.Type, want wants) string {
	switch want {
	case wantsFlag:
		if !given.IsExactType(cel.BoolType) {
			return "must give true or false"
		}
	case wantsText:
		if !given.IsExactType(cel.StringType) {
			return "must give text"
		}
	case wantsValue:
		known := []*cel.Type{cel.StringType, cel.BoolType, cel.IntType, cel.UintType, cel.DoubleType, cel.TimestampType}
		if !slices.ContainsFunc(known, given.IsExactType) {
			return "must give text, a number, true or false, or a time"
		}
	case wantsAmount:
		if !slices.ContainsFunc([]*cel.Type{cel.StringType, cel.IntType, cel.UintType}, given.IsExactType) {
			return `must give an exact amount, which is text such as row["X"] or a whole number`
		}
	}
	return ""
}

// columnsOf returns the columns that an expression names: row["X"] and row.X.
func columnsOf(checked *cel.Ast) []string {
	var columns []string
	isRow := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "row" }
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			if isRow(e.AsSelect().Operand()) && !e.AsSelect().IsTestOnly() {
				columns = append(columns, e.AsSelect().FieldName())
			}
		case ast.CallKind:
			args := e.AsCall().Args()
			if e.AsCall().FunctionName() != operators.Index || len(args) != 2 || !isRow(args[0]) || args[1].Kind() != ast.LiteralKind {
				return
			}
			if column, ok := args[1].AsLiteral().Value().(string); ok {
				columns = append(columns, column)
			}
		}
	}))
	return columns
}

// environment declares row and the typed readers of text.
func environment() (*cel.Env, error) {
	return cel.NewEnv(append(zoned(),
		cel.Variable("row", cel.MapType(cel.StringType, cel.StringType)),
		ext.Strings(),
		cel.Function("number", cel.Overload("number_text", []*cel.Type{cel.StringType}, cel.DoubleType, cel.UnaryBinding(celNumber))),
		cel.Function("integer", cel.Overload("integer_text", []*cel.Type{cel.StringType}, cel.IntType, cel.UnaryBinding(celInteger))),
		cel.Function("time", cel.Overload("time_text_text_text",
			[]*cel.Type{cel.StringType, cel.StringType, cel.StringType}, cel.TimestampType, cel.FunctionBinding(celTime))),
	)...)
}

func (x *expression) eval(row map[string]string) (ref.Val, error) {
	value, _, err := x.program.Eval(map[string]any{"row": row})
	return value, err
}

func (x *expression) flag(row map[string]string) (bool, error) {
	value, err := x.eval(row)
	if err != nil {
		return false, err
	}
	return value == types.True, nil
}

func (x *expression) text(row map[string]string) (string, error) {
	value, err := x.eval(row)
	if err != nil {
		return "", err
	}
	text, ok := value.(types.String)
	if !ok {
		return "", fmt.Errorf("gives %s, not text", value.Type())
	}
	return string(text), nil
}

// plainDecimal is what a number in a file looks like: no blanks, no exponents, no thousands.
var plainDecimal = regexp.MustCompile(`^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?$`)

// exactDecimal reads a decimal number without rounding it.
func exactDecimal(text string) (*big.Rat, error) {
	if !plainDecimal.MatchString(text) {
		return nil, fmt.Errorf("%.64q is not a decimal number such as -12.50", text)
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%.64q is not a decimal number such as -12.50", text)
	}
	return number, nil
}

func celNumber(value ref.Val) ref.Val {
	number, err := exactDecimal(string(value.(types.String)))
	if err != nil {
		return types.NewErr("number: %s", err)
	}
	double, _ := number.Float64()
	return types.Double(double)
}

func celInteger(value ref.Val) ref.Val {
	number, err := exactDecimal(string(value.(types.String)))
	if err != nil {
		return types.NewErr("integer: %s", err)
	}
	if !number.IsInt() || !number.Num().IsInt64() {
		return types.NewErr("integer: %s is not a whole number of at most 63 bits", number.RatString())
	}
	return types.Int(number.Num().Int64())
}

func celTime(values ...ref.Val) ref.Val {
	at, err := localTime(string(values[0].(types.String)), string(values[1].(types.String)), string(values[2].(types.String)))
	if err != nil {
		return types.NewErr("time: %s", err)
	}
	return types.Timestamp{Time: at}
}

// localTime reads a time as people of a time zone wrote it. A time that the clocks skipped is refused; of one that they showed twice it
// is the first.
func localTime(text, layout, tz string) (time.Time, error) {
	within, err := zone.Load(tz)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.64q is not an IANA time zone such as Europe/London", tz)
	}
	return timeIn(text, layout, within)
}

func timeIn(text, layout string, within *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, within)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.64q is not a time written like %s", text, layout)
	}
	wall, err := time.ParseInLocation(layout, text, time.UTC)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.64q is not a time written like %s", text, layout)
	}
	if at.Location() == within && at.Format(time.DateTime) != wall.Format(time.DateTime) {
		return time.Time{}, fmt.Errorf("%.64q did not happen in %s: the clocks went forward over it", text, within)
	}
	return at, nil
}
