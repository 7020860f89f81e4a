package redistest_test

import (
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

func TestRestartBringsBackWhatWasSaved(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := redistest.Start(t)
	client := server.Client()
	require.NoError(t, client.Set(ctx, "kept", 1, 0).Err())
	server.Save(t)
	require.NoError(t, client.Set(ctx, "gone", 1, 0).Err())

	server.Restart(t)
	require.NoError(t, client.Get(ctx, "kept").Err())
	require.ErrorIs(t, client.Get(ctx, "gone").Err(), goredis.Nil)

	server.Flush(t)
	require.ErrorIs(t, client.Get(ctx, "kept").Err(), goredis.Nil)

	server.Kill()
	require.Error(t, client.Ping(ctx).Err())
}
