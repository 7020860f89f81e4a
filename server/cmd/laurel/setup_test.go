package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	// patience bounds the waits of these tests; it is long because the machine may be busy, and nothing depends on it.
	patience = 3 * time.Minute
	// logKept is how much of a child's log is shown when its test fails.
	logKept = 16 << 10
	// waitStep is how often a wait looks again.
	waitStep = 20 * time.Millisecond
)

// built is the program under test. It is built once for the package, by the first test that needs it.
var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	becomeOther(os.Args)
	m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
}

// program returns the path of the program, built from this very tree without any download.
func program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "laurel-bin-"); built.err != nil {
			return
		}
		build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(built.dir, "laurel"), ".")
		build.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly")
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build laurel: %w: %s", err, out)
		}
	})
	require.NoError(t, built.err)
	return filepath.Join(built.dir, "laurel")
}

// child is a server that runs as a process of its own.
type child struct {
	process *exec.Cmd
	log     *childLog
	// exited is closed when the process has ended; err is what it ended with.
	exited chan struct{}
	err    error
}

// childLog keeps the end of a child's log, and finds the address it listens on and the name it has in the database.
type childLog struct {
	mu         sync.Mutex
	text, line []byte
	address    chan string
	known      bool
	process    string
}

// Write implements io.Writer.
func (l *childLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text, l.line = append(l.text, p...), append(l.line, p...)
	for whole := true; whole; {
		var line []byte
		if line, _, whole = bytes.Cut(l.line, []byte("\n")); whole {
			l.read(line)
			l.line = l.line[len(line)+1:]
		}
	}
	if len(l.text) > 2*logKept {
		l.text = append([]byte{}, l.text[len(l.text)-logKept:]...)
	}
	return len(p), nil
}

func (l *childLog) read(line []byte) {
	var entry struct{ Msg, Address, Process string }
	if json.Unmarshal(line, &entry) != nil {
		return
	}
	if entry.Msg == "listening" && !l.known {
		l.known = true
		l.address <- entry.Address
	}
	if entry.Process != "" {
		l.process = entry.Process
	}
}

// name is what the process goes by in the database; it is known when it has owned a partition.
func (l *childLog) name() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.process
}

func (l *childLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-logKept):])
}

// environment is that of a child: this process' own without any setting of Laurel, a free port, and what the test sets.
func environment(settings ...string) []string {
	env := []string{"LAUREL_LISTEN=127.0.0.1:0"}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "LAUREL_") {
			env = append(env, entry)
		}
	}
	return append(env, settings...)
}

// launch starts a server and returns at once; it is killed at the end of the test if it still runs.
func launch(t *testing.T, settings []string, args ...string) *child {
	t.Helper()
	return launchIn(t, settings, append([]string{program(t)}, args...))
}

// launchIn is launch by a command of its own, which must end by becoming the server.
func launchIn(t *testing.T, settings, command []string) *child {
	t.Helper()
	c := &child{process: exec.Command(command[0], command[1:]...), log: &childLog{address: make(chan string, 1)}, exited: make(chan struct{})}
	c.process.Env, c.process.Dir = environment(settings...), t.TempDir()
	c.process.Stdout, c.process.Stderr = io.Discard, c.log
	endWithParent(c.process)
	require.NoError(t, c.process.Start())
	go func() {
		c.err = c.process.Wait()
		close(c.exited)
	}()
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("log of %s, pid %d:\n%s", strings.Join(command, " "), c.process.Process.Pid, c.log)
		}
	})
	return c
}

// url waits until the server answers and returns its address.
func (c *child) url(t *testing.T) string {
	t.Helper()
	select {
	case address := <-c.log.address:
		return "http://" + address
	case <-c.exited:
		require.FailNow(t, "the server ended before it listened", "%v\n%s", c.err, c.log)
	case <-time.After(patience):
		require.FailNow(t, "the server does not listen", "%s", c.log)
	}
	return ""
}

// kill ends the process at once, as kill -9 does.
func (c *child) kill() {
	_ = c.process.Process.Kill()
	<-c.exited
}

// stop asks the server to go and wants it to do so in order.
func (c *child) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, c.process.Process.Signal(syscall.SIGTERM))
	select {
	case <-c.exited:
		require.NoError(t, c.err, "%s", c.log)
	case <-time.After(patience):
		require.FailNow(t, "the server does not go", "%s", c.log)
	}
}

