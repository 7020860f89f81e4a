package redis_test

import (
	"context"
	"fmt"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/boardtest"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// between runs something once, right before a client's nth pipeline.
type between struct {
	counter
	nth int64
	run func()
}

func (b *between) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if b.pipelines.Add(1) == b.nth {
			b.run()
		}
		return next(ctx, cmds)
	}
}

// A batch that is too large for one call meets every kind of change between its pieces. Whatever the engine answers, repeating what it
// did not settle ends with every player of the batch on the board.
func TestLargeBatchMeetsChangeBetweenPieces(t *testing.T) {
	t.Parallel()
	// 5 000 entries go in three calls.
	const pieces = 3
	large := make([]board.Entry, 5000)
	for i := range large {
		large[i] = board.Entry{UserID: fmt.Sprintf("v_%d", i), Units: int64(i % 7), Tie: "zz"}
	}
	batches := []board.Batch{{Board: "b", Seq: 6, Entries: large}, {Board: "b", Seq: 7, Entries: large[:1]}}
	changes := map[string]func(t *testing.T, other board.Engine){
		"load": func(t *testing.T, other board.Engine) { load(t, other, "b") },
		"drop": func(t *testing.T, other board.Engine) { require.NoError(t, other.Drop(t.Context(), "b")) },
		"drop and load": func(t *testing.T, other board.Engine) {
			require.NoError(t, other.Drop(t.Context(), "b"))
			load(t, other, "b")
		},
		"a later batch of the same partition": func(t *testing.T, other board.Engine) {
			_, err := other.Apply(t.Context(), []board.Batch{{Board: "b", Seq: 50}})
			require.NoError(t, err)
		},
	}
	for name, change := range changes {
		for nth := int64(1); nth <= pieces; nth++ {
			t.Run(fmt.Sprintf("%s before pipeline %d", name, nth), func(t *testing.T) {
				t.Parallel()
				server := redistest.Start(t)
				engine, client := connect(t, server)
				other, _ := connect(t, server)
				load(t, engine, "b")
				// Both scripts are known from here on: each call is one pipeline.
				_, err := engine.Apply(t.Context(), []board.Batch{{Board: "b", Seq: 5}})
				require.NoError(t, err)
				client.AddHook(&between{nth: nth, run: func() { change(t, other) }})
				results, err := engine.Apply(t.Context(), batches)
				if err != nil {
					require.ErrorContains(t, err, "apply it again")
					results, err = engine.Apply(t.Context(), batches)
					require.NoError(t, err)
				}
				requireSettled(t, engine, results, batches)
			})
		}
	}
}

// requireSettled holds results to what they promise: applied entries are there, a lost board is lost or was lost and says so for
// every batch after the first, and a skipped batch is one that a later one covers.
func requireSettled(t *testing.T, engine board.Engine, results []board.Result, batches []board.Batch) {
	t.Helper()
	if results[0] == board.Lost {
		require.Equal(t, board.Lost, results[1], "a batch must not be applied after one that was lost")
		return
	}
	if results[0] == board.Skipped {
		return
	}
	rows, err := boardtest.All(t.Context(), engine, "b")
	require.NoError(t, err)
	require.Len(t, rows, len(batches[0].Entries)+len(players))
}

// A board that is lost under the first of its batches and loaded before the next must take neither: with the second alone it would look
// whole.
func TestNoBatchAfterALostOne(t *testing.T) {
	t.Parallel()
	large := make([]board.Entry, 3000)
	for i := range large {
		large[i] = board.Entry{UserID: fmt.Sprintf("v_%d", i), Units: 1, Tie: "zz"}
	}
	server := redistest.Start(t)
	engine, client := connect(t, server)
	other, _ := connect(t, server)
	load(t, engine, "a")
	load(t, engine, "b")
	_, err := engine.Apply(t.Context(), []board.Batch{{Board: "a", Seq: 5}})
	require.NoError(t, err)
	require.NoError(t, engine.Drop(t.Context(), "b"))
	client.AddHook(&between{nth: 2, run: func() { load(t, other, "b") }})
	results, err := engine.Apply(t.Context(), []board.Batch{
		{Board: "b", Seq: 6, Entries: players}, {Board: "a", Seq: 6, Entries: large}, {Board: "b", Seq: 7, Entries: players},
	})
	require.NoError(t, err)
	require.Equal(t, []board.Result{board.Lost, board.Applied, board.Lost}, results)
}
