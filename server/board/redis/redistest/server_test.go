package redistest_test

import (
	"net"
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

// TestPortIsKeptWhileTheServerIsDown: neither another test nor an outgoing connection may take the port of a killed server.
func TestPortIsKeptWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Kill()
	_, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", server.Addr)
	require.Error(t, err, "the claim that all tests respect")
	address, err := net.ResolveTCPAddr("tcp4", server.Addr)
	require.NoError(t, err)
	require.Less(t, address.Port, 32_768, "systems give higher ones to outgoing connections")
	server.Restart(t)
	require.NoError(t, server.Client().Ping(t.Context()).Err())
}
