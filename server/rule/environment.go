package rule

import (
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	celenv "cel.dev/cel-go/common/env"
)

const (
	// MaxCost bounds the estimated cost of one expression, in CEL's units: about one for each operation and one for ten characters or one list
	// element looked at. A unit takes some 50 ns, so an event made to be as expensive as can be, with a payload of 16 KiB, takes about a
	// millisecond.
	MaxCost = 20_000
	// maxExpressionRunes bounds the text of an expression.
	maxExpressionRunes = 2048
	// maxNodes bounds the operations, fields and literals of an expression.
	maxNodes = 500
	// maxNesting bounds how deep an expression nests.
	maxNesting = 50
	// maxRegexRunes and maxRegexProgram bound a regular expression as it is written and as it is compiled.
	maxRegexRunes   = 256
	maxRegexProgram = 1000
	// parserRecursion bounds the parser's own stack. One level of brackets takes more than ten of its rules.
	parserRecursion = 250

	overloadMatches = "matches_string"
)

// environment is the one CEL environment of all formulas and filters. It is built once because it takes longer than a hundred compilations;
// it never changes.
var environment = sync.OnceValues(newEnvironment)

func newEnvironment() (*cel.Env, error) {
	overloads := func(name string, ids ...string) *celenv.Function {
		function := &celenv.Function{Name: name}
		for _, id := range ids {
			function.Overloads = append(function.Overloads, &celenv.Overload{ID: id})
		}
		return function
	}
	subset := celenv.NewLibrarySubset().AddIncludedMacros("has").AddIncludedFunctions(
		overloads("_&&_"), overloads("_||_"), overloads("!_"), overloads("_?_:_"), overloads("_==_"), overloads("_!=_"), overloads("@in"),
		overloads("_[_]"),
		overloads("_<_", "less_double", "less_string"), overloads("_<=_", "less_equals_double", "less_equals_string"),
		overloads("_>_", "greater_double", "greater_string"), overloads("_>=_", "greater_equals_double", "greater_equals_string"),
		overloads("contains"), overloads("startsWith"), overloads("endsWith"), overloads("matches", overloadMatches),
	)
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.ParserExpressionSizeLimit(maxExpressionRunes),
		cel.ParserRecursionLimit(parserRecursion),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxRegexProgram),
	}
	for _, v := range variables {
		options = append(options, cel.Variable(v.name, v.kind))
	}
	env, err := cel.NewCustomEnv(append(options, numberFunctions()...)...)
	if err != nil {
		return nil, fmt.Errorf("build the formula language: %w", err)
	}
	return env, nil
}

// estimator tells the estimate of costs how large the fields of an event can be.
type estimator struct{}

// EstimateSize implements checker.CostEstimator.
func (estimator) EstimateSize(element checker.AstNode) *checker.SizeEstimate {
	path := strings.Join(element.Path(), ".")
	for _, v := range variables {
		if v.name == path {
			return &checker.SizeEstimate{Min: 0, Max: v.maxSize}
		}
	}
	if element.Type() != nil && element.Type().Kind() == cel.DoubleType.Kind() {
		return &checker.SizeEstimate{Min: 1, Max: 1}
	}
	return &checker.SizeEstimate{Min: 0, Max: maxPayloadBytes}
}

// EstimateCallCost implements checker.CostEstimator. Regular expressions cost one for each character looked at and four characters of the
// pattern, which is ten times what CEL says and what they were measured to take; for the rest CEL is right.
func (x estimator) EstimateCallCost(_, overload string, target *checker.AstNode, arguments []checker.AstNode) *checker.CallEstimate {
	if overload != overloadMatches || target == nil || len(arguments) != 1 {
		return nil
	}
	text := (*target).ComputedSize()
	if text == nil {
		text = x.EstimateSize(*target)
	}
	pattern := uint64(maxRegexRunes)
	if size := arguments[0].ComputedSize(); size != nil {
		pattern = size.Max
	}
	return &checker.CallEstimate{CostEstimate: checker.CostEstimate{Min: 1, Max: 1 + text.Max*(pattern/4+1)}}
}
