package limit_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

const (
	players    = 100_000 // as laurel load has
	partitions = 16
	// senders is how many connections append, folders how many update standings, each its own players.
	senders = 2
	folders = 2
	// appendRows is what one transaction appends: the four calls of 100 events that laurel load has under way.
	appendRows = 400
	// foldEvents bounds the events of one transaction that updates standings. Each changed player is one row.
	foldEvents = 5000
	// bodyBytes is what an event of laurel load takes. A best-20 standing of its players grows to 360 bytes: stateBytes is what one has on the
	// way there.
	bodyBytes  = 190
	stateBytes = 200
	tieBytes   = 16
)

// database is bare statements on one of the two databases.
type database interface {
	append(ctx context.Context, first int64, users []int) error
	update(ctx context.Context, users []int, seq int64) error
}

// BenchmarkLimit appends events and updates the standings of their players until all are in. An operation is one event.
func BenchmarkLimit(b *testing.B) {
	b.Run("postgres+redis", func(b *testing.B) {
		pool := openPostgres(b)
		board := openBoard(b)
		measure(b, &postgres{pool: pool}, board)
	})
	b.Run("sqlite", func(b *testing.B) {
		measure(b, &sqlite{pool: openSQLite(b)}, func(context.Context, []int, int64) error { return nil })
	})
}

// appended is what senders hand to a folder: players whose events are durable.
type appended struct {
	mu    sync.Mutex
	users []int
	done  bool
	woken sync.Cond
}

func (a *appended) add(users []int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users = append(a.users, users...)
	a.woken.Signal()
}

func (a *appended) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = true
	a.woken.Signal()
}

// take waits for events and returns the distinct players of up to foldEvents of them; none when all are in.
func (a *appended) take() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.users) == 0 && !a.done {
		a.woken.Wait()
	}
	count := min(len(a.users), foldEvents)
	seen := make(map[int]struct{}, count)
	var distinct []int
	for _, user := range a.users[:count] {
		if _, twice := seen[user]; !twice {
			seen[user] = struct{}{}
			distinct = append(distinct, user)
		}
	}
	a.users = a.users[count:]
	return distinct
}

// measure runs senders and folders side by side until b.N events are appended and folded.
func measure(b *testing.B, d database, board func(ctx context.Context, users []int, seq int64) error) {
	b.Helper()
	ctx := b.Context()
	var queues [folders]appended
	var sending, folding sync.WaitGroup
	var next atomic.Int64
	fail := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	for i := range queues {
		q := &queues[i]
		q.woken.L = &q.mu
		folding.Go(func() {
			for seq := int64(1); ; seq++ {
				users := q.take()
				if len(users) == 0 {
					return
				}
				fail(d.update(ctx, users, seq))
				fail(board(ctx, users, seq))
			}
		})
	}
	b.ResetTimer()
	for sender := range senders {
		random := rand.New(rand.NewPCG(1, uint64(sender)))
		sending.Go(func() {
			for {
				first := next.Add(appendRows) - appendRows
				if first >= int64(b.N) {
					return
				}
				users, split := make([]int, appendRows), [folders][]int{}
				for i := range users {
					users[i] = random.IntN(players)
					split[users[i]%folders] = append(split[users[i]%folders], users[i])
				}
				fail(d.append(ctx, first, users))
				for i := range split {
					queues[i].add(split[i])
				}
			}
		})
	}
	sending.Wait()
	for i := range queues {
		queues[i].close()
	}
	folding.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// row is an event as a journal keeps it.
func row(number int64) (eventID string, hash, body []byte) {
	id := strconv.AppendInt([]byte("load-"), number, 10)
	sum := xxh3.Hash128(id).Bytes()
	return string(id) + "-" + strconv.FormatUint(binary.LittleEndian.Uint64(sum[:]), 36), sum[:], bodies
}

var (
	bodies = []byte(strings.Repeat("x", bodyBytes))
	states = []byte(strings.Repeat("y", stateBytes))
)

// tie is a player's tie-break values, which change with his standing.
func tie(user int, seq int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(make([]byte, 0, tieBytes), uint64(seq)), uint64(user))
}

func exec(b *testing.B, pool *sql.DB, statements ...string) {
	b.Helper()
	for _, statement := range statements {
		_, err := pool.ExecContext(b.Context(), statement)
		require.NoError(b, err)
	}
}

// boardScript is what has to be done for players whose standings changed, and nothing else.
const boardScript = `for i = 1, #ARGV, 3 do
  local old = redis.call('HGET', KEYS[2], ARGV[i])
  if old then redis.call('ZREM', KEYS[1], old) end
  redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i + 2])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])
end
return 1`

// openBoard starts a Redis server and returns what updates a board on it.
func openBoard(b *testing.B) func(ctx context.Context, users []int, seq int64) error {
	b.Helper()
	client := goredis.NewClient(redistest.Options(redistest.Start(b).Addr))
	b.Cleanup(func() { require.NoError(b, client.Close()) })
	script := client.ScriptLoad(b.Context(), boardScript).Val()
	return func(ctx context.Context, users []int, seq int64) error {
		arguments := make([]any, 0, 3*len(users))
		for _, user := range users {
			id := "load_" + strconv.Itoa(user)
			arguments = append(arguments, id, -(seq*7919+int64(user))%5_000_000, string(tie(user, seq))+id)
		}
		if err := client.EvalSha(ctx, script, []string{"limit:rank", "limit:member"}, arguments...).Err(); err != nil {
			return fmt.Errorf("update board: %w", err)
		}
		return nil
	}
}
