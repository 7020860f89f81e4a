package word

import (
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

const (
	// MaxNear is how many names are told at most.
	MaxNear = 5
	// maxWord is how long a word may be to be compared, in bytes: the names of the contracts are shorter, and comparing takes time.
	maxWord = 128
)

// Nearest returns the candidates that someone who wrote word may have meant, the nearest first and of equally near ones the first, at most
// five. Capitals don't matter.
func Nearest(word string, candidates []string) []string {
	if len(word) > maxWord {
		return nil
	}
	word = strings.ToLower(word)
	limit := min(max(2, len(word)/3), len(word)/2) // of a short word, two changes leave nothing
	type match struct {
		name     string
		distance int
	}
	var matches []match
	for _, candidate := range candidates {
		lower := strings.ToLower(candidate)
		distance := edlib.OSADamerauLevenshteinDistance(word, lower)
		if len(word) >= 3 && (strings.HasPrefix(lower, word) || strings.HasSuffix(lower, word)) {
			distance = min(distance, limit)
		}
		if distance <= limit && distance < max(len(word), len(lower)) {
			matches = append(matches, match{candidate, distance})
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return a.distance - b.distance })
	var names []string
	for _, m := range matches[:min(len(matches), MaxNear)] {
		names = append(names, m.name)
	}
	return names
}

// Meant is the nearest candidate; empty when none is near enough.
func Meant(word string, candidates []string) string {
	if near := Nearest(word, candidates); len(near) > 0 {
		return near[0]
	}
	return ""
}
