package boardtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// partitions is the number of owners whose batches a history mixes.
const partitions = 3

// history is a random history with heavy ties, told to several engines at once and to the naive one. After each step all
// of them must give the same answers.
type history struct {
	ctx     context.Context
	engines []board.Engine
	naive   *Naive
	boards  []string
	tie     *rapid.Generator[string]
	user    *rapid.Generator[string]
	// seqs are the journal's positions, from which a step goes on, or repeats what was.
	seqs map[int]int64
}

func testHistories(t *testing.T, engine board.Engine) {
	Compare(t, engine)
}

// Compare tells random histories to the engines and to the naive one, and fails at the first answer that differs.
func Compare(t *testing.T, engines ...board.Engine) {
	t.Helper()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		h := &history{
			ctx:     t.Context(),
			engines: engines,
			naive:   NewNaive(),
			boards:  []string{fmt.Sprintf("h%d_a", round), fmt.Sprintf("h%d_b", round), fmt.Sprintf("h%d_c", round)},
			seqs:    make(map[int]int64),
			user:    users(),
		}
		tieBytes := rapid.SampledFrom([]int{0, 1, 3, 8, 9, 16}).Draw(r, "tie bytes")
		h.tie = ties(tieBytes)
		r.Repeat(map[string]func(*rapid.T){
			"apply": h.apply,
			"page":  h.page,
			"rank":  h.rank,
			"load":  h.load,
			"drop":  h.drop,
			"":      func(*rapid.T) {},
		})
		for _, id := range h.boards {
			h.whole(r, id)
		}
	})
}

// users draws ids that share beginnings, and now and then one of another script or with odd bytes.
func users() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 60), func(i int) string { return fmt.Sprintf("u_%d", i) }),
		rapid.SampledFrom([]string{"u", "u_", "u_1\x00", "玩家", "玩家一", "ключ", "🏆", "کاربر", "\x7f"}),
	)
}

// ties draws from few values, so that most entries tie.
func ties(length int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}), min(length, 2), min(length, 2)),
		func(tail []byte) string {
			return string(append(make([]byte, length-len(tail)), tail...))
		})
}

func (h *history) entries(r *rapid.T, most int) []board.Entry {
	return rapid.SliceOfNDistinct(rapid.Custom(func(r *rapid.T) board.Entry {
		return board.Entry{
			UserID: h.user.Draw(r, "user"),
			Units:  rapid.OneOf(rapid.Int64Range(-2, 2), rapid.SampledFrom([]int64{board.MaxUnits, -board.MaxUnits})).Draw(r, "units"),
			Tie:    h.tie.Draw(r, "tie"),
		}
	}), 0, most, func(e board.Entry) string { return e.UserID }).Draw(r, "entries")
}

func (h *history) apply(r *rapid.T) {
	batches := make([]board.Batch, rapid.IntRange(1, 5).Draw(r, "batches"))
	for i := range batches {
		partition := rapid.IntRange(0, partitions-1).Draw(r, "partition")
		h.seqs[partition] += int64(rapid.IntRange(0, 3).Draw(r, "step"))
		seq := max(1, h.seqs[partition]-int64(rapid.SampledFrom([]int{0, 0, 0, 1, 5}).Draw(r, "back")))
		batches[i] = board.Batch{Board: h.board(r), Partition: partition, Seq: seq, Entries: h.entries(r, 20)}
	}
	want, _ := h.naive.Apply(h.ctx, batches)
	for _, engine := range h.engines {
		got, err := engine.Apply(h.ctx, batches)
		require.NoError(r, err)
		require.Equal(r, want, got, "%T", engine)
	}
}

func (h *history) board(r *rapid.T) string {
	return rapid.SampledFrom(h.boards).Draw(r, "board")
}

func (h *history) page(r *rapid.T) {
	h.comparePage(r, h.board(r), int64(rapid.IntRange(0, 80).Draw(r, "from")), int64(rapid.IntRange(0, 80).Draw(r, "count")))
}

func (h *history) comparePage(r *rapid.T, id string, from, count int64) {
	want, wantErr := h.naive.Page(h.ctx, id, from, count)
	for _, engine := range h.engines {
		got, err := engine.Page(h.ctx, id, from, count)
		requireSameError(r, wantErr, err)
		require.Equal(r, want.Total, got.Total, "%T", engine)
		require.Equal(r, want.Revision(), got.Revision(), "%T", engine)
		requireSameRows(r, want.Rows, got.Rows)
	}
}

func (h *history) rank(r *rapid.T) {
	h.compareRank(r, h.board(r), rapid.SliceOfN(h.user, 0, 10).Draw(r, "users"))
}

func (h *history) compareRank(r *rapid.T, id string, users []string) {
	want, wantErr := h.naive.Rank(h.ctx, id, users)
	for _, engine := range h.engines {
		got, err := engine.Rank(h.ctx, id, users)
		requireSameError(r, wantErr, err)
		requireSameRows(r, want, got)
	}
}

func (h *history) load(r *rapid.T) {
	id, entries := h.board(r), h.entries(r, 60)
	positions := make(journal.Positions, partitions)
	for partition := range partitions {
		seq := h.seqs[partition]
		if rapid.IntRange(0, 9).Draw(r, "known") > 0 {
			positions[partition] = max(0, seq-int64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(r, "behind")))
		}
	}
	want := h.naive.Load(h.ctx, id, Each(entries...), positions)
	for _, engine := range h.engines {
		requireSameError(r, want, engine.Load(h.ctx, id, Each(entries...), positions))
	}
}

func (h *history) drop(r *rapid.T) {
	id := h.board(r)
	_ = h.naive.Drop(h.ctx, id)
	for _, engine := range h.engines {
		require.NoError(r, engine.Drop(h.ctx, id))
	}
}

// whole compares a board to the last place.
func (h *history) whole(r *rapid.T, id string) {
	h.comparePage(r, id, 0, board.MaxPage)
	page, err := h.naive.Page(h.ctx, id, 0, board.MaxPage)
	if err != nil {
		return
	}
	users := make([]string, len(page.Rows))
	for i, row := range page.Rows {
		users[i] = row.UserID
	}
	h.compareRank(r, id, users)
}

func requireSameError(r *rapid.T, want, got error) {
	for _, known := range []error{board.ErrLost, board.ErrBehind} {
		require.Equal(r, errors.Is(want, known), errors.Is(got, known), "%v", got)
	}
	require.Equal(r, want == nil, got == nil, "%v", got)
}

func requireSameRows(r *rapid.T, want, got []board.Row) {
	require.Len(r, got, len(want))
	for i := range want {
		require.Equal(r, want[i], got[i])
	}
}
