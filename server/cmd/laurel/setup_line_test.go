package main

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// line carries what a process says to a server and back until it is cut. Then nothing passes and neither end is told, as when a cable is
// pulled; what was said meanwhile arrives when it is mended. To both ends it looks like a peer that went silent, save that the kernel of
// the sender has its bytes confirmed, by this test: that each side's kernel gives up a peer which confirms nothing (tcp_user_timeout) is
// shown by the tests of store.
type line struct {
	// at is where the process finds it.
	at       string
	network  string
	to       string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	whole  chan struct{} // closed while the line is not cut
	ended  chan struct{}
	opened []net.Conn
}

// newLine lays a line to a server.
func newLine(t *testing.T, network, to string) *line {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{at: listener.Addr().String(), network: network, to: to, listener: listener, whole: make(chan struct{}),
		ended: make(chan struct{})}
	close(l.whole)
	l.running.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.keep(near)
		l.running.Go(func() { l.connect(near) })
	}
}

// keep has a connection closed when the line is.
func (l *line) keep(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.ended:
		_ = conn.Close()
	default:
		l.opened = append(l.opened, conn)
	}
}

// connect carries one connection until either end closes it.
func (l *line) connect(near net.Conn) {
	defer func() { _ = near.Close() }()
	if !l.passes() {
		return
	}
	far, err := net.Dial(l.network, l.to)
	if err != nil {
		return
	}
	l.keep(far)
	var back sync.WaitGroup
	back.Go(func() { l.carry(near, far) })
	l.carry(far, near)
	back.Wait()
}

// carry passes bytes on, and then that there will be no more.
func (l *line) carry(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if !l.passes() {
			return
		}
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				_ = from.Close()
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = from.Close()
			}
			_ = to.Close()
			return
		}
	}
}

// passes waits while the line is cut; false means that it has ended.
func (l *line) passes() bool {
	l.mu.Lock()
	whole := l.whole
	l.mu.Unlock()
	select {
	case <-whole:
		return true
	case <-l.ended:
		return false
	}
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = make(chan struct{})
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.whole)
}

func (l *line) close() {
	_ = l.listener.Close()
	l.mu.Lock()
	close(l.ended)
	for _, conn := range l.opened {
		_ = conn.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
}
