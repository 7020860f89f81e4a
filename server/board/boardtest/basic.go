package boardtest

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

func requireLost(t *testing.T, engine board.Engine, id string) {
	t.Helper()
	_, err := engine.Page(t.Context(), id, 0, 10)
	require.ErrorIs(t, err, board.ErrLost)
	_, err = engine.Rank(t.Context(), id, []string{"u_1"})
	require.ErrorIs(t, err, board.ErrLost)
	results := apply(t, engine, board.Batch{Board: id, Seq: 1, Entries: []board.Entry{entry("u_1", 1, 0)}})
	require.Equal(t, []board.Result{board.Lost}, results)
}

func testLost(t *testing.T, engine board.Engine) {
	requireLost(t, engine, "never")
	// A batch for a lost board must not bring it to life with the few players of the batch.
	requireLost(t, engine, "never")
	require.NoError(t, engine.Drop(t.Context(), "never"))
}

func testDropped(t *testing.T, engine board.Engine) {
	load(t, engine, "b", entry("u_1", 1, 0))
	require.NoError(t, engine.Drop(t.Context(), "b"))
	requireLost(t, engine, "b")
	require.NoError(t, engine.Drop(t.Context(), "b"))
	load(t, engine, "b", entry("u_2", 2, 0))
	requireBoard(t, engine, "b", []board.Entry{entry("u_2", 2, 0)})
}

func testEmpty(t *testing.T, engine board.Engine) {
	load(t, engine, "b")
	page, err := engine.Page(t.Context(), "b", 0, 10)
	require.NoError(t, err)
	require.Empty(t, page.Rows)
	require.Zero(t, page.Total)
	require.Zero(t, page.Revision())
	ranks, err := engine.Rank(t.Context(), "b", []string{"u_1", "u_2"})
	require.NoError(t, err)
	require.Len(t, ranks, 2)
	require.Equal(t, board.Row{Entry: board.Entry{UserID: "u_2"}}, ranks[1])
	none, err := engine.Rank(t.Context(), "b", nil)
	require.NoError(t, err)
	require.Empty(t, none)

	none2, err := engine.Apply(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none2)
	require.Equal(t, []board.Result{board.Applied}, apply(t, engine, board.Batch{Board: "b", Seq: 1}))
	e := board.Entry{UserID: "u_1", Units: 5, Tie: "12345678"}
	require.Equal(t, []board.Result{board.Applied}, apply(t, engine, board.Batch{Board: "b", Seq: 2, Entries: []board.Entry{e}}))
	requireBoard(t, engine, "b", []board.Entry{e})
}

func testOrder(t *testing.T, engine board.Engine) {
	entries := []board.Entry{
		entry("first", board.MaxUnits, 9),
		entry("second", board.MaxUnits-1, 0),
		entry("b", 7, 0x0100), entry("a", 7, 0x00ff), entry("aa", 7, 0x00ff), entry("B", 7, 0x00ff),
		entry("zero", 0, 0), entry("minus", -1, 0),
		entry("last but one", 1-board.MaxUnits, 0), entry("last", -board.MaxUnits, 0),
	}
	load(t, engine, "b", entries...)
	requireBoard(t, engine, "b", entries)
	page, err := engine.Page(t.Context(), "b", 2, 4)
	require.NoError(t, err)
	var users []string
	for _, row := range page.Rows {
		users = append(users, row.UserID)
	}
	require.Equal(t, []string{"B", "a", "aa", "b"}, users, "tie bytes before ids, both bytewise")

	long := []board.Entry{
		{UserID: "u", Units: 1, Tie: strings.Repeat("\x00", board.MaxTieBytes)},
		{UserID: strings.Repeat("v", board.MaxUserBytes), Units: 1, Tie: strings.Repeat("\xff", board.MaxTieBytes)},
	}
	load(t, engine, "long", long...)
	requireBoard(t, engine, "long", long)
	bare := []board.Entry{{UserID: "x", Units: 1}, {UserID: "a", Units: 1}, {UserID: "b", Units: 2}}
	load(t, engine, "no tie", bare...)
	requireBoard(t, engine, "no tie", bare)
}

func testMoves(t *testing.T, engine board.Engine) {
	load(t, engine, "b", entry("u_1", 1, 0), entry("u_2", 2, 0), entry("u_3", 3, 0))
	steps := []board.Entry{
		entry("u_1", 2, 1), // up, by score
		entry("u_1", 2, 0), // up, by tie
		entry("u_1", 9, 0), // to the top
		entry("u_1", 9, 0), // nowhere
		entry("u_1", -4, 300),
		entry("u_3", -4, 299),
		entry("new", 3, 3),
	}
	now := map[string]board.Entry{"u_1": entry("u_1", 1, 0), "u_2": entry("u_2", 2, 0), "u_3": entry("u_3", 3, 0)}
	for i, e := range steps {
		require.Equal(t, []board.Result{board.Applied}, apply(t, engine, board.Batch{Board: "b", Seq: int64(i) + 1, Entries: []board.Entry{e}}))
		now[e.UserID] = e
		var want []board.Entry
		for _, e := range now {
			want = append(want, e)
		}
		requireBoard(t, engine, "b", want)
	}
}

