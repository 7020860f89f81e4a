package boardtest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
)

// Run holds an engine to the contract of board.Engine. Every test gets an engine of its own from newEngine; engines may share a server
// as long as they don't see each other's boards.
func Run(t *testing.T, newEngine func(t *testing.T) board.Engine) {
	tests := []struct {
		name string
		run  func(t *testing.T, engine board.Engine)
	}{
		{"a board that was never loaded is lost", testLost},
		{"a dropped board is lost", testDropped},
		{"a board without players", testEmpty},
		{"order of scores, ties and ids", testOrder},
		{"a player moves", testMoves},
		{"the last of two entries of a player counts", testTwice},
		{"a batch is applied once", testSkip},
		{"partitions are apart", testPartitions},
		{"the revision grows with what is applied and survives a load", testRevision},
		{"many boards in one call", testManyBoards},
		{"a call beyond every engine's batch limit", testLarge},
		{"entries out of bounds are refused", testRefused},
		{"edges of a page", testPageEdges},
		{"ids of all scripts", testUnicode},
		{"a tie of 2 429 players", testTie2429},
		{"load replaces the board", testLoadReplaces},
		{"load refuses what is behind the board", testLoadBehind},
		{"a load that fails leaves the old board", testLoadFails},
		{"a load of many players", testLoadLarge},
		{"readers see the old board or the new one", testLoadSwap},
		{"loads race with batches", testLoadRace},
		{"readers beside a writer", testReaders},
		{"a cancelled context", testCancelled},
		{"random histories equal a naive sort", testHistories},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, newEngine(t))
		})
	}
}

// Each yields entries in the order given, as Load wants them.
func Each(entries ...board.Entry) iter.Seq2[board.Entry, error] {
	return func(yield func(board.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func load(t *testing.T, engine board.Engine, id string, entries ...board.Entry) {
	t.Helper()
	require.NoError(t, engine.Load(t.Context(), id, Each(entries...), nil))
}

func apply(t *testing.T, engine board.Engine, batches ...board.Batch) []board.Result {
	t.Helper()
	results, err := engine.Apply(t.Context(), batches)
	require.NoError(t, err)
	return results
}

// All reads a board to its end, page by page.
func All(ctx context.Context, engine board.Engine, id string) ([]board.Row, error) {
	var rows []board.Row
	for {
		page, err := engine.Page(ctx, id, int64(len(rows)), board.MaxPage)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Rows...)
		if int64(len(rows)) >= page.Total || len(page.Rows) == 0 {
			return rows, nil
		}
	}
}

// requireBoard holds a board to a set of entries: every place, by pages and by players.
func requireBoard(t *testing.T, engine board.Engine, id string, entries []board.Entry) {
	t.Helper()
	sorted := slices.SortedFunc(slices.Values(entries), board.Compare)
	want := make([]board.Row, 0, len(sorted))
	users := make([]string, 0, len(sorted))
	for i, e := range sorted {
		want = append(want, board.Row{Entry: e, Place: int64(i) + 1})
		users = append(users, e.UserID)
	}
	got, err := All(t.Context(), engine, id)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
	ranks, err := engine.Rank(t.Context(), id, users)
	require.NoError(t, err)
	require.Len(t, ranks, len(want))
	for i := range want {
		require.Equal(t, want[i], ranks[i])
	}
}

// entry makes an entry whose tie has two bytes.
func entry(user string, units int64, tie int) board.Entry {
	return board.Entry{UserID: user, Units: units, Tie: string([]byte{byte(tie >> 8), byte(tie)})}
}

// crowd makes players with scores and ties that repeat often.
func crowd(count int) []board.Entry {
	entries := make([]board.Entry, count)
	for i := range entries {
		entries[i] = entry(fmt.Sprintf("u_%05d", i*7919%count), int64(i%17), i%5)
	}
	return entries
}
