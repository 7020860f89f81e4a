package memory

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/board"
)

// drawKey takes words from few values, the extremes among them, so that keys are often equal in one word or in all.
func drawKey(t *rapid.T, label string) key {
	var k key
	for i := range k.words {
		k.words[i] = rapid.SampledFrom([]uint64{0, 1, 2, 1 << 63, ^uint64(0)}).Draw(t, label)
	}
	return k
}

func TestOverComparesWordByWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, k := drawKey(t, "x"), drawKey(t, "k")
		want := 0
		if slices.Compare(x.words[:], k.words[:]) > 0 {
			want = 1
		}
		require.Equal(t, want, over(&x, &k))
	})
}

func TestFloorIsTheLastNotOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := make([]key, rapid.IntRange(0, 40).Draw(t, "keys"))
		for i := range keys {
			keys[i] = drawKey(t, "key")
		}
		slices.SortFunc(keys, func(a, b key) int { return slices.Compare(a.words[:], b.words[:]) })
		k := drawKey(t, "k")
		want := 0
		for i := range keys {
			if slices.Compare(keys[i].words[:], k.words[:]) <= 0 {
				want = i
			}
		}
		require.Equal(t, want, floorOf(keys, &k))

		room := append(slices.Clone(keys), key{})
		side := search{rest: len(keys)}
		for range chunkCap {
			side.step(room, &k)
		}
		require.Equal(t, want, side.at, "steps beyond the end change nothing")
	})
}

func TestKeysOrderEntries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) board.Entry {
			units := rapid.OneOf(rapid.Int64Range(-2, 2), rapid.SampledFrom([]int64{-board.MaxUnits, board.MaxUnits})).Draw(t, label+" units")
			tie := rapid.StringMatching(`[\x00a]{4}`).Draw(t, label+" tie")
			return board.Entry{UserID: rapid.StringMatching(`[\x00ab]{1,20}`).Draw(t, label+" user"), Units: units, Tie: tie}
		}
		a, b := draw("a"), draw("b")
		x, y := entryKey(&a), entryKey(&b)
		require.Equal(t, a.Units, unitsOf(x.words[0]))
		if x.words != y.words {
			require.Equal(t, board.Compare(a, b) > 0, over(&x, &y) == 1)
		}
		arena := &arena{tieBytes: 4}
		h, err := arena.add(a.UserID, a.Units, a.Tie)
		require.NoError(t, err)
		require.Equal(t, x.words, arena.key(h).words)
		require.Negative(t, arena.compare(0, h), "an entry without a record is placed before its equals")
		require.Positive(t, arena.compare(h, 0))
	})
}
