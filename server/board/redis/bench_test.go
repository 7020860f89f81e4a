package redis_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

const (
	benchPlayers = 200_000
	benchBatch   = 500
	benchTie     = 16
)

// bareScript is the yardstick: what has to be done for a player whose member changed, and nothing else.
const bareScript = `local old = redis.call('HGET', KEYS[2], ARGV[1])
if old then redis.call('ZREM', KEYS[1], old) end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1`

// bareLoop is the same for a whole batch in one call.
const bareLoop = `for i = 1, #ARGV, 3 do
  local old = redis.call('HGET', KEYS[2], ARGV[i])
  if old then redis.call('ZREM', KEYS[1], old) end
  redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i + 2])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])
end
return 1`

func benchPlayer(random *rand.Rand, number int) board.Entry {
	tie := make([]byte, benchTie)
	binary.BigEndian.PutUint64(tie, uint64(random.IntN(5000)))
	binary.BigEndian.PutUint64(tie[8:], 1_760_000_000_000+uint64(random.IntN(86_400_000)))
	return board.Entry{UserID: fmt.Sprintf("u_%08d", number), Units: int64(random.IntN(5_000_000)), Tie: string(tie)}
}

// BenchmarkApply writes batches of 500 players, one after another, to a board of 200 000. An operation is one player.
//
//	bare/pipelined  500 calls of the bare script in one pipeline
//	bare/loop       one call that does the same 500 times
//	engine          Apply
//	engine/boards   Apply of 500 players on 50 boards
func BenchmarkApply(b *testing.B) {
	client := goredis.NewClient(redistest.Options(redistest.Start(b).Addr))
	b.Cleanup(func() { require.NoError(b, client.Close()) })
	engine, err := redis.New(client, "laurel")
	require.NoError(b, err)
	ctx := b.Context()
	before := usedMemory(b, client)
	require.NoError(b, engine.Load(ctx, "bench", benchEntries, nil))
	perPlayer := float64(usedMemory(b, client)-before) / benchPlayers
	bareKeys := []string{"bare:rank", "bare:member"}
	require.NoError(b, client.Copy(ctx, "laurel:{bench}:rank", bareKeys[0], 0, false).Err())
	require.NoError(b, client.Copy(ctx, "laurel:{bench}:member", bareKeys[1], 0, false).Err())
	for i := range 50 {
		require.NoError(b, engine.Load(ctx, fmt.Sprintf("bench_%d", i), benchEntriesUpTo(benchPlayers/50), nil))
	}
	random := rand.New(rand.NewPCG(3, 4))
	batches := make([][]board.Entry, 200)
	for i := range batches {
		for j := range benchBatch {
			batches[i] = append(batches[i], benchPlayer(random, (i*benchBatch+j)*7919%benchPlayers))
		}
	}
	perBatch := func(name string, do func(i int) error) {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < b.N; i += benchBatch {
				if err := do(i / benchBatch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "players/s")
			b.ReportMetric(perPlayer, "B/player")
		})
	}
	single, loop := client.ScriptLoad(ctx, bareScript).Val(), client.ScriptLoad(ctx, bareLoop).Val()
	perBatch("bare/pipelined", func(i int) error {
		pipe := client.Pipeline()
		for _, e := range batches[i%len(batches)] {
			pipe.EvalSha(ctx, single, bareKeys, e.UserID, strconv.FormatInt(-e.Units, 10), e.Tie+e.UserID)
		}
		_, err := pipe.Exec(ctx)
		return err
	})
	perBatch("bare/loop", func(i int) error {
		arguments := make([]any, 0, 3*benchBatch)
		for _, e := range batches[i%len(batches)] {
			arguments = append(arguments, e.UserID, strconv.FormatInt(-e.Units, 10), e.Tie+e.UserID)
		}
		return client.EvalSha(ctx, loop, bareKeys, arguments...).Err()
	})
	seq := int64(0)
	perBatch("engine", func(i int) error {
		seq++
		return applied(ctx, engine, []board.Batch{{Board: "bench", Seq: seq, Entries: batches[i%len(batches)]}})
	})
	perBatch("engine/boards", func(i int) error {
		seq++
		many := make([]board.Batch, 50)
		for j := range many {
			many[j] = board.Batch{Board: fmt.Sprintf("bench_%d", j), Seq: seq, Entries: batches[i%len(batches)][j*10 : j*10+10]}
		}
		return applied(ctx, engine, many)
	})
}

// BenchmarkRead reads a page of 100 and the ranks of 100 players; the yardstick is the bare command, which can't tell a lost board.
func BenchmarkRead(b *testing.B) {
	client := goredis.NewClient(redistest.Options(redistest.Start(b).Addr))
	b.Cleanup(func() { require.NoError(b, client.Close()) })
	engine, err := redis.New(client, "laurel")
	require.NoError(b, err)
	ctx := b.Context()
	require.NoError(b, engine.Load(ctx, "bench", benchEntries, nil))
	users := make([]string, 100)
	for i := range users {
		users[i] = fmt.Sprintf("u_%08d", i*1999)
	}
	b.Run("page/bare", func(b *testing.B) {
		for range b.N {
			require.NoError(b, client.ZRangeWithScores(ctx, "laurel:{bench}:rank", 1000, 1099).Err())
		}
	})
	b.Run("page/engine", func(b *testing.B) {
		for range b.N {
			_, err := engine.Page(ctx, "bench", 1000, 100)
			require.NoError(b, err)
		}
	})
	b.Run("rank/engine", func(b *testing.B) {
		for range b.N {
			_, err := engine.Rank(ctx, "bench", users)
			require.NoError(b, err)
		}
	})
}

func applied(ctx context.Context, engine board.Engine, batches []board.Batch) error {
	results, err := engine.Apply(ctx, batches)
	for _, result := range results {
		if result != board.Applied {
			return fmt.Errorf("a batch is %d, want applied", result)
		}
	}
	return err
}

func benchEntries(yield func(board.Entry, error) bool) { benchEntriesUpTo(benchPlayers)(yield) }

func benchEntriesUpTo(count int) func(yield func(board.Entry, error) bool) {
	return func(yield func(board.Entry, error) bool) {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range count {
			if !yield(benchPlayer(random, i), nil) {
				return
			}
		}
	}
}

func usedMemory(b *testing.B, client *goredis.Client) int64 {
	b.Helper()
	info, err := client.Info(b.Context(), "memory").Result()
	require.NoError(b, err)
	_, rest, found := strings.Cut(info, "used_memory:")
	require.True(b, found)
	line, _, _ := strings.Cut(rest, "\r\n")
	used, err := strconv.ParseInt(line, 10, 64)
	require.NoError(b, err)
	return used
}
