package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"buf.build/go/protoyaml"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
)

// MaxDocumentBytes bounds one document, in bytes of YAML.
const MaxDocumentBytes = 262144

// Document is a definition as it was read.
type Document struct {
	// Name is the file it came from, or empty.
	Name string
	// Kind is one of the kinds of the language.
	Kind string
	// ID is the definition's id within its kind.
	ID string
	// Yaml is the text as it was written.
	Yaml string
	// Hash is the SHA-256 of the canonical form, in hexadecimal.
	Hash string
	// Message is the definition; nil when the document could not be read as one of its kind.
	Message Message

	kind   *kind
	source *source
}

// Parse reads one definition. name is the file told in problems and may be empty. The document is nil when not even the kind could be
// read; otherwise it holds what could be read, so that an editor can show it, but it may be published only when there are no problems.
func Parse(name string, doc []byte) (*Document, []Problem) {
	return parseAt(name, doc, 0)
}

// parseAt reads one definition of a file of several: offset is the number of lines before it.
func parseAt(name string, text []byte, offset int) (*Document, []Problem) {
	src, problems := readSource(name, text, offset)
	if len(problems) > 0 {
		return nil, problems
	}
	document := &Document{Name: name, Yaml: string(text), source: src}
	document.Kind = src.scalar("kind")
	document.ID = src.scalar("id")
	if message := kindProblem(document.Kind); message != "" {
		return document, []Problem{src.at("kind", message)}
	}
	document.kind = kindOf(document.Kind)
	message := document.kind.empty()
	problems, ok := src.decode(message, document.kind.patterns)
	if !ok {
		return document, tidy(problems)
	}
	document.Message, document.ID = message, message.GetId()
	fieldsWithProblems := map[string]bool{}
	for _, problem := range problems {
		fieldsWithProblems[problem.Field] = true
	}
	var found refusals
	document.kind.check(message, found.refuse)
	for _, problem := range src.place(found) {
		if !fieldsWithProblems[problem.Field] && !src.unsure[problem.Field] {
			problems = append(problems, problem)
		}
	}
	hash, err := canonicalHash(message)
	if err != nil {
		problems = append(problems, src.at("", "has no canonical form: "+err.Error()))
	}
	document.Hash = hash
	return document, tidy(problems)
}

// refusals are problems that have no place in a document yet.
type refusals []Problem

func (r *refusals) refuse(field, format string, args ...any) {
	*r = append(*r, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

// Place turns problems that count within the value of their field into problems of the document, with its lines.
func (d *Document) Place(problems []Problem) []Problem {
	return tidy(d.source.place(problems))
}

// canonicalHash is the SHA-256, in hexadecimal, of the deterministic protobuf encoding.
func canonicalHash(message proto.Message) (string, error) {
	canonical, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return "", fmt.Errorf("encode definition: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

var yamlErrorLine = regexp.MustCompile(`line (\d+): (?s)(.*)`)

// strangeLineEnd are the line ends that YAML knows beside LF and CRLF. With them its line numbers are no editor's, and protoyaml looks
// for lines that are not there.
var strangeLineEnd = regexp.MustCompile("\r(?:[^\n]|$)|[\u0085\u2028\u2029]")

// readSource turns text into nodes and refuses what no definition may contain.
func readSource(name string, text []byte, offset int) (*source, []Problem) {
	whole := func(message string) []Problem { return []Problem{{File: name, Message: message}} }
	if len(text) > MaxDocumentBytes {
		return nil, whole(fmt.Sprintf("the document has %d bytes; at most %d are read", len(text), MaxDocumentBytes))
	}
	if !utf8.Valid(text) {
		return nil, whole("the document is not valid UTF-8")
	}
	if lineEnd := strangeLineEnd.FindIndex(text); lineEnd != nil {
		return nil, []Problem{{File: name, Line: offset + bytes.Count(text[:lineEnd[0]], []byte("\n")) + 1,
			Message: "the line ends with a sign that only YAML takes for a line end; end lines with LF or CRLF"}}
	}
	// Empty lines in front make every line number that yaml and protoyaml tell a line of the file.
	padded := append(bytes.Repeat([]byte("\n"), offset), text...)
	decoder := yaml.NewDecoder(bytes.NewReader(padded))
	var document, next yaml.Node
	err := decoder.Decode(&document)
	switch {
	case errors.Is(err, io.EOF), err == nil && (len(document.Content) == 0 || document.Content[0].Tag == "!!null"):
		return nil, whole("the document is empty; start with its kind, such as kind: " + KindContest)
	case err != nil:
		return nil, []Problem{syntaxProblem(name, err)}
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, []Problem{{File: name, Line: root.Line, Column: root.Column, Message: "a definition is a mapping of fields, such as kind: " +
			KindContest}}
	}
	err = decoder.Decode(&next)
	switch {
	case err == nil:
		return nil, []Problem{{File: name, Line: next.Line, Column: next.Column, Message: "a second document starts here; write one " +
			"definition a document"}}
	case !errors.Is(err, io.EOF):
		return nil, []Problem{syntaxProblem(name, err)}
	}
	return &source{name: name, text: padded, lines: strings.Split(string(padded), "\n"), root: root, nodes: map[string]node{},
		unsure: map[string]bool{}}, nil
}

// parserErrors are the messages with which the YAML library tells the line before the one it means; in its other errors the line is right.
var parserErrors = regexp.MustCompile(`did not find expected (key|node content|<document start>|'-' indicator|',' or)`)

// syntaxProblem takes the line out of an error of the YAML library.
func syntaxProblem(name string, err error) Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if match := yamlErrorLine.FindStringSubmatch(message); match != nil {
		line, _ = strconv.Atoi(match[1])
		message = match[2]
	}
	if parserErrors.MatchString(message) {
		line++
	}
	if message == "found character that cannot start any token" {
		message += "; a tab can't indent, use spaces"
	}
	return Problem{File: name, Line: line, Message: "not valid YAML: " + message}
}

var protoyamlError = regexp.MustCompile(`^[^\n]*?:(\d+):(\d+) ([^\n]*)`)

// decode fills message from the nodes: first by a walk that knows the names, then by protoyaml, then by protovalidate.
// The second result is false when it gave up before the message was filled.
func (s *source) decode(message proto.Message, patterns []pattern) ([]Problem, bool) {
	problems, ok := s.walk(message.ProtoReflect().Descriptor())
	if !ok {
		return problems, false // protoyaml would find them again, and quote the whole line in each
	}
	taken := map[[2]int]bool{}
	for _, problem := range problems {
		taken[[2]int{problem.Line, problem.Column}] = true
	}
	err := protoyaml.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(s.text, message)
	for _, cause := range splitErrors(err) {
		problem := Problem{File: s.name, Message: cause.Error()}
		if match := protoyamlError.FindStringSubmatch(problem.Message); match != nil {
			problem.Line, _ = strconv.Atoi(match[1])
			problem.Column, _ = strconv.Atoi(match[2])
			problem.Field = s.fieldAt(problem.Line, problem.Column)
			problem.Message = match[3]
		}
		if !taken[[2]int{problem.Line, problem.Column}] {
			problems = append(problems, problem)
		}
	}
	return append(problems, s.violations(message, patterns, problems)...), true
}

// splitErrors takes joined errors apart and returns the first MaxProblems of them.
func splitErrors(err error) []error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all := joined.Unwrap()
		return all[:min(len(all), MaxProblems)]
	}
	return []error{err}
}
