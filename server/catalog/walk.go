package catalog

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/laurelhq/laurel/server/word"
)

const (
	// maxDepth bounds how deep a definition nests; the contracts need far less.
	maxDepth = 16
	// maxListItems bounds any list before its items are looked at; the contracts allow fewer.
	maxListItems = 1000
)

var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// walker compares the written nodes with a message's fields. It exists beside protoyaml because it names the nearest field, finds keys
// that are written twice, refuses anchors and empty values, and remembers where each field stands.
type walker struct {
	source   *source
	problems []Problem
	tooLarge bool
}

// walk returns what it finds wrong, and whether the document is worth a closer look: not when it is far out of bounds or has more problems
// than are told.
func (s *source) walk(message protoreflect.MessageDescriptor) ([]Problem, bool) {
	w := &walker{source: s}
	w.message("", s.root, message, 0)
	return w.problems, !w.full()
}

// full reports whether enough problems were found: nobody reads more, and each takes time.
func (w *walker) full() bool { return w.tooLarge || len(w.problems) >= MaxProblems }

func (w *walker) refuse(at *yaml.Node, field, format string, args ...any) {
	w.problems = append(w.problems, Problem{
		File: w.source.name, Line: at.Line, Column: at.Column, Field: field, Message: fmt.Sprintf(format, args...),
	})
}

func (w *walker) message(path string, written *yaml.Node, message protoreflect.MessageDescriptor, depth int) {
	if depth > maxDepth {
		w.refuse(written, path, "nests deeper than %d levels", maxDepth)
		return
	}
	if written.Kind != yaml.MappingNode {
		w.refuse(written, path, "takes fields (%s), not %s", fieldList(message), shape(written))
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(written.Content) && !w.full(); i += 2 {
		key, value := written.Content[i], written.Content[i+1]
		field := message.Fields().ByName(protoreflect.Name(key.Value))
		at := join(path, key.Value)
		switch line, twice := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			w.refuse(key, path, "has a key that is %s; the fields are %s", shape(key), fieldList(message))
		case twice:
			w.refuse(key, at, "is written twice, first on line %d; keep one", line)
		case field == nil:
			hint, name := "", nearField(key.Value, message)
			if w.source.unsure[path] = true; name != "" {
				hint, w.source.unsure[join(path, name)] = fmt.Sprintf("did you mean %s? ", name), true
			}
			w.refuse(key, at, "is not a field here; %sthe fields are %s", hint, fieldList(message))
		default:
			w.source.nodes[at] = node{key, value}
			w.field(at, value, field, depth)
		}
		lines[key.Value] = key.Line
	}
}

// nearField names the nearest field, in snake case even when the JSON name was written; empty when none is near.
func nearField(key string, message protoreflect.MessageDescriptor) string {
	if field := message.Fields().ByJSONName(key); field != nil {
		return string(field.Name())
	}
	return word.Meant(key, fieldNames(message))
}

func (w *walker) field(path string, value *yaml.Node, field protoreflect.FieldDescriptor, depth int) {
	switch {
	case value.Kind == yaml.AliasNode || value.Anchor != "":
		w.refuse(value, path, "uses an anchor or alias (& or *); write the value out")
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		w.refuse(value, path, "has no value; write one or leave the field out")
	case field.IsMap():
		w.entries(path, value, field, depth)
	case field.IsList():
		if value.Kind != yaml.SequenceNode {
			w.refuse(value, path, "takes a list, such as [a, b], not %s", shape(value))
			return
		}
		if len(value.Content) > maxListItems {
			w.refuse(value, path, "has %d items; no list may have more than %d", len(value.Content), maxListItems)
			w.tooLarge = true
			return
		}
		for i, item := range value.Content {
			if w.full() {
				return
			}
			at := fmt.Sprintf("%s[%d]", path, i)
			w.source.nodes[at] = node{nil, item}
			w.single(at, item, field, depth)
		}
	default:
		w.single(path, value, field, depth)
	}
}

// entries walks a field whose keys the author chooses. Its entries are named as protovalidate names them: event["user.id"].
func (w *walker) entries(path string, written *yaml.Node, field protoreflect.FieldDescriptor, depth int) {
	if written.Kind != yaml.MappingNode {
		w.refuse(written, path, "takes names with a value each, not %s", shape(written))
		return
	}
	if len(written.Content) > 2*maxListItems {
		w.refuse(written, path, "has %d names; there may not be more than %d", len(written.Content)/2, maxListItems)
		w.tooLarge = true
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(written.Content) && !w.full(); i += 2 {
		key, value := written.Content[i], written.Content[i+1]
		at := fmt.Sprintf("%s[%q]", path, word.Clip(key.Value, 64))
		line, twice := lines[key.Value]
		lines[key.Value] = key.Line
		switch {
		case key.Kind != yaml.ScalarNode:
			w.refuse(key, path, "has a name that is %s", shape(key))
		case twice:
			w.refuse(key, at, "is written twice, first on line %d; keep one", line)
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			w.refuse(value, at, "uses an anchor or alias (& or *); write the value out")
		default:
			w.source.nodes[at] = node{key, value}
			w.single(at, value, field.MapValue(), depth)
		}
	}
}

// anyValue is the message that takes whatever was written.
const anyValue = "google.protobuf.Value"

func (w *walker) single(path string, value *yaml.Node, field protoreflect.FieldDescriptor, depth int) {
	if field.Message() != nil && field.Message().FullName() != anyValue {
		w.message(path, value, field.Message(), depth+1)
		return
	}
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
		w.refuse(value, path, "takes one value, not %s", shape(value))
		return
	}
	switch field.Kind() {
	case protoreflect.MessageKind: // any value
	case protoreflect.Int32Kind:
		w.whole(path, value, 32)
	case protoreflect.Int64Kind:
		w.whole(path, value, 64)
	case protoreflect.DoubleKind:
		number, err := strconv.ParseFloat(value.Value, 64)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			w.refuse(value, path, "takes a number, such as 0.5, not %s", word.Quote(value.Value))
		}
	case protoreflect.BoolKind:
		if value.Tag != "!!bool" {
			w.refuse(value, path, "takes true or false, not %s", word.Quote(value.Value))
		}
	}
}

func (w *walker) whole(path string, value *yaml.Node, bits int) {
	if !wholeNumber.MatchString(value.Value) {
		w.refuse(value, path, "takes a whole number, such as 50, not %s", word.Quote(value.Value))
		return
	}
	if _, err := strconv.ParseInt(value.Value, 10, bits); err != nil {
		w.refuse(value, path, "is out of range: %s", word.Clip(value.Value, 32))
	}
}

func join(path, name string) string {
	name = word.Clip(name, 64)
	if path == "" {
		return name
	}
	return path + "." + name
}

// shape names what was written in words of YAML.
func shape(written *yaml.Node) string {
	switch written.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping of fields"
	case yaml.AliasNode:
		return "an alias"
	default:
		if written.Tag == "!!null" {
			return "nothing"
		}
		return word.Quote(written.Value)
	}
}

func fieldNames(message protoreflect.MessageDescriptor) []string {
	names := make([]string, 0, message.Fields().Len())
	for i := range message.Fields().Len() {
		names = append(names, string(message.Fields().Get(i).Name()))
	}
	return names
}

func fieldList(message protoreflect.MessageDescriptor) string {
	return strings.Join(fieldNames(message), ", ")
}
