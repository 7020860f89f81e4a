package realtime

import (
	"cmp"
	"slices"

	"github.com/laurelhq/laurel/server/board"
)

// span is a run of places, from inclusive and to exclusive, counted from 0.
type span struct{ from, to int64 }

const (
	// spanSlack is how many rows more are read on either side, for players who moved since their rank was read.
	spanSlack = 2
	// spanGap is how many rows between two spans are read along rather than asking twice.
	spanGap = 16
	// spanLongest bounds one merged span, unless a single one is longer.
	spanLongest = 1000
)

// spanAround gives the rows needed to tell a player of a place what lies around him: at least the one above.
func spanAround(place, around int64) span {
	reach := max(around, 1) + spanSlack
	return span{from: max(place-1-reach, 0), to: place + reach}
}

// mergeSpans joins spans that overlap or nearly so. The result is in order and covers each given span within one.
func mergeSpans(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var merged []span
	for _, s := range spans {
		if last := len(merged) - 1; last >= 0 {
			joined := span{from: merged[last].from, to: max(merged[last].to, s.to)}
			within := joined.to == merged[last].to
			if within || (s.from <= merged[last].to+spanGap && joined.to-joined.from <= spanLongest) {
				merged[last] = joined
				continue
			}
		}
		merged = append(merged, s)
	}
	return merged
}

// spanOf gives the index of the merged span that covers one of those it was merged from.
func spanOf(merged []span, s span) int {
	at, _ := slices.BinarySearchFunc(merged, s, func(m, s span) int {
		if m.to < s.to {
			return -1
		}
		return 1
	})
	return at
}

// surroundings is what a player is told.
type surroundings struct {
	row board.Row
	// toNext is how many units are missing to the next better player; 0 for the first.
	toNext int64
	near   []board.Row
}

// look finds a player among the rows read for a span and gives what lies around him. It is false when he, or a row he needs, is not among
// them because the board moved between the reading of ranks and of rows.
func look(rows []board.Row, ranked board.Row, around int64, read span) (surroundings, bool) {
	at := find(rows, ranked, read)
	if at < 0 {
		return surroundings{row: ranked, toNext: toNext(rows, int(ranked.Place-1-read.from), ranked.Units)}, false
	}
	found := surroundings{row: rows[at], toNext: toNext(rows, at, rows[at].Units)}
	if around == 0 {
		return found, at > 0 || found.row.Place == 1
	}
	first, last := at-int(around), at+int(around)+1
	cutAbove := first < 0 && rows[0].Place > 1
	cutBelow := last > len(rows) && int64(len(rows)) == read.to-read.from
	found.near = rows[max(first, 0):min(last, len(rows))]
	return found, !cutAbove && !cutBelow
}

// find gives a player's index: mostly where his rank says, else wherever he moved to within the rows; -1 when he is not among them.
func find(rows []board.Row, ranked board.Row, read span) int {
	if at := ranked.Place - 1 - read.from; at >= 0 && at < int64(len(rows)) && rows[at].UserID == ranked.UserID {
		return int(at)
	}
	return slices.IndexFunc(rows, func(row board.Row) bool { return row.UserID == ranked.UserID })
}

// toNext gives the units missing from a score to the row above an index; 0 when that is not read.
func toNext(rows []board.Row, at int, units int64) int64 {
	if at < 1 || at > len(rows) {
		return 0
	}
	return max(rows[at-1].Units-units, 0)
}
