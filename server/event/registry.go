package event

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
)

//go:embed schemas.yaml
var shippedSchemas []byte

// Registry holds the known event names with their schemas, compiled. It is immutable and safe for concurrent use.
type Registry struct {
	// names are all known names, sendable those that senders may use.
	names, sendable []string
	schemas         map[string]*schema
	currencies      *money.Currencies
}

// In returns a registry that takes amounts in these currencies; one that was not told takes those of ISO 4217.
func (r *Registry) In(currencies *money.Currencies) *Registry {
	in := *r
	in.currencies = currencies
	return &in
}

// schema is one event name: its known major versions, the newest first. An internal one is only ever emitted.
type schema struct {
	internal bool
	majors   []major
}

// major is one major version of a name, compiled into functions over the event.
type major struct {
	number   string
	newest   string
	required []requirement
	oneOf    [][][]requirement
	types    []typed
}

type requirement struct {
	path string
	has  func(*laurelv1.Event) bool
}

// document is one name of a schema file as it is written.
type document struct {
	Name     string `yaml:"name"`
	Internal bool   `yaml:"internal"`
	Versions []struct {
		Version  string            `yaml:"version"`
		Required []string          `yaml:"required"`
		OneOf    [][][]string      `yaml:"one_of"`
		Types    map[string]string `yaml:"types"`
	} `yaml:"versions"`
}

// NewRegistry returns the registry of the names that ship with Laurel.
func NewRegistry() (*Registry, error) {
	return ParseRegistry(shippedSchemas)
}

// ParseRegistry compiles a schema file; schemas.yaml of this package documents the format. The error names the event name, the
// version and the path at fault.
func ParseRegistry(source []byte) (*Registry, error) {
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	var documents []document
	if err := dec.Decode(&documents); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse event schemas: %w", err)
	}
	r := &Registry{schemas: make(map[string]*schema, len(documents))}
	for _, doc := range documents {
		if r.schemas[doc.Name] != nil {
			return nil, fmt.Errorf("event schema %q is there twice", doc.Name)
		}
		compiled, err := compile(doc)
		if err != nil {
			return nil, fmt.Errorf("event schema %q: %w", doc.Name, err)
		}
		r.schemas[doc.Name] = compiled
		r.names = append(r.names, doc.Name)
		if !doc.Internal {
			r.sendable = append(r.sendable, doc.Name)
		}
	}
	slices.Sort(r.names)
	slices.Sort(r.sendable)
	return r, nil
}

// Names returns the known event names, sorted, with those that only Laurel emits. The caller may change the slice.
func (r *Registry) Names() []string {
	return slices.Clone(r.names)
}

// Known reports whether an event name has a schema.
func (r *Registry) Known(name string) bool {
	return r.schemas[name] != nil
}

// conform checks an event against the schema of its name and stamps schema_version. An event that names several players must conform as
// each of them gets it.
func (r *Registry) conform(e *laurelv1.Event) *Problem {
	known := r.schemas[e.Name]
	if known == nil {
		return r.unknownName(e.Name)
	}
	if known.internal {
		return problemf("name", "must not be %s, which is emitted by Laurel itself: leave such events out", e.Name)
	}
	version := &known.majors[0]
	if e.SchemaVersion == "" {
		e.SchemaVersion = version.newest
	} else if version = known.find(e.SchemaVersion); version == nil {
		return known.unknownVersion(e)
	}
	if len(e.Participants) > 0 {
		return version.checkDelivered(e, r.currencies)
	}
	return version.check(e, r.currencies)
}

// check holds an event against the schema.
func (m *major) check(e *laurelv1.Event, currencies *money.Currencies) *Problem {
	for i := range m.required {
		if !m.required[i].has(e) {
			return problemf(m.required[i].path, "is required for the event name %s", e.Name)
		}
	}
	for _, choices := range m.oneOf {
		if !anyComplete(e, choices) {
			return missingChoice(e, choices)
		}
	}
	if e.Payload == nil {
		return nil
	}
	for i := range m.types {
		if problem := m.types[i].check(e.Payload, currencies); problem != nil {
			return problem
		}
	}
	return nil
}

func anyComplete(e *laurelv1.Event, choices [][]requirement) bool {
	for _, choice := range choices {
		complete := true
		for i := range choice {
			complete = complete && choice[i].has(e)
		}
		if complete {
			return true
		}
	}
	return false
}

// missingChoice names the first field that lacks of the choice that an event has most of.
func missingChoice(e *laurelv1.Event, choices [][]requirement) *Problem {
	words := make([]string, len(choices))
	lacks, most := "", -1
	for i, choice := range choices {
		paths, missing, has := make([]string, len(choice)), "", 0
		for j := range choice {
			paths[j] = choice[j].path
			if choice[j].has(e) {
				has++
			} else if missing == "" {
				missing = choice[j].path
			}
		}
		if has > most {
			lacks, most = missing, has
		}
		words[i] = strings.Join(paths, " with ")
	}
	return problemf(lacks, "is required for the event name %s (it needs %s)", e.Name, strings.Join(words, ", or "))
}

func (s *schema) find(version string) *major {
	number := majorOf(version)
	for i := range s.majors {
		if s.majors[i].number == number && wellFormed(version) {
			return &s.majors[i]
		}
	}
	return nil
}

func majorOf(version string) string {
	number, _, _ := strings.Cut(version, ".")
	return number
}

// wellFormed reports whether a version is one to three numbers with dots between, without the cost of the pattern.
func wellFormed(version string) bool {
	dots, digits := 0, 0
	for i := range len(version) {
		switch c := version[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && digits > 0 && dots < 2:
			dots, digits = dots+1, 0
		default:
			return false
		}
	}
	return digits > 0
}

func (s *schema) unknownVersion(e *laurelv1.Event) *Problem {
	known := make([]string, len(s.majors))
	for i, m := range s.majors {
		known[i] = m.number + " (newest " + m.newest + ")"
	}
	return problemf("schema_version", "must be a known major version of %s, which are %s, but is %s", e.Name, strings.Join(known, ", "),
		word.Quote(e.SchemaVersion))
}

func (r *Registry) unknownName(name string) *Problem {
	all := strings.Join(r.sendable, ", ")
	if name == "" {
		return problemf("name", "is required (or event_name): one of %s", all)
	}
	if near := word.Nearest(name, r.sendable); len(near) > 0 {
		return problemf("name", "must be a known event name, but is %s (near: %s)", word.Quote(name), strings.Join(near, ", "))
	}
	return problemf("name", "must be a known event name, but is %s: the known names are %s", word.Quote(name), all)
}
