package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/load"
)

// startServer runs a whole server on SQLite and a free port until the test ends, and returns its address. change may alter its settings.
func startServer(t *testing.T, clock string, definitions fs.FS, change ...func(*server)) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	address, done := make(chan net.Addr, 1), make(chan error, 1)
	s := server{
		storage: storage{DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "laurel.db")},
		doors:   doors{Listen: "127.0.0.1:0", LagLimit: 100_000, SnapshotEvery: time.Minute, LogLevel: "error"},
		rules:   definitions, rulesName: "rules", clockSetting: clock, dev: true, devKey: "k", logTo: t.Output(),
		ready: func(at net.Addr) { address <- at },
	}
	for _, change := range change {
		change(&s)
	}
	go func() { done <- s.run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	select {
	case at := <-address:
		return "http://" + at.String()
	case err := <-done:
		done <- nil
		require.NoError(t, err, "start the server")
	case <-time.After(patience):
		require.Fail(t, "the server does not start")
	}
	return ""
}

// TestLoadMeasuresTheWholeWay puts a real server under a little load, twice, since the players of an earlier run must not stand in the way.
func TestLoadMeasuresTheWholeWay(t *testing.T) {
	t.Parallel()
	at := startServer(t, "real", nil)
	into := filepath.Join(t.TempDir(), "report.json")
	for range 2 {
		command := &loadCmd{
			URL: []string{at}, Key: "k", Rate: 400, Duration: 2 * time.Second, Batch: 20, Workers: 2, Players: 100, Sockets: 6, Probes: 10,
			Contest: "load_test", Publish: true, Report: into,
		}
		var out bytes.Buffer
		require.NoError(t, command.run(t.Context(), wall, &out, t.Output()))
		content, err := os.ReadFile(into)
		require.NoError(t, err)
		var r load.Report
		require.NoError(t, json.Unmarshal(content, &r))
		require.Equal(t, 20*r.Ingest.Count+r.Probes, r.Accepted, "every event that was sent in the time is counted")
		require.Zero(t, r.Duplicates+r.Rejected+r.Errors, out.String())
		require.Positive(t, r.Ingest.Count)
		require.LessOrEqual(t, r.Ingest.Count, int64(41), "400 a second for two seconds, in batches of 20")
		require.Positive(t, r.DrainSeconds)
		require.Positive(t, r.Probes)
		require.Equal(t, 6*r.Probes, r.Push.Count, "each socket sees each probe once")
		require.LessOrEqual(t, r.Push.P50, r.Push.P99)
		require.Zero(t, r.LostSockets)
		require.Contains(t, out.String(), "whole way")
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	at := startServer(t, "real", nil)
	command := &loadCmd{URL: []string{at}, Key: "wrong", Duration: time.Second, Batch: 1, Workers: 1, Players: 1, Probes: 1, Contest: "c",
		Publish: true}
	require.ErrorContains(t, command.run(t.Context(), wall, io.Discard, io.Discard), "scope admin")
	command = &loadCmd{URL: []string{at}, Key: "k", Duration: time.Second, Batch: 1, Workers: 1, Players: 1, Probes: 1, Sockets: 1,
		Contest: "nothing"}
	require.ErrorContains(t, command.run(t.Context(), wall, io.Discard, io.Discard), "not_found")
	for says, change := range map[string]func(*loadCmd){
		"--rate": func(c *loadCmd) { c.Rate = -1 }, "--duration": func(c *loadCmd) { c.Duration = 0 },
		"--batch":   func(c *loadCmd) { c.Batch = 1001 },
		"--workers": func(c *loadCmd) { c.Workers = 0 }, "--players": func(c *loadCmd) { c.Players = 0 },
		"--sockets": func(c *loadCmd) { c.Sockets = load.MaxSockets + 1 },
		"--probes":  func(c *loadCmd) { c.Probes = 101 },
	} {
		broken := *command
		change(&broken)
		require.ErrorContains(t, broken.run(t.Context(), wall, io.Discard, io.Discard), says)
	}
}

// TestLoadSaysWhichLimitIsInTheWay has the server refuse sockets, and the system files.
func TestLoadSaysWhichLimitIsInTheWay(t *testing.T) {
	t.Parallel()
	for setting, limit := range map[string]func(*server){
		"LAUREL_MAX_SOCKETS_PER_ADDRESS": func(s *server) { s.MaxSocketsPerAddress = 3 },
		"LAUREL_MAX_SOCKETS":             func(s *server) { s.MaxSockets = 3 },
	} {
		command := &loadCmd{
			URL: []string{startServer(t, "real", nil, limit)}, Key: "k", Duration: time.Second, Batch: 1, Workers: 1, Players: 1, Probes: 1,
			Sockets: 4,
			Contest: "load_test", Publish: true,
		}
		err := command.run(t.Context(), wall, io.Discard, io.Discard)
		require.ErrorContains(t, err, "as many sockets as it may")
		require.ErrorContains(t, err, "("+setting+")")
	}
	require.NoError(t, allowFiles(1))
	require.ErrorContains(t, allowFiles(1<<40), "raise it with ulimit -Hn 1099511627776")
}

// TestLoadSpreadsOverServers sends to two processes of one installation, here two names of one process.
func TestLoadSpreadsOverServers(t *testing.T) {
	t.Parallel()
	at := startServer(t, "real", nil)
	var events, sockets [2]atomic.Int64
	urls := make([]string, 2)
	for i := range urls {
		to, err := url.Parse(at)
		require.NoError(t, err)
		proxy := httputil.NewSingleHostReverseProxy(to)
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/ws":
				sockets[i].Add(1)
			case strings.HasSuffix(r.URL.Path, "/Ingest"):
				events[i].Add(1)
			}
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		urls[i] = front.URL + "/"
	}
	command := &loadCmd{
		URL: urls, Key: "k", Rate: 400, Duration: time.Second, Batch: 20, Workers: 3, Players: 100, Sockets: 6, Probes: 10, Contest: "load_test",
		Publish: true,
	}
	var out bytes.Buffer
	require.NoError(t, command.run(t.Context(), wall, &out, t.Output()))
	require.NotContains(t, out.String(), "first error")
	require.Equal(t, []int64{3, 3}, []int64{sockets[0].Load(), sockets[1].Load()})
	require.InDelta(t, events[0].Load(), events[1].Load(), 4, "each in turn")
}

