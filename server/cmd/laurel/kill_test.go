package main

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// killsByDefault is how often a server is killed; LAUREL_KILLS asks for more.
const killsByDefault = 5

func TestKillNothingLostNothingTwiceOnSQLite(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, newInstallation(t, "sqlite:"+filepath.Join(t.TempDir(), "laurel.db"), ""))
}

func TestKillNothingLostNothingTwiceOnPostgresAndRedis(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, newInstallation(t, postgres(t).URL("postgres"), "redis://"+redistest.Start(t).Addr))
}

// killAgainAndAgain kills the server at random moments while senders post, and wants everything to be there once in the end.
func killAgainAndAgain(t *testing.T, in *installation) {
	t.Helper()
	seed := uint64(setting(t, "LAUREL_SEED", int(time.Now().UnixNano()>>10)))
	t.Logf("LAUREL_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	server := in.serve(t)
	senders := startSenders(t, in, seed)
	for kill := range setting(t, "LAUREL_KILLS", killsByDefault) {
		switch kill % 4 {
		case 0, 1: // in the middle of scoring, which starts when the leases of the killed server have run out
			in.at.Store(server.url(t))
			in.waitForScores(t)
		case 2: // while it only takes events in
			in.at.Store(server.url(t))
			senders.waitFor(t, senders.acknowledged()+random.IntN(2000))
		case 3: // while it starts
			after(t, time.Duration(random.Int64N(int64(400*time.Millisecond))))
		}
		after(t, time.Duration(random.Int64N(int64(50*time.Millisecond))))
		server.kill()
		server = in.serve(t)
	}
	in.at.Store(server.url(t))
	senders.waitFor(t, senders.acknowledged()+1000)
	senders.finish(t)
	in.audit(t, senders, server)
}

// waitForScores waits until scores move, twice in a row: then the fold is under way.
func (in *installation) waitForScores(t *testing.T) {
	t.Helper()
	at, _ := in.at.Load().(string)
	w := newWeb(t, at, in.key)
	for range 2 {
		first := w.board(t, "kill_count", "top=100").Top
		require.Eventually(t, func() bool { return !slices.Equal(first, w.board(t, "kill_count", "top=100").Top) }, patience, 5*time.Millisecond)
	}
}

// after waits for a time that is part of the scenario.
func after(t *testing.T, wait time.Duration) {
	t.Helper()
	select {
	case <-t.Context().Done():
		require.NoError(t, t.Context().Err())
	case <-time.After(wait):
	}
}
