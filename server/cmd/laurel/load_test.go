package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/rules"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
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
		load := &loadCmd{
			URL: []string{at}, Key: "k", Rate: 400, Duration: 2 * time.Second, Batch: 20, Workers: 2, Players: 100, Sockets: 6, Probes: 10,
			Contest: "load_test", Publish: true, Report: into,
		}
		var out bytes.Buffer
		require.NoError(t, load.run(t.Context(), wall, &out, t.Output()))
		content, err := os.ReadFile(into)
		require.NoError(t, err)
		var r loadReport
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
	load := &loadCmd{URL: []string{at}, Key: "wrong", Duration: time.Second, Batch: 1, Workers: 1, Players: 1, Probes: 1, Contest: "c", Publish: true}
	require.ErrorContains(t, load.run(t.Context(), wall, io.Discard, io.Discard), "scope admin")
	load = &loadCmd{URL: []string{at}, Key: "k", Duration: time.Second, Batch: 1, Workers: 1, Players: 1, Probes: 1, Sockets: 1, Contest: "nothing"}
	require.ErrorContains(t, load.run(t.Context(), wall, io.Discard, io.Discard), "not_found")
	for says, change := range map[string]func(*loadCmd){
		"--rate": func(c *loadCmd) { c.Rate = -1 }, "--duration": func(c *loadCmd) { c.Duration = 0 }, "--batch": func(c *loadCmd) { c.Batch = 1001 },
		"--workers": func(c *loadCmd) { c.Workers = 0 }, "--players": func(c *loadCmd) { c.Players = 0 }, "--sockets": func(c *loadCmd) { c.Sockets = maxLoadSockets + 1 },
		"--probes": func(c *loadCmd) { c.Probes = 101 },
	} {
		broken := *load
		change(&broken)
		require.ErrorContains(t, broken.check(), says)
	}
}

// TestLoadSaysWhichLimitIsInTheWay has the server refuse sockets, and the system files.
func TestLoadSaysWhichLimitIsInTheWay(t *testing.T) {
	t.Parallel()
	for setting, limit := range map[string]func(*server){
		"LAUREL_MAX_SOCKETS_PER_ADDRESS": func(s *server) { s.MaxSocketsPerAddress = 3 },
		"LAUREL_MAX_SOCKETS":             func(s *server) { s.MaxSockets = 3 },
	} {
		load := &loadCmd{
			URL: []string{startServer(t, "real", nil, limit)}, Key: "k", Duration: time.Second, Batch: 1, Workers: 1, Players: 1, Probes: 1, Sockets: 4,
			Contest: "load_test", Publish: true,
		}
		err := load.run(t.Context(), wall, io.Discard, io.Discard)
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
	load := &loadCmd{
		URL: urls, Key: "k", Rate: 400, Duration: time.Second, Batch: 20, Workers: 3, Players: 100, Sockets: 6, Probes: 10, Contest: "load_test", Publish: true,
	}
	var out bytes.Buffer
	require.NoError(t, load.run(t.Context(), wall, &out, t.Output()))
	require.NotContains(t, out.String(), "first error")
	require.Equal(t, []int64{3, 3}, []int64{sockets[0].Load(), sockets[1].Load()})
	require.InDelta(t, events[0].Load(), events[1].Load(), 4, "each in turn")
}

// TestLoadBodyIsWhatTheContractSays decodes what is encoded by hand and has it checked as the server does.
func TestLoadBodyIsWhatTheContractSays(t *testing.T) {
	t.Parallel()
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	now := time.Date(2026, 11, 20, 12, 0, 0, 123_456_789, time.UTC)
	batch := &loadBatch{}
	for round := range 3 {
		batch.fill(rand.New(rand.NewPCG(1, uint64(round))), "run-", 100*round, 100, 50, now)
		var request laurelv1.IngestRequest
		require.NoError(t, proto.Unmarshal(batch.body, &request))
		require.Len(t, request.Events, 100)
		ids := map[string]bool{}
		for _, e := range request.Events {
			require.Nil(t, registry.Normalise(e, now, 0))
			ids[e.EventId] = true
			require.Equal(t, now.Truncate(time.Microsecond), e.EventTs.AsTime())
			require.Equal(t, "ended", e.Round.State)
			require.Equal(t, int64(2400), e.Round.GetDurationMs())
			require.InDelta(t, float64(e.Win.AmountMinor)/float64(e.Bet.AmountMinor), e.Win.GetMultiplier(), 0)
			require.LessOrEqual(t, e.Win.GetMultiplier(), 50.0)
			require.Equal(t, []string{"PragmaticPlay", "isp", "mobile", "DE", "X"}, []string{e.Game.Provider, e.Device.AsnCategory, e.Device.Platform, e.Market, e.Brand})
		}
		require.Len(t, ids, 100)
		require.True(t, ids[fmt.Sprintf("run-%d", 100*round)])
	}
}

func TestProbesKnowTheirScores(t *testing.T) {
	t.Parallel()
	const probes = 20 * probePlayers
	log := newProbeLog("run", time.Unix(1_800_000_000, 0), probes)
	later := newProbeLog("later", time.Unix(1_800_000_003, 0), 0)
	var rounds [probePlayers][]int64
	partitions := map[int]bool{}
	for player := range rounds {
		for round := range loadKept {
			rounds[player] = append(rounds[player], log.points(round)*loadUnits)
		}
	}
	for k := range probes {
		number, ok := log.next(time.Unix(int64(k), 0))
		require.True(t, ok)
		require.Equal(t, k, number)
		partitions[journal.PartitionOf(log.user(k), journal.DefaultPartitions)] = true
		player := k % probePlayers
		require.Equal(t, log.users[player], log.user(k))
		rounds[player] = append(rounds[player], log.points(log.round(k))*loadUnits)
		best := slices.Sorted(slices.Values(rounds[player]))
		sum := int64(0)
		for _, units := range best[len(best)-loadKept:] {
			sum += units
		}
		require.Equal(t, sum, log.units[k])
		require.Less(t, sum, int64(1)<<53)
		require.Greater(t, sum, log.last()*loadUnits, "the last events leave the probes in sight")
		require.Less(t, sum, later.last()*loadUnits, "and stand above the probes of a run before")
		if k >= probePlayers {
			require.Greater(t, log.units[k], log.units[k-probePlayers])
		}
	}
	require.Len(t, partitions, journal.DefaultPartitions)
	_, ok := log.next(time.Unix(0, 0))
	require.False(t, ok)
}

// TestSocketsTellProbesApart shows a visitor the rows of several probes' players, who stand there without their names.
func TestSocketsTellProbesApart(t *testing.T) {
	t.Parallel()
	run := &loadRun{probes: newProbeLog("run", time.Unix(1_800_000_000, 0), 40)}
	for range 40 {
		run.probes.next(time.Unix(0, 0))
	}
	w := &watchers{run: run, players: map[string]int{}}
	socket := &watcher{all: w}
	show := func(named bool, probes ...int) int64 {
		t.Helper()
		delta := &laurelv1.BoardDelta{Changed: []*laurelv1.LeaderboardRow{{PlayerKey: "stranger", Units: 1 << 50}}}
		for _, k := range probes {
			row := &laurelv1.LeaderboardRow{PlayerKey: fmt.Sprint("key-", k%probePlayers), Units: run.probes.units[k]}
			if named {
				row.UserId = run.probes.user(k)
			}
			delta.Changed = append(delta.Changed, row)
		}
		body, err := proto.Marshal(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Delta{Delta: delta}})
		require.NoError(t, err)
		frame, err := w.parse(body)
		require.NoError(t, err)
		if !named {
			before := run.push.count.Load()
			socket.measure(frame.sightings, time.Unix(1, 0))
			return run.push.count.Load() - before
		}
		return 0
	}
	require.Zero(t, show(false, 0), "nobody has said yet whose row it is")
	show(true, 0, 1, 5)
	require.Equal(t, int64(2), show(false, 0, 1))
	require.Zero(t, show(false, 0, 1), "seen before")
	require.Equal(t, int64(2), show(false, 0+2*probePlayers), "one frame may bring several probes of a player")
	require.Equal(t, int64(1), show(false, 5))
	require.Zero(t, show(false, 2), "a player whose row is not known")
}