func testTwice(t *testing.T, engine board.Engine) {
	load(t, engine, "b", entry("u_1", 1, 1))
	apply(t, engine, board.Batch{Board: "b", Seq: 1, Entries: []board.Entry{entry("u_2", 5, 5), entry("u_1", 2, 2), entry("u_2", 3, 3)}})
	requireBoard(t, engine, "b", []board.Entry{entry("u_1", 2, 2), entry("u_2", 3, 3)})
}

func testRefused(t *testing.T, engine board.Engine) {
	good := []board.Entry{entry("u_1", 1, 0), entry("u_2", 2, 0)}
	load(t, engine, "b", good...)
	bad := map[string]board.Entry{
		"user_id": {UserID: "", Units: 1, Tie: "ab"},
		"units":   {UserID: "u", Units: board.MaxUnits + 1, Tie: "ab"},
		"-2^53":   {UserID: "u", Units: -board.MaxUnits - 1, Tie: "ab"},
		"128":     {UserID: strings.Repeat("u", board.MaxUserBytes+1), Units: 1, Tie: "ab"},
		"at most": {UserID: "u", Units: 1, Tie: strings.Repeat("t", board.MaxTieBytes+1)},
		"length":  {UserID: "u", Units: 1, Tie: "abc"},
	}
	for part, e := range bad {
		_, err := engine.Apply(t.Context(), []board.Batch{{Board: "b", Seq: 7, Entries: []board.Entry{e}}})
		require.ErrorContains(t, err, part)
		require.ErrorContains(t, engine.Load(t.Context(), "other", Each(entry("u_1", 1, 0), e), nil), part)
	}
	for _, seq := range []int64{-1, 0, board.MaxSeq + 1} {
		_, err := engine.Apply(t.Context(), []board.Batch{{Board: "b", Seq: seq}})
		require.ErrorContains(t, err, "seq")
	}
	for _, partition := range []int{-1, board.MaxPartitions} {
		_, err := engine.Apply(t.Context(), []board.Batch{{Board: "b", Seq: 1, Partition: partition}})
		require.ErrorContains(t, err, "partition")
	}
	require.ErrorContains(t, engine.Load(t.Context(), "other", Each(), journal.Positions{1, -1}), "partition 1")
	_, err := engine.Apply(t.Context(), []board.Batch{{Board: "", Seq: 1}})
	require.ErrorContains(t, err, "board")
	require.ErrorContains(t, engine.Load(t.Context(), "", Each(), nil), "board")
	require.ErrorContains(t, engine.Load(t.Context(), "twice", Each(entry("u_1", 1, 0), entry("u_1", 1, 0)), nil), "comes twice")
	requireLost(t, engine, "other")
	requireLost(t, engine, "twice")
	requireBoard(t, engine, "b", good)
}

func testPageEdges(t *testing.T, engine board.Engine) {
	entries := crowd(25)
	load(t, engine, "b", entries...)
	all, err := All(t.Context(), engine, "b")
	require.NoError(t, err)
	require.Len(t, all, len(entries))
	for _, c := range []struct{ from, count, rows int64 }{
		{0, 0, 0}, {0, 1, 1}, {0, 25, 25}, {0, 26, 25}, {0, board.MaxPage, 25}, {24, 1, 1}, {24, 2, 1}, {25, 1, 0}, {25, 0, 0}, {1 << 40, 5, 0},
		{7, 11, 11},
	} {
		page, err := engine.Page(t.Context(), "b", c.from, c.count)
		require.NoError(t, err)
		require.EqualValues(t, len(entries), page.Total)
		require.Len(t, page.Rows, int(c.rows), "from %d count %d", c.from, c.count)
		for i, row := range page.Rows {
			require.Equal(t, all[c.from+int64(i)], row)
		}
	}
	for _, c := range []struct {
		from, count int64
		part        string
	}{{-1, 1, "from"}, {0, -1, "count"}, {0, board.MaxPage + 1, "count"}} {
		_, err := engine.Page(t.Context(), "b", c.from, c.count)
		require.ErrorContains(t, err, c.part)
	}
}

func testCancelled(t *testing.T, engine board.Engine) {
	entries := crowd(5)
	load(t, engine, "b", entries...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := engine.Page(ctx, "b", 0, 1)
	require.ErrorIs(t, err, context.Canceled)
	_, err = engine.Rank(ctx, "b", []string{"u"})
	require.ErrorIs(t, err, context.Canceled)
	_, err = engine.Apply(ctx, []board.Batch{{Board: "b", Seq: 1, Entries: []board.Entry{entry("x", 1, 1)}}})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, engine.Load(ctx, "b", Each(entry("x", 1, 1)), nil), context.Canceled)
	requireBoard(t, engine, "b", entries)
}
