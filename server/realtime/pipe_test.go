package realtime_test

import (
	"context"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/realtime"
)

// pipeListener hands a server connections without a network, so that time can be virtual. A pipe has no buffer: a client that does
// not read stops the writer at once.
type pipeListener struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// bubble is a world in virtual time.
type bubble struct {
	*world
	listener *pipeListener
}

// inBubble runs a test in virtual time, with a running hub.
func inBubble(t *testing.T, change func(*realtime.Config), test func(t *testing.T, b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{
			world:    newWorld(t, change),
			listener: &pipeListener{accepted: make(chan net.Conn), closed: make(chan struct{})},
		}
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = b.hub.Run(ctx) })
		<-b.bus.listening // later, the look at every board would fall among the readings of the test
		server := &http.Server{Handler: b.hub}
		running.Go(func() { _ = server.Serve(b.listener) })
		// Deferred, so that a failure is shown rather than the deadlock it leaves.
		defer func() {
			require.NoError(t, b.hub.Close(context.Background(), websocket.CloseGoingAway, "test ended"))
			require.NoError(t, server.Close())
			cancel()
			running.Wait()
			require.Zero(t, b.open.Load())
		}()
		test(t, b)
	})
}

func (b *bubble) dial(t *testing.T, protocol string) *client {
	t.Helper()
	near, far := net.Pipe()
	b.listener.accepted <- far
	dialer := websocket.Dialer{
		Subprotocols:   []string{protocol},
		NetDialContext: func(context.Context, string, string) (net.Conn, error) { return near, nil },
	}
	socket, answer, err := dialer.Dial("ws://laurel.example/ws", nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return &client{t: t, socket: socket, json: protocol == realtime.ProtocolJSON}
}

// leave ends a client's side without a word.
func (c *client) leave() { _ = c.socket.Close() }

// listen takes frames into a channel until the socket ends, answering pings as a client library does.
func (c *client) listen() (mirrored <-chan mirror, ended <-chan error) {
	mirrors, end := make(chan mirror, 10_000), make(chan error, 1)
	go func() {
		defer close(mirrors)
		var m mirror
		for {
			_ = c.socket.SetReadDeadline(time.Time{})
			messageType, message, err := c.socket.ReadMessage()
			if err != nil {
				end <- err
				return
			}
			frame, err := readFrame(messageType, message)
			if err == nil {
				err = m.take(frame)
			}
			if err != nil {
				end <- err
				return
			}
			if m.known {
				seen := m
				seen.rows = maps.Clone(m.rows)
				mirrors <- seen
			}
		}
	}()
	return mirrors, end
}
