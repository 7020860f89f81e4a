package rule

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/word"
)

// comprehensions are what CEL has beyond this language: their cost grows with the data, so they are refused by name.
var comprehensions = []string{"all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap",
	"transformMapEntry", "sortBy", "bind"}

// linter walks a parsed expression before it is type-checked: it says in the words of the language what is not part of it, and makes every
// number literal a double so that all arithmetic is on doubles.
type linter struct {
	field    string
	info     *ast.SourceInfo
	factory  ast.ExprFactory
	names    map[string]bool
	prefixes map[string]bool
	known    []string // functions one may write by name
	problems []catalog.Problem
	reads    map[string]bool
}

func newLinter(field string, env *cel.Env, parsed *cel.Ast) *linter {
	l := &linter{
		field: field, info: parsed.NativeRep().SourceInfo(), factory: ast.NewExprFactory(),
		names: map[string]bool{}, prefixes: map[string]bool{}, reads: map[string]bool{},
	}
	for _, v := range variables {
		l.names[v.name] = true
		if root, _, dotted := strings.Cut(v.name, "."); dotted {
			l.prefixes[root] = true
		}
	}
	for name := range env.Functions() {
		if !strings.ContainsAny(name, "_@!") {
			l.known = append(l.known, name)
		}
	}
	slices.Sort(l.known)
	return l
}

func (l *linter) refuse(e ast.Expr, format string, args ...any) {
	start := l.info.GetStartLocation(e.ID())
	column := max(start.Column(), 0) + 1
	if e.Kind() == ast.CallKind {
		column = nameStart(e.AsCall().FunctionName(), column)
	}
	l.problems = append(l.problems, catalog.Problem{
		Line: max(start.Line(), 1), Column: column, Field: l.field, Message: fmt.Sprintf(format, args...),
	})
}

// nameStart moves a column from the bracket of a call, where CEL places it, to the first letter of the name before it.
func nameStart(name string, column int) int {
	if name == "" || strings.ContainsAny(name, "_@!") || column <= len(name) {
		return column
	}
	return column - len(name)
}

func (l *linter) visit(e ast.Expr, depth int) {
	if depth > maxNesting {
		if depth == maxNesting+1 {
			l.refuse(e, "nests deeper than %d levels", maxNesting)
		}
		return
	}
	switch e.Kind() {
	case ast.LiteralKind:
		l.literal(e)
	case ast.IdentKind:
		l.path(e, e.AsIdent(), false)
	case ast.SelectKind:
		l.selection(e, depth)
	case ast.CallKind:
		l.call(e, depth)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			l.visit(element, depth+1)
		}
	case ast.MapKind, ast.StructKind:
		l.refuse(e, "a mapping in braces is not part of formulas")
	case ast.ComprehensionKind:
		l.refuse(e, "comprehensions are not part of formulas: their cost could not be bounded")
	}
}

func (l *linter) literal(e ast.Expr) {
	switch value := e.AsLiteral().(type) {
	case types.Int:
		if int64(value) > maxUnits || int64(value) < -maxUnits {
			l.refuse(e, "the number %d is beyond 2^53 and can't be exact", int64(value))
			return
		}
		e.SetKindCase(l.factory.NewLiteral(e.ID(), types.Double(value)))
	case types.Uint:
		l.refuse(e, "write the number without u")
	case types.Bytes:
		l.refuse(e, "bytes are not part of formulas; write a text in quotes")
	}
}

// selection reads a chain such as win.amount as one name.
func (l *linter) selection(e ast.Expr, depth int) {
	names := []string{e.AsSelect().FieldName()}
	test := e.AsSelect().IsTestOnly()
	operand := e.AsSelect().Operand()
	for operand.Kind() == ast.SelectKind && !operand.AsSelect().IsTestOnly() {
		names = append(names, operand.AsSelect().FieldName())
		operand = operand.AsSelect().Operand()
	}
	if operand.Kind() != ast.IdentKind {
		l.visit(operand, depth+1)
		return
	}
	names = append(names, operand.AsIdent())
	slices.Reverse(names)
	l.path(operand, strings.TrimPrefix(strings.Join(names, "."), "."), test)
}

