package boardtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// testRevision holds a board's revision to what it promises: it grows with each batch that is applied, stands still with each that is
// skipped, and is the same again after the board was dropped and loaded from the same standings.
func testRevision(t *testing.T, engine board.Engine) {
	ctx := t.Context()
	read := func() board.Page {
		page, err := engine.Page(ctx, "b", 0, 0)
		require.NoError(t, err)
		return page
	}
	positions := make(journal.Positions, 4)
	entries := []board.Entry{entry("u_1", 1, 0), entry("u_2", 2, 0)}
	require.NoError(t, engine.Load(ctx, "b", func(yield func(board.Entry, error) bool) {
		for i, e := range entries {
			positions[i] = int64(10 * (i + 1))
			if !yield(e, nil) {
				return
			}
		}
	}, positions))
	require.EqualValues(t, 30, read().Revision(), "positions may be filled in while the entries are read")
	positions[0] = 1_000
	require.EqualValues(t, 30, read().Revision(), "they are the caller's again after the load")
	positions = journal.Positions{10, 20, 0, 0}

	for i, step := range []struct {
		partition int
		seq       int64
		result    board.Result
	}{{0, 11, board.Applied}, {0, 11, board.Skipped}, {3, 1, board.Applied}, {1, 20, board.Skipped}, {1, 500, board.Applied},
		{6, 2, board.Applied}} {
		before := read().Revision()
		results := apply(t, engine, board.Batch{Board: "b", Partition: step.partition, Seq: step.seq,
			Entries: []board.Entry{entry("u_1", int64(i), 0)}})
		require.Equal(t, []board.Result{step.result}, results)
		require.Equal(t, step.result == board.Applied, read().Revision() > before, "step %d", i)
	}
	require.Equal(t, journal.Positions{11, 500, 0, 1, 0, 0, 2}, read().Positions)

	full := read()
	require.ErrorIs(t, engine.Load(ctx, "b", Each(entries...), positions), board.ErrBehind, "an older state would set the revision back")
	require.Equal(t, full.Positions, read().Positions)
	require.NoError(t, engine.Drop(ctx, "b"))
	require.NoError(t, engine.Load(ctx, "b", Each(entries...), full.Positions))
	require.Equal(t, full.Positions, read().Positions)
}
