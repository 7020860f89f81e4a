package catalog

import (
	"fmt"
	"slices"
	"strings"
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
		return fmt.Sprintf("%q is not a kind; %sthe kinds are %s", clip(kind, 64), meant(kind, knownKinds), strings.Join(knownKinds, ", "))
	}
}

// meant returns "did you mean x? " for the candidate nearest to word, or nothing when none is near.
func meant(word string, candidates []string) string {
	if name := Nearest(word, candidates); name != "" {
		return fmt.Sprintf("did you mean %s? ", name)
	}
	return ""
}

// Nearest returns the candidate that someone who wrote word most likely meant; empty when none is near enough.
// The first of equally near candidates wins.
func Nearest(word string, candidates []string) string {
	const maxWordBytes = 64
	if word == "" || len(word) > maxWordBytes {
		return ""
	}
	word = strings.ToLower(word)
	limit := min(max(2, len(word)/3), len(word)/2) // of a short word, two changes leave nothing
	best, bestDistance := "", limit+1
	for _, candidate := range candidates {
		lower := strings.ToLower(candidate)
		distance := editDistance(word, lower)
		if len(word) >= 3 && (strings.HasPrefix(lower, word) || strings.HasSuffix(lower, word)) {
			distance = min(distance, limit)
		}
		if distance < bestDistance && distance < max(len(word), len(candidate)) {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// editDistance counts the insertions, removals, replacements and swaps of neighbours that turn a into b, in bytes
// (optimal string alignment).
func editDistance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
