package main

import (
	"testing"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// TestFaultRedisStopsAnswering has a Redis that accepts what it is asked and answers nothing, as a machine that swaps or a line that
// swallows packets does.
func TestFaultRedisStopsAnswering(t *testing.T) {
	t.Parallel()
	database, redis := postgres(t), redistest.Start(t)
	in := newInstallation(t, database.URL("postgres"), "redis://"+redis.Addr)
	server := in.serve(t)
	in.at.Store(server.url(t))
	senders := startSenders(t, in, 20)
	in.waitForScores(t)
	reading := startReaders(t, in)
	reading.goOn(t, senders, 20, 500)

	stale := reading.stale.Load()
	redis.Freeze(t)
	reading.until(t, "readers are told that the board is not the newest", func() bool { return reading.stale.Load() > stale })
	reading.goOn(t, senders, 50, 1000)
	redis.Thaw(t)
	reading.until(t, "the boards heal once it answers again", func() bool { return !reading.web.board(t, "kill_best", "top=1").Stale })
	reading.goOn(t, senders, 20, 500)
	reading.finish()
	senders.finish(t)
	in.audit(t, senders, server)
}
