package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/realtime"
)

// openEngine opens the rank store and the bus on which processes tell each other of changes: both in Redis when there is one, else in the process.
func openEngine(ctx context.Context, url string, closers *closers) (board.Engine, realtime.Bus, string, error) {
	if url == "" {
		return memory.New(), nil, "memory", nil
	}
	client, err := redisClient(url)
	if err != nil {
		return nil, nil, "", err
	}
	closers.add("redis", client.Close)
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, nil, "", fmt.Errorf("reach redis: %w", err)
	}
	engine, err := redis.New(client, redisPrefix)
	if err != nil {
		return nil, nil, "", err
	}
	return engine, realtime.NewRedisBus(client, redisPrefix), "redis", nil
}

// A Redis that is away must fail fast: boards are read from the database meanwhile and rebuilt when it is back.
const (
	redisDialTime = time.Second
	redisRetries  = 1
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
		options.ContextTimeoutEnabled, options.DialTimeout, options.DialerRetries, options.MaxRetries = true, redisDialTime, redisRetries, redisRetries
		return goredis.NewClusterClient(options), nil
	}
	options, err := goredis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis url: %w; want redis://host:6379 or redis+cluster://host:6379?addr=host:6380", err)
	}
	options.ContextTimeoutEnabled, options.DialTimeout, options.DialerRetries, options.MaxRetries = true, redisDialTime, redisRetries, redisRetries
	return goredis.NewClient(options), nil
}
