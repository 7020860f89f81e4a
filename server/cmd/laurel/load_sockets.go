package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/realtime"
)

const (
	// dialsAtOnce is how many sockets are opened at the same time.
	dialsAtOnce = 32
	// scoutTop and watcherTop are the rows that the scout and the other sockets watch.
	scoutTop, watcherTop = 100, 10
	// dialTimeout bounds opening one socket, from dialling to the first snapshot.
	dialTimeout = 30 * time.Second
)

// watchers are the sockets of a run. The scout has the API key and so sees user ids: it tells the others, who see the board as any
// visitor does, which row is the probe's.
type watchers struct {
	run      *loadRun
	sockets  []*watcher
	probeKey atomic.Pointer[string]
	cache    frameCache
	gaps     atomic.Int64
	lost     atomic.Int64
	closing  atomic.Bool
	mu       sync.Mutex
	expected map[string]bool
	drained  chan time.Time
}

// watcher is one socket.
type watcher struct {
	all             *watchers
	conn            *websocket.Conn
	scout           bool
	buffer          []byte
	epoch, revision int64
	seen            int
	ready, waiting  bool
}

// watch opens all sockets and returns when each has its first snapshot. The function that is returned closes them.
func (r *loadRun) watch(ctx context.Context) (*watchers, func(), error) {
	w := &watchers{run: r, drained: make(chan time.Time, 1)}
	if r.Sockets == 0 {
		return w, func() {}, nil
	}
	base, err := url.Parse(r.URL)
	if err != nil {
		return nil, nil, fmt.Errorf("read --url: %w", err)
	}
	base.Scheme = map[string]string{"http": "ws", "https": "wss"}[base.Scheme]
	address := base.JoinPath("ws").String()
	w.sockets = make([]*watcher, r.Sockets)
	errs := make([]error, r.Sockets)
	var group sync.WaitGroup
	gate := make(chan struct{}, dialsAtOnce)
	for i := range w.sockets {
		gate <- struct{}{}
		group.Go(func() {
			w.sockets[i], errs[i] = w.open(ctx, address, i == 0)
			<-gate
		})
	}
	group.Wait()
	stop := func() {
		w.closing.Store(true)
		for _, socket := range w.sockets {
			if socket != nil {
				_ = socket.conn.Close()
			}
		}
		group.Wait()
	}
	for i, err := range errs {
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("open socket %d of %d: %w", i+1, r.Sockets, err)
		}
	}
	for _, socket := range w.sockets {
		group.Go(socket.read)
	}
	return w, stop, nil
}

func (w *watchers) open(ctx context.Context, address string, scout bool) (*watcher, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := websocket.Dialer{Subprotocols: []string{realtime.ProtocolProto}, ReadBufferSize: 2048, WriteBufferSize: 512}
	header, top := http.Header{}, int32(watcherTop)
	if scout {
		header.Set("Authorization", "Bearer "+w.run.Key)
		top = scoutTop
	}
	conn, response, err := dialer.DialContext(ctx, address, header)
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("%w: status %d", err, response.StatusCode)
		}
		return nil, err
	}
	socket := &watcher{all: w, conn: conn, scout: scout}
	hello := &laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Hello{Hello: &laurelv1.Hello{}}}
	subscribe := &laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Subscribe{
		Subscribe: &laurelv1.Subscribe{ContestId: w.run.Contest, Top: top},
	}}
	deadline, _ := ctx.Deadline()
	err = errors.Join(conn.SetReadDeadline(deadline), socket.write(hello), socket.write(subscribe))
	for err == nil && !socket.ready {
		err = socket.next()
	}
	if err == nil {
		err = conn.SetReadDeadline(time.Time{})
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return socket, nil
}

func (s *watcher) write(frame *laurelv1.ClientFrame) error {
	body, err := proto.Marshal(frame)
	if err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.BinaryMessage, body)
}

// read takes frames until the socket ends.
func (s *watcher) read() {
	for {
		if err := s.next(); err != nil {
			if !s.all.closing.Load() {
				s.all.lost.Add(1)
			}
			return
		}
	}
}

// next reads one frame and measures what it shows.
func (s *watcher) next() error {
	_, reader, err := s.conn.NextReader()
	if err != nil {
		return err
	}
	if s.buffer, err = readInto(s.buffer[:0], reader); err != nil {
		return err
	}
	at := s.all.run.now()
	frame, err := s.all.cache.read(s.buffer, s.all.parse)
	if err != nil {
		return err
	}
	switch frame.kind {
	case frameSnapshot:
		s.epoch, s.revision, s.ready, s.waiting = frame.epoch, frame.revision, true, false
	case frameDelta:
		if s.waiting {
			return nil
		}
		if frame.epoch != s.epoch || frame.revision != s.revision+1 {
			s.all.gaps.Add(1)
			s.waiting = true
			return s.write(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Resync{Resync: &laurelv1.Resync{ContestId: s.all.run.Contest}}})
		}
		s.revision = frame.revision
	case frameError:
		return fmt.Errorf("%w: %s", errSocketRefused, frame.text)
	case frameOther:
		return nil
	}
	s.measure(frame.units, at)
	if s.scout {
		s.all.look(frame.users, at)
	}
	return nil
}

var errSocketRefused = errors.New("the server refused")

// measure records the way of each probe that the socket sees for the first time.
func (s *watcher) measure(units int64, at time.Time) {
	probes := s.all.run.probes
	for count := int(probes.count.Load()); s.seen < count && probes.units[s.seen] <= units; s.seen++ {
		if s.seen >= warmUpProbes {
			s.all.run.push.record(at.Sub(probes.sent[s.seen]))
		}
	}
}

// expect names the players whose last events must show on the board.
func (w *watchers) expect(users map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected = users
}

// look strikes off the expected players that the scout has seen.
func (w *watchers) look(users []string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.expected) == 0 {
		return
	}
	for _, user := range users {
		delete(w.expected, user)
	}
	if len(w.expected) == 0 {
		w.drained <- at
	}
}

// readInto reads a frame into a buffer that is used again.
func readInto(buffer []byte, reader io.Reader) ([]byte, error) {
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, make([]byte, max(1024, cap(buffer)))...)[:len(buffer)]
		}
		n, err := reader.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if errors.Is(err, io.EOF) {
			return buffer, nil
		}
		if err != nil {
			return buffer, err
		}
	}
}
