package catalog

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// source is a YAML text and where each field of it stands.
type source struct {
	name  string
	text  []byte
	lines []string
	root  *yaml.Node
	nodes map[string]node
	// unsure are the fields that a name which isn't known may have been meant for, and those in which it stands: that they lack something is
	// no news.
	unsure map[string]bool
}

// node is where a field was written.
type node struct {
	key   *yaml.Node // nil for an item of a list
	value *yaml.Node
}

// scalar returns the text of a top-level field; empty when it is missing or no scalar.
func (s *source) scalar(key string) string {
	for i := 0; i+1 < len(s.root.Content); i += 2 {
		if value := s.root.Content[i+1]; s.root.Content[i].Value == key && value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
			s.nodes[key] = node{s.root.Content[i], value}
			return value.Value
		}
	}
	return ""
}

// at makes a problem of a field, at its value; at the nearest field around it when it was not written.
func (s *source) at(field, message string) Problem {
	return s.locate(Problem{Field: field, Message: message})
}

// place gives every problem the line and column of its field; see Problem.Line.
func (s *source) place(problems []Problem) []Problem {
	placed := make([]Problem, 0, len(problems))
	for _, problem := range problems {
		placed = append(placed, s.locate(problem))
	}
	return placed
}

func (s *source) locate(problem Problem) Problem {
	problem.File = s.name
	inLine, inColumn := problem.Line, problem.Column
	for path := problem.Field; path != ""; path = parentPath(path) {
		found, ok := s.nodes[path]
		if !ok {
			continue
		}
		where := found.value
		if found.key != nil && (path != problem.Field || where.Kind != yaml.ScalarNode) {
			where = found.key
		}
		problem.Line, problem.Column = where.Line, where.Column
		if path == problem.Field && inLine > 0 {
			problem.Line, problem.Column = s.within(where, inLine, inColumn)
		}
		return problem
	}
	problem.Line, problem.Column = s.root.Line, s.root.Column
	return problem
}

// fieldAt returns the path of the field written at a place; empty when there is none.
func (s *source) fieldAt(line, column int) string {
	for path, found := range s.nodes {
		if found.value.Line == line && found.value.Column == column {
			return path
		}
	}
	return ""
}

// parentPath takes the last step off a path: a.b[2] → a.b → a → nothing.
func parentPath(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// within finds the place in the document of a place in a scalar's value, both counted from 1 in characters. Where the way of
// writing makes that uncertain the scalar's own place is returned.
func (s *source) within(scalar *yaml.Node, line, column int) (int, int) {
	if scalar.Kind != yaml.ScalarNode || column < 1 {
		return scalar.Line, scalar.Column
	}
	switch {
	case scalar.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.withinBlock(scalar, line, column)
	case line != 1 || scalar.Line > len(s.lines):
		return scalar.Line, scalar.Column
	case scalar.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		written := []rune(s.lines[scalar.Line-1])
		at := scalar.Column // index of the first character after the quote
		for range column - 1 {
			at += escapeLength(written, at, scalar.Style)
		}
		if at >= len(written) {
			return scalar.Line, scalar.Column
		}
		return scalar.Line, at + 1
	default:
		if scalar.Column+column-1 > utf8.RuneCountInString(s.lines[scalar.Line-1]) {
			return scalar.Line, scalar.Column
		}
		return scalar.Line, scalar.Column + column - 1
	}
}

// escapeLength is how many written characters make one character of a quoted scalar.
func escapeLength(written []rune, at int, style yaml.Style) int {
	if at+1 >= len(written) {
		return 1
	}
	switch {
	case style&yaml.SingleQuotedStyle != 0 && written[at] == '\'':
		return 2
	case style&yaml.DoubleQuotedStyle == 0 || written[at] != '\\':
		return 1
	}
	switch written[at+1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	default:
		return 2
	}
}

// withinBlock finds a place in a block scalar (| or >), whose text starts on the line after its head.
func (s *source) withinBlock(scalar *yaml.Node, line, column int) (int, int) {
	first := scalar.Line // index of the line after the head
	filled := first
	for filled < len(s.lines) && strings.TrimSpace(s.lines[filled]) == "" {
		filled++
	}
	if filled >= len(s.lines) {
		return scalar.Line, scalar.Column
	}
	indent := len(s.lines[filled]) - len(strings.TrimLeft(s.lines[filled], " "))
	if scalar.Style&yaml.LiteralStyle != 0 {
		return first + line, indent + column
	}
	if line != 1 {
		return scalar.Line, scalar.Column // empty lines fold differently
	}
	for at := first; at < len(s.lines); at++ {
		length := utf8.RuneCountInString(s.lines[at]) - indent
		if length <= 0 {
			break
		}
		if column <= length+1 {
			return at + 1, indent + column
		}
		column -= length + 1
	}
	return scalar.Line, scalar.Column
}