func TestSlowestSecondNeedsAWholeOne(t *testing.T) {
	t.Parallel()
	run := &loadRun{loadCmd: &loadCmd{URL: []string{"http://x"}}, probes: newProbeLog("run", time.Unix(1_800_000_000, 0), 0)}
	for second, events := range []int32{10, 400, 0, 500, 5} {
		run.counts.seconds[second].Store(events)
	}
	for took, want := range map[time.Duration]string{
		2 * time.Second: "/s\n", 2999 * time.Millisecond: "/s\n", 3 * time.Second: "/s, in the slowest second 400\n", 4 * time.Second: "/s, in the slowest second 0\n",
	} {
		report := run.report(took, 0, &watchers{})
		require.Contains(t, report.String(), want, took)
	}
}

// TestLatencyQuantiles compares the histogram with sorting.
func TestLatencyQuantiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 200), rapid.Int64Range(0, 10_000_000), rapid.Int64Range(0, 1<<50)), 1, 60).Draw(t, "micros")
		var l latencies
		for _, m := range micros {
			l.record(time.Duration(m) * time.Microsecond)
		}
		slices.Sort(micros)
		for _, share := range []float64{0, 0.5, 0.95, 0.99} {
			exact := micros[min(len(micros)-1, int(share*float64(len(micros))))]
			got := l.quantile(share).Microseconds()
			require.GreaterOrEqual(t, got, exact)
			require.LessOrEqual(t, float64(got), math.Ceil(float64(exact)*1.04))
		}
		require.Equal(t, micros[len(micros)-1], l.quantile(1).Microseconds())
	})
	var none latencies
	require.Zero(t, none.report())
}

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

func TestShippedLoadContestIsTheOneThatIsReplaced(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, strings.Count(rules.Load, "id: "+loadContest+"\n"))
	require.Contains(t, rules.Load, fmt.Sprintf("n: %d\n", loadKept))
	require.Contains(t, rules.Load, "precision: 2\n")
}