// startDev runs laurel dev on a fresh SQLite file with the key k, and returns its address.
func startDev(t *testing.T, settings ...string) string {
	t.Helper()
	fresh := []string{"LAUREL_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "laurel.db"), "LAUREL_DEV_API_KEY=k"}
	return launch(t, append(fresh, settings...), "dev").url(t)
}

// runVerb runs a verb to its end and returns what it printed.
func runVerb(t *testing.T, settings []string, args ...string) (string, error) {
	t.Helper()
	path := program(t) // which may have to be built first, however long that takes
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	verb := exec.CommandContext(ctx, path, args...)
	verb.Env, verb.Dir = environment(settings...), t.TempDir()
	endWithParent(verb)
	var stderr bytes.Buffer
	verb.Stderr = &stderr
	printed, err := verb.Output()
	if err != nil {
		err = fmt.Errorf("laurel %s: %w: %s", args[0], err, stderr.String())
	}
	return string(printed), err
}

// eachDatabase runs a test on a fresh database of each kind, which is durable and keeps what a killed server had committed.
func eachDatabase(t *testing.T, run func(t *testing.T, dialect store.Dialect, url string)) {
	t.Helper()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + filepath.Join(t.TempDir(), "laurel.db")
			if dialect == store.Postgres {
				url = postgres(t).URL("postgres")
			}
			run(t, dialect, url)
		})
	}
}

// postgres is a Postgres server that syncs, in a private folder, and is gone when the test ends, however it ends.
func postgres(t *testing.T) *storetest.Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "laurel-pg-") // t.TempDir lies in a folder that the server's user may not enter
	require.NoError(t, err)
	server, err := storetest.StartServer(t.Context(), dir, true)
	require.NoError(t, err)
	// The watch ends when this process does, since its input does, and takes the server along.
	watch := exec.Command("sh", "-c", `cat >/dev/null; kill -QUIT "$(head -n 1 "$0")"; rm -rf "$1"`,
		filepath.Join(dir, "data", "postmaster.pid"), dir)
	open, err := watch.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, watch.Start())
	t.Cleanup(func() {
		require.NoError(t, errors.Join(watch.Process.Kill(), open.Close(), server.Stop(), os.RemoveAll(dir)))
		_ = watch.Wait()
	})
	return server
}

// web is a caller of the REST doors.
type web struct {
	at, key string
	client  *http.Client
}

func newWeb(t testing.TB, at, key string) *web {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	return &web{at: at, key: key, client: &http.Client{Timeout: patience, Transport: transport}}
}

// answer is what a door said.
type answer struct {
	status int
	header http.Header
	body   string
}

// call makes a request; etag is sent as If-None-Match when it is not empty.
func (w *web) call(ctx context.Context, method, path, body, etag string) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, w.at+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+w.key)
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := w.client.Do(request)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, string(content)}, errors.Join(err, response.Body.Close())
}

func (w *web) get(t testing.TB, path string) *answer {
	t.Helper()
	got, err := w.call(t.Context(), http.MethodGet, path, "", "")
	require.NoError(t, err)
	return got
}

func (w *web) post(t testing.TB, body string) *answer {
	t.Helper()
	got, err := w.call(t.Context(), http.MethodPost, "/v1/events", body, "")
	require.NoError(t, err)
	return got
}

// boardRow is a row of a board as REST shows it.
type boardRow struct {
	Pos   int64       `json:"pos"`
	User  string      `json:"user"`
	Score json.Number `json:"score"`
}

// boardPage is the part of a board's answer that these tests read.
type boardPage struct {
	Status string     `json:"status"`
	Top    []boardRow `json:"top"`
	Me     *struct {
		Pos    *int64      `json:"pos"`
		Score  json.Number `json:"score"`
		Delta  json.Number `json:"delta"`
		ToNext json.Number `json:"to_next"`
	} `json:"me"`
	Total         int64  `json:"total"`
	Revision      int64  `json:"revision"`
	Stale         bool   `json:"stale"`
	NextPageToken string `json:"next_page_token"`
	AsOf          string `json:"as_of"`
}

// board reads one page of a board.
func (w *web) board(t testing.TB, contestID, query string) *boardPage {
	t.Helper()
	got := w.get(t, "/v1/leaderboards/"+contestID+"?"+query)
	require.Equal(t, http.StatusOK, got.status, got.body)
	var page boardPage
	require.NoError(t, json.Unmarshal([]byte(got.body), &page), got.body)
	return &page
}

// wholeBoard reads a board page by page; stale tells whether any page was.
func (w *web) wholeBoard(t testing.TB, contestID string) (rows []boardRow, stale bool) {
	t.Helper()
	query := "top=1000"
	for {
		page := w.board(t, contestID, query)
		rows, stale = append(rows, page.Top...), stale || page.Stale
		if page.NextPageToken == "" {
			return rows, stale
		}
		query = "page_token=" + url.QueryEscape(page.NextPageToken)
	}
}

// score writes units of 10^-precision as the boards do, by way of a fraction.
func score(units int64, precision int) json.Number {
	text := big.NewRat(units, 1).FloatString(0)
	if precision > 0 {
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
		text = strings.TrimRight(strings.TrimRight(new(big.Rat).SetFrac(big.NewInt(units), scale).FloatString(precision), "0"), ".")
	}
	return json.Number(text)
}

// setting reads a whole number from the environment.
func setting(t testing.TB, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return number
}