// TestLoadBodyIsWhatTheContractSays decodes what is encoded by hand and has it checked as the server does.
// TestSocketsTellProbesApart shows a visitor the rows of several probes' players, who stand there without their names.
// TestLatencyQuantiles compares the histogram with sorting.
// TestRetailFromFileToBoard is the example of rules/online-retail as its README tells it, on the small cut.
func TestRetailFromFileToBoard(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "rules", "online-retail")
	at := startServer(t, "event", os.DirFS(folder))
	_, err := runIngest(t.Context(), t, "--url="+at, "--mapping="+filepath.Join(folder, "mapping.yaml"), copyOf(t, "sample.csv"))
	require.NoError(t, err)
	type board struct {
		Total int64 `json:"total"`
		Top   []struct {
			User  string  `json:"user"`
			Score float64 `json:"score"`
		} `json:"top"`
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/v1/leaderboards/retail_best_baskets?top=3", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer k")
	var got board
	require.Eventually(t, func() bool {
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		got = board{}
		return json.NewDecoder(response.Body).Decode(&got) == nil && got.Total == 13
	}, patience, 50*time.Millisecond)
	require.Len(t, got.Top, 3)
	for i, want := range []string{"15061 3189.96", "13777 3182.78", "16029 508.20"} {
		require.Equal(t, want, fmt.Sprintf("%s %.2f", got.Top[i].User, got.Top[i].Score))
	}
}
