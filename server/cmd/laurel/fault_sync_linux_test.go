package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// TestFaultSync has the disk fail to sync under a server at work, and recover.
func TestFaultSync(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir, err := os.MkdirTemp("", "laurel-sync-")
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		disk := watchSyncs(t, dir)
		in := newInstallation(t, "sqlite:"+filepath.Join(dir, "laurel.db"), "")
		server := launchIn(t, in.settings, append(disk.through, program(t), "serve"))
		failAndRecover(t, in, server, disk, func() {})
		require.NotContains(t, strings.ToLower(server.log.String()), "panic")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		database, redis := postgres(t), redistest.Start(t)
		disk := watchSyncs(t, database.Dir())
		require.NoError(t, database.Stop())
		database.Through = disk.through
		require.NoError(t, database.Start(t.Context()))
		in := newInstallation(t, database.URL("postgres"), "redis://"+redis.Addr)
		// Postgres doesn't trust a disk again after a failed sync: it gives up, and somebody starts it anew.
		failAndRecover(t, in, in.serve(t), disk, func() {
			require.NoError(t, database.Stop())
			require.NoError(t, database.Start(t.Context()))
		})
	})
}

// failAndRecover wants no event acknowledged while syncs fail, and each acknowledged one scored once when they work again.
func failAndRecover(t *testing.T, in *installation, server *child, disk *syncs, restart func()) {
	t.Helper()
	in.at.Store(server.url(t))
	senders := startSenders(t, in, 181)
	in.waitForScores(t)
	w := newWeb(t, in.at.Load().(string), in.key)

	disk.failing.Store(true)
	for number := range 20 {
		got := w.post(t, fmt.Sprintf(`{"event_id":"sync-%d","event_name":"login","ts":"2025-06-01T00:00:00Z","user_id":"nobody"}`, number))
		require.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
		require.NotEmpty(t, got.header.Get("Retry-After"))
	}
	require.Positive(t, disk.failed.Load())
	require.Eventually(t, func() bool { return senders.unanswered() > 0 }, patience, waitStep, "the senders meet it too")
	disk.failing.Store(false)
	restart()

	senders.waitFor(t, senders.acknowledged()+2000)
	senders.finish(t)
	in.audit(t, senders, server)
}
