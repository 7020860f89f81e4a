package boardtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// largeBatch is beyond what any engine sends in one piece.
const largeBatch = 5000

func testSkip(t *testing.T, engine board.Engine) {
	require.NoError(t, engine.Load(t.Context(), "b", Each(entry("u_1", 1, 0)), journal.Positions{10}))
	seqs := []struct {
		seq    int64
		result board.Result
	}{{9, board.Skipped}, {10, board.Skipped}, {11, board.Applied}, {11, board.Skipped}, {3, board.Skipped}, {100, board.Applied},
		{99, board.Skipped}, {board.MaxSeq, board.Applied}}
	units := int64(1)
	for _, s := range seqs {
		results := apply(t, engine, board.Batch{Board: "b", Seq: s.seq, Entries: []board.Entry{entry("u_1", s.seq, 0)}})
		require.Equal(t, []board.Result{s.result}, results, "seq %d", s.seq)
		if s.result == board.Applied {
			units = s.seq
		}
		requireBoard(t, engine, "b", []board.Entry{entry("u_1", units, 0)})
	}
}

func testPartitions(t *testing.T, engine board.Engine) {
	require.NoError(t, engine.Load(t.Context(), "b", Each(), journal.Positions{0, 50}))
	results := apply(t, engine,
		board.Batch{Board: "b", Partition: 0, Seq: 1, Entries: []board.Entry{entry("a", 1, 0)}},
		board.Batch{Board: "b", Partition: 0, Seq: 1, Entries: []board.Entry{entry("a", 2, 0)}},
		board.Batch{Board: "b", Partition: 1, Seq: 50, Entries: []board.Entry{entry("b", 1, 0)}},
		board.Batch{Board: "b", Partition: 1, Seq: 51, Entries: []board.Entry{entry("b", 2, 0)}},
		board.Batch{Board: "b", Partition: 15, Seq: 2, Entries: []board.Entry{entry("c", 1, 0)}},
		board.Batch{Board: "b", Partition: 0, Seq: 2, Entries: []board.Entry{entry("a", 3, 0)}},
	)
	require.Equal(t, []board.Result{board.Applied, board.Skipped, board.Skipped, board.Applied, board.Applied, board.Applied}, results)
	requireBoard(t, engine, "b", []board.Entry{entry("a", 3, 0), entry("b", 2, 0), entry("c", 1, 0)})
}

func testManyBoards(t *testing.T, engine board.Engine) {
	const boards = 40
	id := func(i int) string { return fmt.Sprintf("b_%d", i) }
	for i := range boards {
		if i%3 != 0 {
			load(t, engine, id(i), entry("old", int64(i), 0))
		}
	}
	var batches []board.Batch
	var want []board.Result
	for i := range boards {
		batch := board.Batch{Board: id(i), Seq: 5, Entries: []board.Entry{entry("u_1", int64(i), 1), entry("u_2", 5, 1)}}
		again := batch
		again.Entries = []board.Entry{entry("u_1", -1, -1)}
		next := board.Batch{Board: id(i), Seq: 6, Entries: []board.Entry{entry("u_2", 6, 1)}}
		batches = append(batches, batch, again, next)
		if i%3 == 0 {
			want = append(want, board.Lost, board.Lost, board.Lost)
		} else {
			want = append(want, board.Applied, board.Skipped, board.Applied)
		}
	}
	require.Equal(t, want, apply(t, engine, batches...))
	for i := range boards {
		if i%3 == 0 {
			requireLost(t, engine, id(i))
			continue
		}
		requireBoard(t, engine, id(i), []board.Entry{entry("old", int64(i), 0), entry("u_1", int64(i), 1), entry("u_2", 6, 1)})
	}
}

