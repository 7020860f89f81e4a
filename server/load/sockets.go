package load

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// scoutTop and watcherTop are the rows that the scout and the other sockets watch. The probes' players fill those of the latter.
const scoutTop, watcherTop = 100, probePlayers

// watchers are the sockets of a run. The scout has the API key and so sees user ids: it tells the others, who see the board as any
// visitor does, which rows are the probes'.
type watchers struct {
	run     *run
	sockets []*watcher
	cache   frameCache
	gaps    atomic.Int64
	lost    atomic.Int64
	closing atomic.Bool
	mu      sync.Mutex
	// players are the numbers of the probes' players by the keys of their rows.
	players  map[string]int
	expected map[string]bool
	arrived  chan time.Time
}

// watcher is one socket.
type watcher struct {
	all             *watchers
	conn            *websocket.Conn
	scout           bool
	buffer          []byte
	epoch, revision int64
	// seen is how many probes of each player the socket has seen.
	seen           [probePlayers]int
	ready, waiting bool
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
			return s.write(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Resync{Resync: &laurelv1.Resync{Channel: boardOf(s.all.run.Contest)}}})
		}
		s.revision = frame.revision
	case frameError:
		return errSocketRefused{frame.text}
	case frameOther:
		return nil
	}
	s.measure(frame.sightings, at)
	if s.scout {
		s.all.look(frame.users, at)
	}
	return nil
}

// errSocketRefused is the server's answer, a code and what is wrong, to something that was asked on a socket.
type errSocketRefused struct{ answer string }

func (e errSocketRefused) Error() string { return "the server refused: " + e.answer }

// measure records the way of each probe that the socket sees for the first time.
func (s *watcher) measure(sightings []sighting, at time.Time) {
	probes := s.all.run.probes
	count := int(probes.count.Load())
	for _, one := range sightings {
		k := one.player + s.seen[one.player]*probePlayers
		for ; k < count && probes.units[k] <= one.units; k += probePlayers {
			s.all.run.push.record(at.Sub(probes.sent[k]))
			s.seen[one.player]++
		}
	}
}

// expect names the players who must show on the board.
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
		w.arrived <- at
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

// boardOf is the channel of a contest's board.
func boardOf(contestID string) *laurelv1.Channel {
	return &laurelv1.Channel{Channel: &laurelv1.Channel_Board{Board: &laurelv1.BoardChannel{ContestId: contestID}}}
}
