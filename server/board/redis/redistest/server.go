package redistest

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

const (
	// startAttempts bounds the retries when another process takes the free port first.
	startAttempts = 5
	// answerWait and answerPoll bound how long a server may take to answer and how often it is asked. The wait is long because the machine
	// may be busy, and nothing depends on it.
	answerWait = time.Minute
	answerPoll = 5 * time.Millisecond
)

// Server is one redis-server process of a test.
type Server struct {
	// Addr is host:port; it stays the same over Restart.
	Addr string

	port    int
	folder  string
	options []string
	client  *goredis.Client
	process *exec.Cmd
	// exited is closed when the process has ended.
	exited chan struct{}
}

// Start runs a redis-server that keeps nothing on disk by itself (see Save), and stops it when the test ends. Options are
// handed to redis-server as they are. A missing binary fails the test.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	_, err := exec.LookPath("redis-server")
	require.NoError(t, err, "this test needs a Redis server: apt-get install redis-server")
	s := &Server{folder: t.TempDir(), options: options}
	t.Cleanup(s.Kill)
	for range startAttempts {
		s.port = claimPort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
		s.client = goredis.NewClient(Options(s.Addr))
		if s.run(t) {
			t.Cleanup(func() { _ = s.client.Close() })
			return s
		}
		_ = s.client.Close()
	}
	require.Fail(t, "redis-server did not answer", "tried %d free ports, last %s", startAttempts, s.Addr)
	return nil
}

// Options are those of a client that waits as long as a busy machine takes. Tests whose point is a server that does not answer set times of
// their own.
func Options(addr string) *goredis.Options {
	return &goredis.Options{Addr: addr, DialTimeout: answerWait, ReadTimeout: answerWait, WriteTimeout: answerWait, PoolTimeout: answerWait}
}

// Client returns a client for what a test does to the server besides; it is closed when the test ends.
func (s *Server) Client() *goredis.Client { return s.client }

// Flush empties the server.
func (s *Server) Flush(t testing.TB) {
	t.Helper()
	require.NoError(t, s.client.FlushAll(t.Context()).Err())
}

// Save writes the server's data to disk: Restart then brings back what there was at this moment, as a server with an old
// snapshot does.
func (s *Server) Save(t testing.TB) {
	t.Helper()
	require.NoError(t, s.client.Save(t.Context()).Err())
}

// Kill ends the process at once, as kill -9 or a lost machine does. Commands fail until Restart.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	<-s.exited
	s.process = nil
}

// Freeze stops the process without ending it: connections are accepted and stay open, and nothing is answered, until Thaw.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	require.NoError(t, s.process.Process.Signal(syscall.SIGSTOP))
}

// Thaw lets the process go on. It answers what it was asked meanwhile.
func (s *Server) Thaw(t testing.TB) {
	t.Helper()
	require.NoError(t, s.process.Process.Signal(syscall.SIGCONT))
}

// Restart kills the server if it runs and starts it again on the same port, empty or with what Save kept.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	require.True(t, s.run(t), "redis-server did not come back at %s", s.Addr)
}

// run starts the process and reports whether it answers.
func (s *Server) run(t testing.TB) bool {
	t.Helper()
	arguments := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.folder,
		"--save", "", "--appendonly", "no", "--loglevel", "warning",
	}, s.options...)
	s.process = exec.Command("redis-server", arguments...)
	endWithParent(s.process)
	require.NoError(t, s.process.Start())
	s.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) {
		_ = process.Wait()
		close(exited)
	}(s.process, s.exited)
	if !s.answers() {
		s.Kill()
		return false
	}
	return true
}

// answers waits until the server on the port is this very process: another test may have taken the port in between.
func (s *Server) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), answerWait)
	defer cancel()
	poll := time.NewTicker(answerPoll)
	defer poll.Stop()
	ours := "process_id:" + strconv.Itoa(s.process.Process.Pid) + "\r\n"
	for {
		info, err := s.client.Info(ctx, "server").Result()
		if err == nil {
			return strings.Contains(info, ours)
		}
		select {
		case <-ctx.Done():
			return false
		case <-s.exited:
			return false
		case <-poll.C:
		}
	}
}
