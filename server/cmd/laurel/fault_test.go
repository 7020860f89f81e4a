package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// readers read a board all the time. A read that fails is the end of the test.
type readers struct {
	in     *installation
	web    *web
	cancel context.CancelFunc
	ended  sync.WaitGroup
	reads  atomic.Int64
	stale  atomic.Int64
	// away counts the reads that got 503 while the database was allowed to be away.
	away     atomic.Int64
	mayBeOff atomic.Bool
	failed   atomic.Pointer[string]
}

func startReaders(t *testing.T, in *installation) *readers {
	t.Helper()
	at, _ := in.at.Load().(string)
	ctx, cancel := context.WithCancel(t.Context())
	r := &readers{in: in, web: newWeb(t, at, in.key), cancel: cancel}
	for _, path := range []string{"/v1/leaderboards/kill_best?top=10&me=u7&around=3", "/v1/leaderboards/kill_sum?top=100"} {
		r.ended.Go(func() { r.run(ctx, path) })
	}
	t.Cleanup(func() {
		cancel()
		r.ended.Wait()
	})
	return r
}

func (r *readers) run(ctx context.Context, path string) {
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for ctx.Err() == nil {
		allowed := r.mayBeOff.Load()
		got, err := r.web.call(ctx, http.MethodGet, path, "", "")
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.fail("read: %s", err)
		case got.status == http.StatusOK:
			var page boardPage
			if err := json.Unmarshal([]byte(got.body), &page); err != nil || len(page.Top) == 0 {
				r.fail("read: %v: %s", err, got.body)
			}
			if page.Stale {
				r.stale.Add(1)
			}
		case got.status == http.StatusServiceUnavailable && (allowed || r.mayBeOff.Load()) && got.header.Get("Retry-After") != "":
			r.away.Add(1)
		default:
			r.fail("read: %d %s", got.status, got.body)
		}
		r.reads.Add(1)
		select {
		case <-ctx.Done():
		case <-pace.C:
		}
	}
}

func (r *readers) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.failed.CompareAndSwap(nil, &text)
}

// until waits for a condition and wants every read meanwhile to be good.
func (r *readers) until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, func() bool { return r.failed.Load() != nil || condition() }, patience, waitStep, what)
	if text := r.failed.Load(); text != nil {
		require.FailNow(t, *text, what)
	}
}

// goOn waits for more good reads and more acknowledged events.
func (r *readers) goOn(t *testing.T, s *senders, reads int64, events int) {
	t.Helper()
	reads, events = r.reads.Load()+reads, s.acknowledged()+events
	r.until(t, "reads and events go on", func() bool { return r.reads.Load() >= reads && s.acknowledged() >= events })
}

func (r *readers) finish() {
	r.cancel()
	r.ended.Wait()
}

// TestFaultRedisAndPostgresGoAwayWhileLive takes Redis' data, then Redis, then Postgres away from a server at work.
func TestFaultRedisAndPostgresGoAwayWhileLive(t *testing.T) {
	t.Parallel()
	database, redis := postgres(t), redistest.Start(t)
	in := newInstallation(t, database.URL("postgres"), "redis://"+redis.Addr)
	server := in.serve(t)
	in.at.Store(server.url(t))
	senders := startSenders(t, in, 20)
	in.waitForScores(t)
	reading := startReaders(t, in)
	reading.goOn(t, senders, 20, 500)
	fresh := func() bool {
		held, err := redis.Client().DBSize(t.Context()).Result()
		return err == nil && held > 0 && !reading.web.board(t, "kill_best", "top=1").Stale
	}

	redis.Flush(t)
	reading.until(t, "the boards heal after a flush", fresh)
	reading.goOn(t, senders, 20, 500)

	stale := reading.stale.Load()
	redis.Kill()
	reading.until(t, "readers are told that the board is not the newest", func() bool { return reading.stale.Load() > stale })
	reading.goOn(t, senders, 50, 1000)
	redis.Restart(t)
	reading.until(t, "the boards heal after a restart", fresh)
	reading.goOn(t, senders, 20, 500)

	reading.mayBeOff.Store(true)
	require.NoError(t, database.Stop())
	checkAway(t, reading.web, "pg")
	require.NoError(t, database.Start(t.Context()))
	reading.until(t, "reads go on", func() bool {
		got, err := reading.web.call(t.Context(), http.MethodGet, "/v1/leaderboards/kill_count?top=5", "", "")
		return err == nil && got.status == http.StatusOK
	})
	reading.mayBeOff.Store(false)
	reading.goOn(t, senders, 20, 2000)
	reading.finish()
	senders.finish(t)
	t.Logf("%d reads, %d stale, %d while the database was away", reading.reads.Load(), reading.stale.Load(), reading.away.Load())
	in.audit(t, senders, server)
}

// checkAway posts until the server says that it can't make events durable, and when to come again. It never says anything worse.
func checkAway(t *testing.T, w *web, prefix string) {
	t.Helper()
	number := 0
	require.Eventually(t, func() bool {
		number++
		got := w.post(t, fmt.Sprintf(`{"event_id":"%s-%d","event_name":"login","ts":"2025-06-01T00:00:00Z","user_id":"nobody"}`, prefix, number))
		if got.status == http.StatusAccepted {
			return false
		}
		require.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
		seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
		require.NoError(t, err, got.body)
		require.Positive(t, seconds)
		return true
	}, patience, waitStep)
}

// TestFaultDiskFull runs a server into a limit on the size of its files, and one without that limit after it.
func TestFaultDiskFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "laurel.db")
	in := newInstallation(t, "sqlite:"+path, "")
	server := in.serve(t)
	in.at.Store(server.url(t))
	senders := startSenders(t, in, 18)
	in.waitForScores(t)
	server.stop(t)

	info, err := os.Stat(path)
	require.NoError(t, err)
	kilobytes := info.Size()>>10 + 1024
	full := launchIn(t, in.settings, []string{"sh", "-c", "ulimit -f " + strconv.FormatInt(2*kilobytes, 10) + `; exec "$@"`, "sh", program(t),
		"serve"})
	at := full.url(t)
	in.at.Store(at)
	checkAway(t, newWeb(t, at, in.key), "disk")
	got := newWeb(t, at, in.key).get(t, "/v1/leaderboards/kill_best?top=10")
	require.Equal(t, http.StatusOK, got.status, got.body)
	full.kill()
	require.NotContains(t, strings.ToLower(full.log.String()), "panic")

	server = in.serve(t)
	in.at.Store(server.url(t))
	senders.waitFor(t, senders.acknowledged()+1000)
	senders.finish(t)
	in.audit(t, senders, server)
}
