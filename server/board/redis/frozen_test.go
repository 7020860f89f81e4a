package redis_test

import (
	"context"
	"net"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/boardtest"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// TestNothingWaitsForeverForAServerThatDoesNotAnswer has a server that accepts everything and answers nothing. The client itself would wait
// for it without end, and so would callers without a deadline.
func TestNothingWaitsForeverForAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	calls := map[string]func(ctx context.Context, engine board.Engine) error{
		"load": func(ctx context.Context, engine board.Engine) error {
			return engine.Load(ctx, "d", boardtest.Each(players...), nil)
		},
		"apply": func(ctx context.Context, engine board.Engine) error {
			_, err := engine.Apply(ctx, []board.Batch{{Board: "b", Seq: 100, Entries: players[:1]}})
			return err
		},
		"page": func(ctx context.Context, engine board.Engine) error {
			_, err := engine.Page(ctx, "b", 0, 10)
			return err
		},
		"rank": func(ctx context.Context, engine board.Engine) error {
			_, err := engine.Rank(ctx, "b", []string{"u_1"})
			return err
		},
		"drop": func(ctx context.Context, engine board.Engine) error { return engine.Drop(ctx, "c") },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			client := goredis.NewClient(&goredis.Options{Addr: server.Addr, ReadTimeout: -1, WriteTimeout: -1, MaxRetries: -1,
				ContextTimeoutEnabled: true})
			t.Cleanup(func() { require.NoError(t, client.Close()) })
			engine, err := redis.New(client, "laurel")
			require.NoError(t, err)
			load(t, engine, "b")
			server.Freeze(t)
			var late net.Error
			require.ErrorAs(t, call(context.WithoutCancel(t.Context()), engine), &late)
			require.True(t, late.Timeout())
			server.Thaw(t)
			require.NoError(t, call(t.Context(), engine))
		})
	}
}
