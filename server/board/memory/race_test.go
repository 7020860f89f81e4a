package memory

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
)

func one(units int64) func(yield func(board.Entry, error) bool) {
	return func(yield func(board.Entry, error) bool) {
		yield(board.Entry{UserID: "u", Units: units}, nil)
	}
}

// A writer that found a board right before it was replaced must not write to the old one, where nobody would ever see it.
func TestRetiredBoardTakesNoBatch(t *testing.T) {
	t.Parallel()
	e := New()
	require.NoError(t, e.Load(t.Context(), "b", one(1), nil))
	old, ok := e.find("b")
	require.True(t, ok)
	require.NoError(t, e.Load(t.Context(), "b", one(2), nil))
	_, done, err := old.tryApply(board.Batch{Board: "b", Seq: 1})
	require.NoError(t, err)
	require.False(t, done)
	done, err = e.supersede("b", old, newRanking())
	require.NoError(t, err)
	require.False(t, done, "the old board is no longer the one to replace")

	current, ok := e.find("b")
	require.True(t, ok)
	require.NoError(t, e.Drop(t.Context(), "b"))
	_, done, err = current.tryApply(board.Batch{Board: "b", Seq: 1})
	require.NoError(t, err)
	require.False(t, done)
}

// interrupted calls run when a batch looks at its context for the nth time.
type interrupted struct {
	context.Context
	left int
	run  func()
}

func (i *interrupted) Err() error {
	i.left--
	if i.left == 0 {
		i.run()
	}
	return i.Context.Err()
}

// A board that is lost under the first of its batches and loaded before the next must take neither: with the second alone it would look
// whole.
func TestNoBatchAfterALostOne(t *testing.T) {
	t.Parallel()
	e := New()
	ctx := &interrupted{Context: t.Context(), left: 2}
	ctx.run = func() { require.NoError(t, e.Load(t.Context(), "b", one(1), nil)) }
	results, err := e.Apply(ctx, []board.Batch{{Board: "b", Seq: 1}, {Board: "b", Seq: 2}})
	require.NoError(t, err)
	require.Equal(t, []board.Result{board.Lost, board.Lost}, results)
}
