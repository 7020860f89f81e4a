package catalog

import (
	"errors"
	"regexp"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/laurelhq/laurel/server/word"
)

var (
	allowedList  = regexp.MustCompile(`must be in list \[(.*)\]`)
	allowedRange = regexp.MustCompile(`^must be greater than or equal to (\S+) and less than or equal to (\S+)$`)
)

// violations checks the bounds written in the contract and returns those that are broken, leaving out fields that have a problem already
// or may be there under a name that isn't known.
func (s *source) violations(message proto.Message, patterns []pattern, known []Problem) []Problem {
	err := protovalidate.Validate(message)
	var invalid *protovalidate.ValidationError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		return []Problem{s.at("", "could not be checked: "+err.Error())}
	}
	var problems []Problem
	for _, violation := range invalid.Violations {
		field := protovalidate.FieldPathString(violation.Proto.GetField())
		if covered(field, known) || s.unsure[field] {
			continue
		}
		text := violation.Proto.GetMessage()
		if _, written := s.nodes[field]; !written && !violation.Proto.GetForKey() {
			text = missing(plain(patterns, field, text, ""), violation.FieldDescriptor)
		} else {
			text = plain(patterns, field, text, stringOf(violation.FieldValue))
		}
		problems = append(problems, s.at(field, text))
	}
	return problems
}

// covered reports whether a field, or one around it, has a problem already.
func covered(field string, known []Problem) bool {
	for path := field; path != ""; path = parentPath(path) {
		for _, problem := range known {
			if problem.Field == path {
				return true
			}
		}
	}
	return false
}

// stringOf is the text of a string value; empty for any other.
func stringOf(value protoreflect.Value) string {
	if !value.IsValid() {
		return ""
	}
	text, ok := value.Interface().(string)
	if !ok {
		return ""
	}
	return text
}

// missing words what is right of a field that was not written; its bounds alone would say that it is required, or not empty.
func missing(text string, field protoreflect.FieldDescriptor) string {
	switch {
	case field != nil && field.Message() != nil && !field.IsList() && !field.IsMap():
		return "is missing: it takes " + fieldList(field.Message())
	case text == required || text == notEmpty:
		return "is missing"
	}
	return "is missing: " + text
}

// What protovalidate says of a field that is not there, and what is made of its words about one without characters.
const (
	required = "is required"
	notEmpty = "must not be empty"
)

// plain turns a message of protovalidate into one that says what would be right.
func plain(patterns []pattern, field, message, written string) string {
	message = strings.TrimPrefix(message, "value ")
	if message == "must be at least 1 characters" {
		return notEmpty
	}
	if match := allowedRange.FindStringSubmatch(message); match != nil {
		return "must be " + match[1] + " to " + match[2]
	}
	if match := allowedList.FindStringSubmatch(message); match != nil {
		choices := strings.Split(strings.ReplaceAll(match[1], `"`, ""), ", ")
		text := "must be one of " + strings.Join(choices, ", ")
		if near := word.Meant(written, choices); near != "" {
			text += "; did you mean " + near + "?"
		}
		return text
	}
	if strings.Contains(message, "regex pattern") {
		for _, one := range patterns {
			if strings.HasPrefix(field, one.begins) && strings.HasSuffix(field, one.ends) {
				return one.message
			}
		}
	}
	return message
}