// path checks one name, dotted or not.
func (l *linter) path(e ast.Expr, name string, test bool) {
	name = strings.TrimPrefix(name, ".")
	root, rest, _ := strings.Cut(name, ".")
	if root == payloadName {
		l.reads[payloadName], l.reads[name] = true, true
		return
	}
	if test {
		l.refuse(e, "has() is for fields of payload; %s is always there, empty when the event does not carry it", name)
		return
	}
	if l.names[name] {
		l.reads[name] = true
		return
	}
	switch {
	case l.prefixes[root] && rest == "":
		l.refuse(e, "%s has no value of its own; its fields are %s", name, strings.Join(l.fieldsOf(root), ", "))
	case l.prefixes[root]:
		l.refuse(e, "%s is not a field; %sthe fields are %s", name, l.meant(name, l.fieldsOf(root)), strings.Join(l.fieldsOf(root), ", "))
	default:
		l.refuse(e, "%s is not known; %sthe fields are those of %s", name, l.meant(name, l.allNames()), allFields())
	}
}

// allFields tells the variables, those of one object by its name.
var allFields = sync.OnceValue(func() string {
	var objects, others []string
	for _, v := range variables {
		object, _, dotted := strings.Cut(v.name, ".")
		switch {
		case !dotted && v.name != payloadName:
			others = append(others, v.name)
		case dotted && !slices.Contains(objects, object):
			objects = append(objects, object)
		}
	}
	return strings.Join(objects, ", ") + ", and " + strings.Join(append(others, payloadName+".*"), ", ")
})

func (l *linter) meant(name string, candidates []string) string {
	if near := word.Meant(name, candidates); near != "" {
		return "did you mean " + near + "? "
	}
	return ""
}

func (l *linter) fieldsOf(root string) []string {
	var fields []string
	for _, v := range variables {
		if strings.HasPrefix(v.name, root+".") {
			fields = append(fields, v.name)
		}
	}
	return fields
}

func (l *linter) allNames() []string {
	names := make([]string, 0, len(variables))
	for _, v := range variables {
		names = append(names, v.name)
	}
	return names
}

func (l *linter) call(e ast.Expr, depth int) {
	call := e.AsCall()
	name := call.FunctionName()
	arguments := call.Args()
	switch {
	case slices.Contains(comprehensions, name) && call.IsMemberFunction():
		l.refuse(e, "%s walks through data, so its cost could not be bounded; it is not part of formulas", name)
		return
	case name == "_%_":
		l.refuse(e, "%% is not part of formulas")
		return
	case !strings.ContainsAny(name, "_@!") && !slices.Contains(l.known, name):
		l.refuse(e, "%s is not a function; %sthe functions are %s", name, l.meant(name, l.known), strings.Join(l.known, ", "))
		return
	case name == "matches":
		l.regularExpression(e, arguments)
	case name == "_[_]" && len(arguments) == 2 && arguments[1].Kind() == ast.LiteralKind:
		l.reads[pathOf(e)] = true
		arguments = arguments[:1] // an index stays a whole number
	}
	if call.IsMemberFunction() {
		l.visit(call.Target(), depth+1)
	}
	for _, argument := range arguments {
		l.visit(argument, depth+1)
	}
}

// regularExpression asks for a constant, so that it is compiled once and its cost is known.
func (l *linter) regularExpression(e ast.Expr, arguments []ast.Expr) {
	if len(arguments) == 0 {
		return
	}
	pattern := arguments[len(arguments)-1]
	var text types.String
	ok := pattern.Kind() == ast.LiteralKind
	if ok {
		text, ok = pattern.AsLiteral().(types.String)
	}
	switch {
	case !ok:
		l.refuse(e, "matches takes a regular expression in quotes, not a computed one")
	case utf8.RuneCountInString(string(text)) > maxRegexRunes:
		l.refuse(pattern, "the regular expression has more than %d characters", maxRegexRunes)
	}
}
