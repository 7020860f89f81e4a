package rule

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types/ref"

	"github.com/laurelhq/laurel/server/catalog"
)

// expression is a compiled formula or filter.
type expression struct {
	program cel.Program
	// reads are the variables it mentions.
	reads map[string]bool
	// tree is what was written, with each number a double.
	tree ast.Expr
}

// compileExpression compiles the text of a field whose result must be of a kind, or dynamic. The problems count lines and columns within
// the text.
func compileExpression(field, text string, want *cel.Type) (*expression, []catalog.Problem) {
	whole := func(message string) []catalog.Problem {
		return []catalog.Problem{{Line: 1, Column: 1, Field: field, Message: message}}
	}
	env, err := environment()
	if err != nil {
		return nil, whole(err.Error())
	}
	parsed, issues := env.Parse(text)
	if problems := fromIssues(field, issues); len(problems) > 0 {
		return nil, problems
	}
	l := newLinter(field, env, parsed)
	l.visit(parsed.NativeRep().Expr(), 0)
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	checked, issues := env.Check(parsed)
	if problems := fromIssues(field, issues); len(problems) > 0 {
		return nil, problems
	}
	if got := checked.OutputType(); !got.IsExactType(want) && !got.IsExactType(cel.DynType) {
		return nil, whole(fmt.Sprintf("gives %s; it must give %s", typeName(got.String()), typeName(want.String())))
	}
	estimate, err := env.EstimateCost(checked, estimator{})
	if err != nil {
		return nil, whole("its cost can't be estimated: " + err.Error())
	}
	if estimate.Max > MaxCost {
		return nil, whole(fmt.Sprintf("may cost %d for one event and the limit is %d; make it shorter, or compare with == or startsWith in "+
			"place of matches and contains",
			estimate.Max, MaxCost))
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, whole(plainMessage(err.Error()))
	}
	return &expression{program: program, reads: l.reads, tree: parsed.NativeRep().Expr()}, nil
}

// evaluate returns the value, or the outcome when a field it needs is missing, or an error when the event's values make no sense to it.
func (x *expression) evaluate(a *activation) (ref.Val, Outcome, error) {
	a.missing = Counted
	value, _, err := x.program.Eval(a)
	if err == nil {
		return value, Counted, nil
	}
	switch {
	case errors.Is(err, error(errMissing)) && a.missing != Counted:
		return nil, a.missing, nil
	case strings.HasPrefix(err.Error(), "no such key"):
		return nil, MissingField, nil
	default:
		return nil, Counted, errors.New(plainMessage(err.Error()))
	}
}

func fromIssues(field string, issues *cel.Issues) []catalog.Problem {
	var problems []catalog.Problem
	for _, issue := range issues.Errors() {
		line, column := 1, 1
		if issue.Location.Line() > 0 {
			line, column = issue.Location.Line(), issue.Location.Column()+1
		}
		if match := noOverload.FindStringSubmatch(issue.Message); match != nil {
			column = nameStart(match[1], column)
		}
		problems = append(problems, catalog.Problem{Line: line, Column: column, Field: field, Message: plainMessage(issue.Message)})
	}
	return problems
}

var (
	noOverload    = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	noRuntime     = regexp.MustCompile(`^no such overload: (.*)(\([^()]*\))$`)
	expecting     = regexp.MustCompile(`(?s) expecting \{?.*$`)
	operatorNames = strings.NewReplacer("_&&_", "&&", "_||_", "||", "!_", "!", "_?_:_", "?:", "_==_", "==", "_!=_", "!=", "@in", "in", "_[_]",
		"[]", "_<=_", "<=",
		"_>=_", ">=", "_<_", "<", "_>_", ">", "_+_", "+", "_-_", "-", "_*_", "*", "_/_", "/", "-_", "-")
	typeNames = strings.NewReplacer("double", "number", "string", "text", "bool", "true or false", "int", "whole number", "dyn", "any")
)

// plainMessage turns a message of CEL into one for people who don't know its inner names.
func plainMessage(message string) string {
	if match := noOverload.FindStringSubmatch(message); match != nil {
		return fmt.Sprintf("%s can't be applied to %s", operatorNames.Replace(match[1]), typeNames.Replace(match[2]))
	}
	if match := noRuntime.FindStringSubmatch(message); match != nil {
		return fmt.Sprintf("%s can't be applied to %s", operatorNames.Replace(match[1]), typeNames.Replace(match[2]))
	}
	if rest, ok := strings.CutPrefix(message, "Syntax error: "); ok {
		return "is not a valid expression: " + expecting.ReplaceAllString(rest, "")
	}
	return message
}

func typeName(name string) string {
	switch name {
	case "double":
		return "a number"
	case "bool":
		return "true or false"
	case "string":
		return "a text"
	default:
		return typeNames.Replace(name)
	}
}
