package mapping

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// member reads one key of a mapping's object.
type member func(node *yaml.Node, field string) error

// parse walks the file's tree by hand, since a decoder into structs would not name the line and the field of what is wrong.
func (m *Mapping) parse(source []byte) error {
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return m.errorf(1, "mapping", "must be YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 {
		return m.errorf(1, "mapping", "must not be empty")
	}
	root := document.Content[0]
	kind := ""
	err := m.object(root, "", map[string]member{
		"kind":      func(n *yaml.Node, f string) error { return m.text(n, f, &kind) },
		"delimiter": m.parseDelimiter,
		"refuse":    func(n *yaml.Node, f string) error { return m.parseRules(n, f, &m.refuse) },
		"note":      func(n *yaml.Node, f string) error { return m.parseRules(n, f, &m.note) },
		"group_by": func(n *yaml.Node, f string) (err error) {
			m.groupBy, err = m.expression(n, f, wantsText)
			return err
		},
		"event": m.parseEvent,
	})
	if err != nil {
		return err
	}
	if kind != "Mapping" {
		return m.errorf(root.Line, "kind", "must be Mapping")
	}
	for _, required := range []string{"event_id", "name", "event_ts", "user.id"} {
		if !slices.ContainsFunc(m.values, func(v fieldValue) bool { return v.path == required || slices.Contains(otherNames[required], v.path) }) {
			return m.errorf(root.Line, "event", "must say where %s comes from", required)
		}
	}
	for _, value := range m.values {
		if m.groupBy == nil && (value.sum != nil || value.count) {
			return m.errorf(value.line, "event."+value.path, "adds rows up, so the mapping needs group_by")
		}
	}
	return nil
}

// otherNames are the second names of fields that every event must have.
var otherNames = map[string][]string{"name": {"event_name"}, "event_ts": {"ts"}, "user.id": {"user_id"}}

// object reads an object strictly: each key once, and no key that members does not have.
func (m *Mapping) object(node *yaml.Node, field string, members map[string]member) error {
	return m.pairs(node, field, func(key *yaml.Node, value *yaml.Node, path string) error {
		read := members[key.Value]
		if read == nil {
			known := make([]string, 0, len(members))
			for name := range members {
				known = append(known, name)
			}
			slices.Sort(known)
			return m.errorf(key.Line, path, "is not known here: use %s", strings.Join(known, ", "))
		}
		return read(value, path)
	})
}

func (m *Mapping) pairs(node *yaml.Node, field string, read func(key, value *yaml.Node, path string) error) error {
	if node.Kind != yaml.MappingNode {
		return m.errorf(node.Line, named(field), "must be an object")
	}
	var seen []string
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		path := strings.TrimPrefix(field+"."+key.Value, ".")
		if key.Kind != yaml.ScalarNode || slices.Contains(seen, key.Value) {
			return m.errorf(key.Line, path, "must be a key that is there once")
		}
		seen = append(seen, key.Value)
		if err := read(key, value, path); err != nil {
			return err
		}
	}
	return nil
}

func named(field string) string {
	if field == "" {
		return "mapping"
	}
	return field
}

func (m *Mapping) text(node *yaml.Node, field string, into *string) error {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" || node.Value == "" {
		return m.errorf(node.Line, field, "must be text")
	}
	*into = node.Value
	return nil
}

func (m *Mapping) parseDelimiter(node *yaml.Node, field string) error {
	text := ""
	if err := m.text(node, field, &text); err != nil {
		return err
	}
	char, size := utf8.DecodeRuneInString(text)
	if size != len(text) || strings.ContainsRune("\"\r\n\ufffd", char) {
		return m.errorf(node.Line, field, `must be one character other than a quote or an end of line, such as ";" or "\t"`)
	}
	m.delimiter = char
	return nil
}

// parseRules reads a list of {reason, when}.
func (m *Mapping) parseRules(node *yaml.Node, field string, into *[]condition) error {
	if node.Kind != yaml.SequenceNode || len(node.Content) > maxFields {
		return m.errorf(node.Line, field, "must be a list of at most %d objects with reason and when", maxFields)
	}
	for _, item := range node.Content {
		rule := condition{}
		err := m.object(item, field, map[string]member{
			"reason": func(n *yaml.Node, f string) error { return m.text(n, f, &rule.reason) },
			"when": func(n *yaml.Node, f string) (err error) {
				rule.when, err = m.expression(n, f, wantsFlag)
				return err
			},
		})
		if err != nil {
			return err
		}
		switch {
		case rule.reason == "" || rule.when == nil:
			return m.errorf(item.Line, field, "must have both reason and when")
		case strings.Contains(rule.reason, combinationMark):
			return m.errorf(item.Line, field+".reason", "must not hold %q, which stands between reasons in the report", combinationMark)
		case slices.ContainsFunc(*into, func(r condition) bool { return r.reason == rule.reason }):
			return m.errorf(item.Line, field+".reason", "is there twice: %q", rule.reason)
		}
		*into = append(*into, rule)
	}
	return nil
}

func (m *Mapping) parseEvent(node *yaml.Node, field string) error {
	return m.pairs(node, field, func(key, value *yaml.Node, path string) error {
		if len(m.values) == maxFields {
			return m.errorf(key.Line, path, "is one field too many: a mapping has at most %d", maxFields)
		}
		one := fieldValue{path: key.Value, line: key.Line}
		if err := m.parseValue(value, path, &one); err != nil {
			return err
		}
		m.values = append(m.values, one)
		return nil
	})
}

// parseValue reads where a field comes from: exactly one of const, column, cel, time, sum and count.
func (m *Mapping) parseValue(node *yaml.Node, field string, value *fieldValue) error {
	if node.Kind != yaml.MappingNode || len(node.Content) != 2 {
		return m.errorf(node.Line, field, `must say one thing: {const: x}, {column: X}, {cel: 'row["X"]'}, {time: {column, layout, tz}}, {sum: [A, B]} or {count: rows}`)
	}
	return m.object(node, field, map[string]member{
		"const": func(n *yaml.Node, f string) error { return m.parseConst(n, f, value) },
		"column": func(n *yaml.Node, f string) error {
			m.reads(n.Value, n.Line, f)
			return m.text(n, f, &value.column)
		},
		"cel": func(n *yaml.Node, f string) (err error) {
			value.expression, err = m.expression(n, f, wantsValue)
			return err
		},
		"time": func(n *yaml.Node, f string) error { return m.parseTime(n, f, value) },
		"sum":  func(n *yaml.Node, f string) error { return m.parseSum(n, f, value) },
		"count": func(n *yaml.Node, f string) error {
			what := ""
			if err := m.text(n, f, &what); err != nil || what != "rows" {
				return m.errorf(n.Line, f, "must be rows")
			}
			value.count = true
			return nil
		},
	})
}

// parseSum reads the columns whose product is added up over the rows of an event.
func (m *Mapping) parseSum(node *yaml.Node, field string, value *fieldValue) error {
	if node.Kind != yaml.SequenceNode || len(node.Content) == 0 || len(node.Content) > 8 {
		return m.errorf(node.Line, field, "must be a list of 1 to 8 columns, whose product is added up over the rows")
	}
	for _, item := range node.Content {
		column := ""
		if err := m.text(item, field, &column); err != nil {
			return err
		}
		m.reads(column, item.Line, field)
		value.sum = append(value.sum, column)
	}
	return nil
}