func testLarge(t *testing.T, engine board.Engine) {
	load(t, engine, "b", crowd(100)...)
	load(t, engine, "small")
	entries := crowd(largeBatch)
	batches := []board.Batch{
		{Board: "small", Seq: 1, Entries: entries[:3]},
		{Board: "b", Seq: 1, Entries: entries},
		{Board: "gone", Seq: 1, Entries: entries},
		{Board: "small", Seq: 2, Entries: entries[3 : largeBatch/2]},
		{Board: "b", Seq: 2, Entries: []board.Entry{entry("u_00000", 1000, 0)}},
		{Board: "gone", Seq: 2},
	}
	want := []board.Result{board.Applied, board.Applied, board.Lost, board.Applied, board.Applied, board.Lost}
	require.Equal(t, want, apply(t, engine, batches...))
	want = []board.Result{board.Skipped, board.Skipped, board.Lost, board.Skipped, board.Skipped, board.Lost}
	require.Equal(t, want, apply(t, engine, batches...), "the same call again")
	requireBoard(t, engine, "small", entries[:largeBatch/2])
	moved := append([]board.Entry{entry("u_00000", 1000, 0)}, entries[1:]...)
	require.Equal(t, "u_00000", entries[0].UserID)
	requireBoard(t, engine, "b", moved)
}

func testUnicode(t *testing.T, engine board.Engine) {
	users := []string{
		"u", "U", "u_1", "u_10", "u_2", " ", "  ", "a\x00", "a\x00b", "a", "a\n", "\"", "'", "{u}", "%s", "-1", "0", "é", "e\u0301", "ключ",
		"مستخدم",
		"کاربر", "玩家", "玩家一", "🏆", "🏆🏆", "\u202eabc", "ÿ", "\x7f", strings.Repeat("界", 42),
	}
	var entries []board.Entry
	for i, user := range users {
		entries = append(entries, entry(user, int64(i%2), 0))
	}
	for _, id := range []string{"plain", "{tag}", "}", "a}b{c", "%7D", "%", "contest 1", "مسابقه", "*", "a:b"} {
		load(t, engine, id, entries[:len(entries)/2]...)
		require.Equal(t, []board.Result{board.Applied}, apply(t, engine, board.Batch{Board: id, Seq: 1, Entries: entries[len(entries)/2:]}))
	}
	for _, id := range []string{"plain", "{tag}", "}", "a}b{c", "%7D", "%", "contest 1", "مسابقه", "*", "a:b"} {
		requireBoard(t, engine, id, entries)
	}
	require.NoError(t, engine.Drop(t.Context(), "}"))
	requireLost(t, engine, "}")
	requireBoard(t, engine, "%7D", entries)
}

// Fault 29: a tie of 2 429 players has one order, the same on every engine.
func testTie2429(t *testing.T, engine board.Engine) {
	tied := Tie2429()
	load(t, engine, "b", tied[:1000]...)
	apply(t, engine, board.Batch{Board: "b", Seq: 1, Entries: tied[1000:]})
	requireBoard(t, engine, "b", tied)
	// Someone passes through the tie and comes back to the same place.
	before, err := engine.Rank(t.Context(), "b", []string{tied[1200].UserID})
	require.NoError(t, err)
	moved := tied[1200]
	moved.Units++
	apply(t, engine, board.Batch{Board: "b", Seq: 2, Entries: []board.Entry{moved}})
	top, err := engine.Page(t.Context(), "b", 0, 1)
	require.NoError(t, err)
	require.Equal(t, moved.UserID, top.Rows[0].UserID)
	apply(t, engine, board.Batch{Board: "b", Seq: 3, Entries: []board.Entry{tied[1200]}})
	after, err := engine.Rank(t.Context(), "b", []string{tied[1200].UserID})
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// Tie2429 is 2 429 players with one score and few tie-breaks, so that most places are decided by user id, in an order that is none.
func Tie2429() []board.Entry {
	const players = 2429
	entries := make([]board.Entry, players)
	for i := range entries {
		number := i * 1013 % players
		entries[i] = entry(fmt.Sprintf("u_%d", number), 4200, number%3)
	}
	return entries
}
