package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/realtime"
)

// ranks is where boards live, and what processes that share them have in common.
type ranks struct {
	// name is redis or memory.
	name   string
	engine board.Engine
	// bus carries word of changes between processes, and client what else they share; both nil when boards live in the process.
	bus    realtime.Bus
	client goredis.UniversalClient
}

// redisLog takes what the Redis library says by itself, which it would print in a form of its own.
type redisLog struct{ log *slog.Logger }

// Printf implements the library's logger.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, "redis client", "says", fmt.Sprintf(format, args...))
}

// logRedis has the Redis library of this process write to a log.
func logRedis(log *slog.Logger) { goredis.SetLogger(redisLog{log}) }

// openRanks opens the rank store: in Redis when there is one, else in the process.
func openRanks(ctx context.Context, url string, closers *closers) (ranks, error) {
	if url == "" {
		return ranks{name: "memory", engine: memory.New()}, nil
	}
	client, err := redisClient(url)
	if err != nil {
		return ranks{}, err
	}
	closers.add("redis", client.Close)
	reaching, cancel := context.WithTimeout(ctx, redisReachTime)
	defer cancel()
	if err := client.Ping(reaching).Err(); err != nil {
		return ranks{}, fmt.Errorf("reach redis: %w", err)
	}
	engine, err := redis.New(client, redisPrefix)
	if err != nil {
		return ranks{}, err
	}
	return ranks{name: "redis", engine: engine, bus: realtime.NewRedisBus(client, redisPrefix), client: client}, nil
}

// A Redis that is away must fail fast: boards are read from the database meanwhile and rebuilt when it is back.
const (
	redisDialTime = time.Second
	redisRetries  = 1
	// redisReachTime bounds the first question, before anything is served.
	redisReachTime = 5 * time.Second
)

// redisPrefix begins every key, so that Laurel can share a Redis with others.
const redisPrefix = "laurel:"

// redisClient opens a client for redis:// or redis+cluster://.
func redisClient(url string) (goredis.UniversalClient, error) {
	if nodes, isCluster := strings.CutPrefix(url, "redis+cluster://"); isCluster {
		options, err := goredis.ParseClusterURL("redis://" + nodes)
		if err != nil {
			return nil, fmt.Errorf("redis url: %w", err)
		}
		options.ContextTimeoutEnabled, options.DialTimeout, options.DialerRetries, options.MaxRetries = true, redisDialTime, redisRetries,
			redisRetries
		return goredis.NewClusterClient(options), nil
	}
	options, err := goredis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis url: %w; want redis://host:6379 or redis+cluster://host:6379?addr=host:6380", err)
	}
	options.ContextTimeoutEnabled, options.DialTimeout, options.DialerRetries, options.MaxRetries = true, redisDialTime, redisRetries,
		redisRetries
	return goredis.NewClient(options), nil
}
