package boardtest_test

import (
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/boardtest"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

func TestMain(m *testing.M) { redistest.Main(m) }

func newRedis(t *testing.T) board.Engine {
	t.Helper()
	client := goredis.NewClient(redistest.Options(redistest.Start(t).Addr))
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	engine, err := redis.New(client, "laurel")
	require.NoError(t, err)
	return engine
}

func TestEnginesAgreeOnRandomHistories(t *testing.T) {
	t.Parallel()
	boardtest.Compare(t, memory.New(), newRedis(t))
}

func TestEnginesAgreeOnATie(t *testing.T) {
	t.Parallel()
	naive := boardtest.NewNaive()
	engines := []board.Engine{naive, memory.New(), newRedis(t)}
	var want []board.Row
	for _, engine := range engines {
		require.NoError(t, engine.Load(t.Context(), "tie", boardtest.Each(boardtest.Tie2429()...), nil))
		rows, err := boardtest.All(t.Context(), engine, "tie")
		require.NoError(t, err)
		if want == nil {
			want = rows
		}
		require.Equal(t, want, rows, "%T", engine)
	}
	require.Len(t, want, 2429)
}
