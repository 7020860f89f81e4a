package realtime_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
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
	written *atomic.Int64
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
	s.written.Add(1)
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

// crowd opens sockets that watch the board. Frame 1 of each is the answer to the handshake, 2 the welcome, 3 the snapshot.
func crowd(t testing.TB, w *world, sockets int, top int32, token func(i int) string) *atomic.Int64 {
	t.Helper()
	written := &atomic.Int64{}
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
			Subscribe: &laurelv1.Subscribe{ContestId: contestID, Top: top, Around: 2},
		}})
		w.hub.ServeHTTP(hijack{s}, r)
	}
	return written
}

func anonymous(int) string { return "" }

// TestMemoryOfASocket wants a socket that watches a board to cost at most 8 kB, its two goroutines' stacks among it.
func TestMemoryOfASocket(t *testing.T) {
	const sockets, most = 4000, 8 << 10
	for name, token := range map[string]func(int) string{
		"anonymous": anonymous,
		"player":    func(i int) string { return fmt.Sprint("player:p", i%100) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *realtime.Config) { c.Limits.SocketsPerAddress = sockets })
			w.run(t)
			scores := map[string]int64{}
			for i := range 100 {
				scores[fmt.Sprint("p", i)] = int64(i)
			}
			w.score(t, scores)
			before := inUse()
			written := crowd(t, w, sockets, 10, token)
			each := int64(3)
			if token(0) != "" {
				each = 4
			}
			require.Eventually(t, func() bool { return written.Load() >= each*sockets }, patience, 10*time.Millisecond)
			bytes := (inUse() - before) / sockets
			t.Logf("%d bytes a socket", bytes)
			require.LessOrEqual(t, bytes, int64(most))
		})
	}
}

// inUse gives the bytes of heap and stacks after a collection, or rather two: what a pool held goes with the second.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// BenchmarkTick measures one tick of a board that changed, from Changed until every socket's frame is written to a client that costs
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
		c.Limits.OwnPlaces = 10_000
		c.Tick = 50 * time.Microsecond
	})
	scores := map[string]int64{}
	for i := range 100_000 {
		scores[fmt.Sprint("p", i)] = int64(i)
	}
	w.scoreQuietly(b, contestID, scores)
	w.run(b)
	written := crowd(b, w, sockets, 10, token)
	each := int64(3)
	if token(0) != "" {
		each = 4
	}
	want := each * int64(sockets)
	for written.Load() < want {
		runtime.Gosched()
	}
	units := int64(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		units++
		w.scoreQuietly(b, contestID, map[string]int64{"p99999": units})
		want += int64(sockets)
		w.hub.Changed(contestID, 1)
		for written.Load() < want {
			runtime.Gosched()
		}
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
