package realtime_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/realtime"
)

// sink is a connection whose client takes everything at once and says only what it is made to say: it shows what the server costs
// without what a kernel and a client cost.
type sink struct {
	said    chan []byte
	rest    []byte
	closed  chan struct{}
	once    sync.Once
	written *tally
}

// tally counts writes and says when there are enough.
type tally struct {
	count, enough atomic.Int64
	reached       chan struct{}
}

func (y *tally) add() {
	if y.count.Add(1) == y.enough.Load() {
		y.reached <- struct{}{}
	}
}

func (s *sink) Read(into []byte) (int, error) {
	if len(s.rest) == 0 {
		select {
		case s.rest = <-s.said:
		case <-s.closed:
			return 0, net.ErrClosed
		}
	}
	n := copy(into, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *sink) Write(b []byte) (int, error) {
	// A close frame is answered by hanging up.
	if len(b) > 0 && b[0] == 0x80|websocket.CloseMessage {
		return len(b), s.Close()
	}
	s.written.add()
	return len(b), nil
}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *sink) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "sink"} }
func (s *sink) RemoteAddr() net.Addr             { return &net.UnixAddr{Name: "sink"} }
func (s *sink) SetDeadline(time.Time) error      { return nil }
func (s *sink) SetReadDeadline(time.Time) error  { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// hijack is a response that gives its connection away.
type hijack struct{ conn net.Conn }

func (h hijack) Header() http.Header         { return http.Header{} }
func (h hijack) Write(b []byte) (int, error) { return len(b), nil }
func (h hijack) WriteHeader(int)             {}
func (h hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReaderSize(h.conn, 16), bufio.NewWriterSize(h.conn, 16)), nil
}

// crowd opens sockets that watch the board. Each is written to three times at first, handshake, welcome and snapshot, and a player's once
// more for the own place; the tally says when that is done.
func crowd(t testing.TB, w *world, sockets int, top int32, token func(i int) string) *tally {
	t.Helper()
	each := int64(3)
	if token(0) != "" {
		each = 4
	}
	written := &tally{reached: make(chan struct{}, 1)}
	written.enough.Store(each * int64(sockets))
	frame := func(f *laurelv1.ClientFrame) []byte {
		message, err := proto.Marshal(f)
		require.NoError(t, err)
		// A masked frame whose mask is zero; all of them are shorter than 126 bytes.
		return append([]byte{0x80 | websocket.BinaryMessage, 0x80 | byte(len(message)), 0, 0, 0, 0}, message...)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://laurel.example/ws", http.NoBody)
	require.NoError(t, err)
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Protocol": {realtime.ProtocolProto},
	}
	for i := range sockets {
		s := &sink{said: make(chan []byte, 2), closed: make(chan struct{}), written: written}
		s.said <- frame(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Hello{Hello: &laurelv1.Hello{Token: token(i)}}})
		s.said <- frame(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Subscribe{
			Subscribe: subscribeTo(contestID, top, 2),
		}})
		w.hub.ServeHTTP(hijack{s}, r)
	}
	return written
}

func anonymous(int) string { return "" }

// BenchmarkTick measures one reading of a board that changed, from Changed until every socket's frame is written to a client that costs
// nothing: read the top, diff, encode once, queue and write at all.
func BenchmarkTick(b *testing.B) {
	for _, crowdSize := range []int{100, 1000, 10_000} {
		for name, token := range map[string]func(int) string{
			"anonymous": anonymous,
			"players":   func(i int) string { return fmt.Sprint("player:p", i*7%100_000) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, crowdSize), func(b *testing.B) { benchmarkTick(b, crowdSize, token) })
		}
	}
}

func benchmarkTick(b *testing.B, sockets int, token func(int) string) {
	w := newWorld(b, func(c *realtime.Config) {
		c.Limits.SocketsPerAddress, c.Limits.Refresh = sockets, time.Hour
		// Every player is looked at in every tick: the most it can cost.
		c.Limits.OwnPlaces, c.Limits.OwnEvery = 10_000, time.Nanosecond
		c.Limits.MinTick, c.Limits.MaxTick = 50*time.Microsecond, 50*time.Microsecond
	})
	scores := map[string]int64{}
	for i := range 100_000 {
		scores[fmt.Sprint("p", i)] = int64(i)
	}
	w.scoreQuietly(b, contestID, scores)
	w.run(b)
	written := crowd(b, w, sockets, 10, token)
	<-written.reached
	units := int64(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		units++
		w.scoreQuietly(b, contestID, map[string]int64{"p99999": units})
		written.enough.Add(int64(sockets))
		w.hub.Changed(contestID, 1)
		<-written.reached
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(sockets), "ns/socket")
}

func BenchmarkChanged(b *testing.B) {
	w := newWorld(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		w.hub.Changed(contestID, 1)
	}
}
