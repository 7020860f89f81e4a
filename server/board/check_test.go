package board_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

func entries() *rapid.Generator[board.Entry] {
	return rapid.Custom(func(t *rapid.T) board.Entry {
		return board.Entry{
			UserID: rapid.StringN(1, 3, board.MaxUserBytes).Draw(t, "user"),
			Units:  rapid.Int64Range(-2, 2).Draw(t, "units"),
			Tie:    rapid.StringOfN(rapid.RuneFrom([]rune{0, 'a', 'b'}), 2, 2, -1).Draw(t, "tie"),
		}
	})
}

func TestCompareIsATotalOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := entries().Draw(t, "a"), entries().Draw(t, "b"), entries().Draw(t, "c")
		require.Equal(t, board.Compare(a, b), -board.Compare(b, a))
		require.Equal(t, a == b, board.Compare(a, b) == 0, "only an entry itself has its place")
		if board.Compare(a, b) <= 0 && board.Compare(b, c) <= 0 {
			require.LessOrEqual(t, board.Compare(a, c), 0)
		}
		if a.Units > b.Units {
			require.Negative(t, board.Compare(a, b), "the higher score comes first")
		}
	})
}

func TestCheckBounds(t *testing.T) {
	t.Parallel()
	require.NoError(t, board.Entry{UserID: "u", Units: board.MaxUnits, Tie: "ab"}.Check(2))
	require.NoError(t, board.Entry{UserID: "u", Units: -board.MaxUnits}.Check(0))
	require.NoError(t, board.Batch{Board: "b", Seq: board.MaxSeq}.Check())
	require.NoError(t, board.CheckPage(1<<60, board.MaxPage))
	require.ErrorContains(t, board.Entry{UserID: "u", Units: board.MaxUnits + 1}.Check(0), "units")
	require.ErrorContains(t, board.Entry{UserID: "u", Tie: "a"}.Check(2), "same length")
	require.ErrorContains(t, board.Entry{}.Check(0), "user_id")
	require.ErrorContains(t, board.Batch{Board: "b", Seq: board.MaxSeq + 1}.Check(), "seq")
	require.ErrorContains(t, board.Batch{Board: "b", Seq: 1, Partition: board.MaxPartitions}.Check(), "partition")
	require.ErrorContains(t, board.CheckLoad("b", make(journal.Positions, board.MaxPartitions+1)), "positions")
	require.ErrorContains(t, board.Batch{Seq: 1}.Check(), "board")
	require.ErrorContains(t, board.CheckPage(0, board.MaxPage+1), "count")
	require.ErrorContains(t, board.CheckPage(-1, 0), "from")
}
