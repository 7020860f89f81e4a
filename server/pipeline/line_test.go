package pipeline_test

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// commit is the message by which a transaction is committed.
const commit = "Q\x00\x00\x00\x0bcommit\x00"

// line stands between a process and its Postgres server, and makes of one message what a bad network makes of it.
type line struct {
	server string
	mu     sync.Mutex
	fault  *fault
}

// fault befalls the first message that holds text.
type fault struct {
	text []byte
	// caught is closed when the message has come.
	caught chan struct{}
	// passOn, when set, holds the message back until it is closed.
	passOn chan struct{}
	// loseReply has the server do what it was told, and the client never hear of it.
	loseReply bool
	// hangUp breaks the client's connection when the message has come.
	hangUp bool
}

// overLine opens a fresh Postgres database through a line.
func overLine(t *testing.T) (*line, *store.Store) {
	t.Helper()
	address, err := url.Parse(storetest.URL(t, store.Postgres))
	require.NoError(t, err)
	query := address.Query()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{server: fmt.Sprintf("%s/.s.PGSQL.%s", query.Get("host"), query.Get("port"))}
	var calls sync.WaitGroup
	calls.Go(func() { l.serve(listener, &calls) })
	t.Cleanup(func() { _ = listener.Close(); calls.Wait() })
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	s, err := store.Open(t.Context(), fmt.Sprintf("postgres://laurel@%s:%s%s?sslmode=disable", host, port, address.Path))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return l, s
}

// next has a fault befall the next message that holds its text.
func (l *line) next(f fault) *fault {
	f.caught = make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = &f
	return &f
}

// take returns the fault that befalls a message, which happens once.
func (l *line) take(message []byte) *fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil || !bytes.Contains(message, l.fault.text) {
		return nil
	}
	f := l.fault
	l.fault = nil
	return f
}

func (l *line) serve(listener net.Listener, calls *sync.WaitGroup) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", l.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &lineCall{client: client, server: server}
		calls.Go(func() { c.up(l) })
		calls.Go(c.down)
	}
}

// lineCall is one connection.
type lineCall struct {
	client, server net.Conn
	mu             sync.Mutex
	deaf           bool
}

// up carries what the client says.
func (c *lineCall) up(l *line) {
	defer func() { _ = c.server.Close() }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := c.client.Read(buffer)
		if err != nil {
			return
		}
		if f := l.take(buffer[:n]); f != nil {
			c.mu.Lock()
			c.deaf = f.loseReply
			c.mu.Unlock()
			if f.hangUp {
				_ = c.client.Close()
			}
			close(f.caught)
			if f.passOn != nil {
				<-f.passOn
			}
		}
		if _, err := c.server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// down carries what the server says.
func (c *lineCall) down() {
	defer func() { _ = c.client.Close() }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := c.server.Read(buffer)
		c.mu.Lock()
		deaf := c.deaf
		c.mu.Unlock()
		if err != nil || deaf {
			return
		}
		if _, err := c.client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
