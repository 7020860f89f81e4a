package api

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/zeebo/xxh3"
)

const (
	// askTime bounds one question to Redis. A caller never waits longer for what processes share; this process then answers by itself.
	askTime = 50 * time.Millisecond
	// askRest is the pause after a question that was not answered, so that a Redis that is away slows the callers of a moment each second and
	// not all of them.
	askRest = time.Second
)

// commons is what the processes of an installation hold in common in Redis: what a caller has used up of his limits, and what he saw last.
type commons struct {
	client goredis.UniversalClient
	prefix string
	now    func() time.Time
	log    *slog.Logger
	// restUntil is when Redis is asked again after it failed, in nanoseconds since 1970.
	restUntil atomic.Int64
}

// newCommons returns nil when there is no Redis: then this process is alone.
func newCommons(client goredis.UniversalClient, prefix string, now func() time.Time, log *slog.Logger) *commons {
	if client == nil {
		return nil
	}
	return &commons{client: client, prefix: prefix, now: now, log: log}
}

// key names something of a caller without telling who he is.
func (c *commons) key(of, who string) string {
	sum := xxh3.HashString128(who).Bytes()
	return c.prefix + of + ":" + hex.EncodeToString(sum[:])
}

// ask puts a question to Redis and reports whether it was answered. It never fails: without an answer the caller goes by what this process
// knows.
func (c *commons) ask(ctx context.Context, question func(ctx context.Context) error) (answered bool) {
	if c == nil || c.now().UnixNano() < c.restUntil.Load() {
		return false
	}
	patience, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	err := question(patience)
	if err == nil || errors.Is(err, goredis.Nil) {
		return true
	}
	if ctx.Err() == nil { // else the caller went away, which says nothing of Redis
		c.restUntil.Store(c.now().Add(askRest).UnixNano())
		c.log.WarnContext(ctx, "redis gives no answer about limits and last reads, this process goes by its own", "error", err.Error(), "rest",
			askRest.String())
	}
	return false
}
