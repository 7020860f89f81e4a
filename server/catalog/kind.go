package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurelhq/laurel/server/word"
)

// KindContest is the kind of a contest, as written in YAML.
const KindContest = "Contest"

// knownKinds are all kinds the language has; supportedKinds are those this version reads.
var (
	knownKinds = []string{
		KindContest, "Rule", "Mission", "Budget", "AlarmRule", "Activity", "Experiment", "EventSchema", "Segment", "RewardTable",
	}
	supportedKinds = []string{KindContest}
)

// Unsupported reports whether kind is a kind of the language that this version does not read.
func Unsupported(kind string) bool {
	return slices.Contains(knownKinds, kind) && !slices.Contains(supportedKinds, kind)
}

// kindProblem says why a document of this kind can't be read; empty when it can.
func kindProblem(kind string) string {
	switch {
	case slices.Contains(supportedKinds, kind):
		return ""
	case Unsupported(kind):
		return fmt.Sprintf("%s is a known kind, but this version of Laurel does not support it; supported: %s", kind, strings.Join(supportedKinds, ", "))
	case kind == "":
		return "is missing; write one of " + strings.Join(knownKinds, ", ")
	default:
		return fmt.Sprintf("%q is not a kind; %sthe kinds are %s", word.Clip(kind, 64), meant(kind, knownKinds), strings.Join(knownKinds, ", "))
	}
}

// meant returns "did you mean x? " for the candidate nearest to word, or nothing when none is near.
func meant(written string, candidates []string) string {
	if name := word.Meant(written, candidates); name != "" {
		return fmt.Sprintf("did you mean %s? ", name)
	}
	return ""
}
