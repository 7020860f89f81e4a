package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/server/word"
)

// KindContest is the kind of a contest, as written in YAML.
const KindContest = "Contest"

// Message is a definition as it was parsed; each kind has a message of its own.
type Message interface {
	proto.Message
	GetKind() string
	GetId() string
	GetTitle() string
}

// refuse notes a problem of a field.
type refuse func(field, format string, args ...any)

// kind is a row of the table of kinds: everything in which documents of one kind differ from others before they are compiled. The compile
// step is a Step, since what a formula means belongs to packages further down the flow.
type kind struct {
	name string
	// empty makes a message for a document to be read into.
	empty func() Message
	// check refuses what the bounds in the contract can't say.
	check func(definition Message, refuse refuse)
	// fit refuses what does not fit the vocabulary: names that nobody published, and what contradicts a publication. Unlike check it is
	// asked of what is to be published only, not of what is read back.
	fit func(definition Message, known *Vocabulary, refuse refuse)
	// plan is the definition as it runs, with every default written out; nil when that can't be told.
	plan func(definition Message, known *Vocabulary) proto.Message
	// read says in plain English what the definition does.
	read func(definition Message) []string
	// succeed refuses what may not follow the version before.
	succeed func(before, after Message, now time.Time, refuse refuse)
	// patterns say what is right of fields whose bound is a regular expression. The first whose path begins or ends a field's is told.
	patterns []pattern
	// wholes are fields that mean something only as a whole: when one part can't be read nothing of it can.
	wholes []string
}

// pattern words a regular expression of the contract.
type pattern struct{ begins, ends, message string }

// row is a kind with the type of its message.
type row[M Message] struct {
	name     string
	empty    func() M
	check    func(definition M, refuse refuse)
	fit      func(definition M, known *Vocabulary, refuse refuse)
	plan     func(definition M, known *Vocabulary) proto.Message
	read     func(definition M) []string
	succeed  func(before, after M, now time.Time, refuse refuse)
	patterns []pattern
	wholes   []string
}

// kind forgets the type.
func (r row[M]) kind() *kind {
	of := func(definition Message) M {
		m, ok := definition.(M)
		if !ok {
			panic(fmt.Sprintf("a definition of kind %s is %T", r.name, definition))
		}
		return m
	}
	return &kind{
		name:  r.name,
		empty: func() Message { return r.empty() },
		check: func(definition Message, refuse refuse) { r.check(of(definition), refuse) },
		fit:   func(definition Message, known *Vocabulary, refuse refuse) { r.fit(of(definition), known, refuse) },
		plan:  func(definition Message, known *Vocabulary) proto.Message { return r.plan(of(definition), known) },
		read:  func(definition Message) []string { return r.read(of(definition)) },
		succeed: func(before, after Message, now time.Time, refuse refuse) {
			r.succeed(of(before), of(after), now, refuse)
		},
		patterns: r.patterns, wholes: r.wholes,
	}
}

// kinds are the kinds that this version reads, in the order in which a folder of them is published: a kind may refer to those before it.
// plannedKinds are those that the language has beside them.
var (
	kinds        = []*kind{currencyKind.kind(), exchangeRatesKind.kind(), contestKind.kind()}
	plannedKinds = []string{"Rule", "Mission", "Budget", "AlarmRule", "Activity", "Experiment", "EventSchema", "Segment", "RewardTable"}
)

// kindOf returns a row of the table; nil when this version does not read the kind.
func kindOf(name string) *kind {
	if i := slices.IndexFunc(kinds, func(k *kind) bool { return k.name == name }); i >= 0 {
		return kinds[i]
	}
	return nil
}

// Unsupported reports whether kind is a kind of the language that this version does not read.
func Unsupported(kind string) bool { return slices.Contains(plannedKinds, kind) }

// supportedKinds are the names of the kinds that can be written today.
func supportedKinds() []string {
	var names []string
	for _, k := range slices.Backward(kinds) { // those that others refer to come last: they are the rarer ones
		names = append(names, k.name)
	}
	return names
}

// kindProblem says why a document of this kind can't be read; empty when it can.
func kindProblem(kind string) string {
	supported := supportedKinds()
	switch {
	case slices.Contains(supported, kind):
		return ""
	case Unsupported(kind):
		return fmt.Sprintf("%s is a known kind, but this version of Laurel does not support it; supported: %s", kind,
			strings.Join(supported, ", "))
	case kind == "":
		return "is missing; write one of " + strings.Join(supported, ", ")
	default:
		return fmt.Sprintf("%q is not a kind; %sthe kinds are %s", word.Clip(kind, 64), meant(kind, supported), strings.Join(supported, ", "))
	}
}

// ListedKindProblem says why definitions of a kind can't be listed; empty when they can. Those of a kind that this version does not read
// can: a newer one may have published them.
func ListedKindProblem(kind string) string {
	if kind == "" || Unsupported(kind) {
		return ""
	}
	return kindProblem(kind)
}

// meant returns "did you mean x? " for the candidate nearest to word, or nothing when none is near.
func meant(written string, candidates []string) string {
	if name := word.Meant(written, candidates); name != "" {
		return fmt.Sprintf("did you mean %s? ", name)
	}
	return ""
}
