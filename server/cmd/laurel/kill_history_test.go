package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

const (
	// historyEvents are imported while the server is killed, historyKills times unless LAUREL_KILLS asks for more.
	historyEvents, historyKills = 30_000, 3
)

// TestKillWhileHistoryIsImported kills a server on SQLite while a file is imported as history beside live events, which goes on from where
// it was each time. What was told as stored is there, and everything counts once.
func TestKillWhileHistoryIsImported(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, "sqlite:"+filepath.Join(t.TempDir(), "laurel.db"), "")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String() // an import goes on with one server only, so it must come back where it was
	require.NoError(t, listener.Close())
	in.settings = append(in.settings, "LAUREL_LISTEN="+address)
	seed := uint64(setting(t, "LAUREL_SEED", int(time.Now().UnixNano()>>10)))
	t.Logf("LAUREL_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	file, history := historyFile(t, random, historyEvents)

	server := in.serve(t)
	in.at.Store(server.url(t))
	senders := startSenders(t, in, seed)
	senders.mu.Lock()
	for _, e := range history {
		senders.sent[e.GetEventId()] = e
	}
	senders.mu.Unlock()
	imported := importHistory(t, in, "http://"+address, file)
	for range setting(t, "LAUREL_KILLS", historyKills) {
		senders.waitFor(t, senders.acknowledged()+200+random.IntN(1000))
		server.kill()
		server = in.serve(t)
		in.at.Store(server.url(t))
	}
	runs, err := imported()
	require.NoError(t, err)
	t.Logf("imported in %d runs", runs)
	senders.waitFor(t, senders.acknowledged()+500)
	senders.finish(t)
	for _, e := range history {
		senders.acked[e.GetEventId()] = true
	}
	in.audit(t, senders, server)
}

// historyFile writes events to a file, as it is imported.
func historyFile(t *testing.T, random *rand.Rand, count int) (path string, events []*laurelv1.Event) {
	t.Helper()
	var text strings.Builder
	for i := range count {
		e := senderEvent(random, fmt.Sprint(historyPrefix, i))
		events = append(events, e)
		fmt.Fprintf(&text, `{"event_id":%q,"event_name":"round_end","ts":%q,"user_id":%q,"market":"DE","brand":"X",`+
			`"game":{"id":"g_1","provider":"Hacksaw"},"bet":{"amount_minor":100,"currency":"EUR"},"win":{"amount_minor":%d,"currency":"EUR"},`+
			`"round":{"id":%q,"state":"ended","duration_ms":%d}}`+"\n", e.GetEventId(), e.GetEventTs().AsTime().Format(time.RFC3339),
			e.GetUser().GetId(), e.GetWin().GetAmountMinor(), e.GetRound().GetId(), e.GetRound().GetDurationMs())
	}
	path = filepath.Join(t.TempDir(), "history.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	return path, events
}

// importHistory imports a file, again and again until a run makes it to the end. The function waits for that and tells how many it took.
func importHistory(t *testing.T, in *installation, url, file string) (wait func() (runs int, err error)) {
	t.Helper()
	settings := []string{"LAUREL_URL=" + url, "LAUREL_API_KEY=" + in.key}
	progress := filepath.Join(t.TempDir(), "progress")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	runs, done := 0, make(chan error, 1)
	go func() {
		for {
			runs++
			_, err := runVerb(t, settings, "ingest", "--history", "--batch", "200", "--progress", progress, file)
			if err == nil || ctx.Err() != nil {
				done <- err
				return
			}
		}
	}()
	return func() (int, error) {
		err := <-done
		return runs, err
	}
}
