package event

import (
	"slices"
	"strings"
)

const maxNear = 5

// nearest returns the candidates that someone who wrote word may have meant, the nearest first, at most five.
func nearest(word string, candidates []string) []string {
	if len(word) > maxFieldBytes {
		return nil
	}
	limit := min(max(2, len(word)/3), len(word)/2) // of a short word, two changes leave nothing
	type match struct {
		name     string
		distance int
	}
	var matches []match
	for _, candidate := range candidates {
		distance := editDistance(word, candidate)
		if len(word) >= 3 && (strings.HasPrefix(candidate, word) || strings.HasSuffix(candidate, word)) {
			distance = min(distance, limit)
		}
		if distance <= limit {
			matches = append(matches, match{candidate, distance})
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return a.distance - b.distance })
	names := make([]string, 0, maxNear)
	for _, m := range matches[:min(len(matches), maxNear)] {
		names = append(names, m.name)
	}
	return names
}

// editDistance counts the insertions, removals and replacements of bytes that turn a into b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
