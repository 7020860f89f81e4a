package realtime

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/board"
)

func TestMergedSpansCoverEachInOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var spans []span
		for range rapid.IntRange(0, 60).Draw(t, "players") {
			spans = append(spans, spanAround(rapid.Int64Range(1, 3000).Draw(t, "place"), rapid.Int64Range(0, 10).Draw(t, "around")))
		}
		merged := mergeSpans(append([]span(nil), spans...))
		for i, m := range merged {
			require.LessOrEqual(t, m.to-m.from, int64(spanLongest))
			if i > 0 {
				require.Less(t, merged[i-1].to, m.to)
				require.LessOrEqual(t, merged[i-1].from, m.from)
			}
		}
		for _, s := range spans {
			m := merged[spanOf(merged, s)]
			require.LessOrEqual(t, m.from, s.from)
			require.GreaterOrEqual(t, m.to, s.to)
		}
		require.LessOrEqual(t, len(merged), len(spans))
	})
}

func TestNeighboursShareOneReading(t *testing.T) {
	t.Parallel()
	require.Len(t, mergeSpans([]span{spanAround(100, 2), spanAround(101, 2), spanAround(115, 2)}), 1)
	require.Len(t, mergeSpans([]span{spanAround(100, 2), spanAround(1000, 2)}), 2)
}

// line is a board of the given length whose scores fall by ten from place to place.
func line(length int) []board.Row {
	rows := make([]board.Row, length)
	for i := range rows {
		rows[i] = board.Row{Entry: board.Entry{UserID: fmt.Sprint("p", i+1), Units: int64(10 * (length - i))}, Place: int64(i + 1)}
	}
	return rows
}

func TestLookFindsWhatLiesAround(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, 40).Draw(t, "length")
		rows := line(length)
		place := rapid.Int64Range(1, int64(length)).Draw(t, "place")
		around := rapid.Int64Range(0, 10).Draw(t, "around")
		// The player may have moved by up to the slack since his rank was read.
		believed := place + rapid.Int64Range(-spanSlack, spanSlack).Draw(t, "moved")
		if believed < 1 {
			believed = 1
		}
		s := spanAround(believed, around)
		read := rows[min(s.from, int64(length)):min(s.to, int64(length))]
		found, whole := look(read, board.Row{Entry: rows[place-1].Entry, Place: believed}, around, s)
		require.True(t, whole)
		require.Equal(t, rows[place-1], found.row)
		if place == 1 {
			require.Zero(t, found.toNext)
		} else {
			require.Equal(t, int64(10), found.toNext)
		}
		if around > 0 {
			require.Equal(t, rows[max(place-1-around, 0):min(place+around, int64(length))], found.near)
		} else {
			require.Empty(t, found.near)
		}
	})
}

func TestLookSaysWhenTheBoardMoved(t *testing.T) {
	t.Parallel()
	rows := line(100)
	s := spanAround(50, 3)
	read := rows[s.from:s.to]
	_, whole := look(read, board.Row{Entry: board.Entry{UserID: "p90"}, Place: 50}, 3, s)
	require.False(t, whole, "he is not among the rows")
	_, whole = look(read, rows[s.from], 3, s)
	require.False(t, whole, "the rows above him were not read")
	_, whole = look(read, rows[s.to-1], 3, s)
	require.False(t, whole, "the rows below him were not read")
	gone, whole := look(read, board.Row{Entry: board.Entry{UserID: "p90", Units: 505}, Place: 50}, 0, s)
	require.False(t, whole)
	require.Equal(t, rows[48].Units-505, gone.toNext, "the best that is known: the row at the place above")
}
