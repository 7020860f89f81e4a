package load

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/realtime"
)

// told is what a server answered, by the names of a report.
type told struct {
	accepted, duplicates, rejected, busy, errors, batches, probes int64
}

// fake is a small server: it checks events, sums the best rounds of each player, and pushes each change to its sockets. Some batches it
// answers only when they are sent again, and of some it takes in less than all.
type fake struct {
	laurelv1connect.UnimplementedIngestServiceHandler
	t        *testing.T
	registry *event.Registry

	mu       sync.Mutex
	told     told
	calls    int
	put      map[string]bool // batches that were put off once, by their first event
	wins     map[string][]int64
	revision int64
	sockets  []*fakeSocket
	gaps     int64
}

// fakeSocket is a socket's end at the fake server, guarded by it.
type fakeSocket struct {
	*websocket.Conn
	named bool
}

func newFake(t *testing.T) (*fake, string) {
	t.Helper()
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	f := &fake{t: t, registry: registry, put: map[string]bool{}, wins: map[string][]int64{}}
	mux := http.NewServeMux()
	path, handler := laurelv1connect.NewIngestServiceHandler(f)
	mux.Handle("/rpc"+path, http.StripPrefix("/rpc", handler))
	mux.HandleFunc("/ws", f.serveSocket)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return f, server.URL
}

// Ingest takes in what it is sent, of random rounds not at once or not all.
func (f *fake) Ingest(_ context.Context, request *laurelv1.IngestRequest) (*laurelv1.IngestResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := request.GetEvents()
	first := events[0].GetEventId()
	special := strings.Contains(first, "-warm-") || strings.HasPrefix(first, "last_")
	probe := strings.Contains(first, "-probe-")
	if !special && !probe && !f.put[first] {
		f.calls++
		f.put[first] = true
		switch f.calls % 7 {
		case 1:
			f.told.busy++
			return nil, connect.NewError(connect.CodeResourceExhausted, errors.New("scoring lags behind"))
		case 3:
			f.told.busy++
			return nil, connect.NewError(connect.CodeUnavailable, errors.New("the database is away"))
		case 5:
			f.told.errors++
			return nil, connect.NewError(connect.CodeInternal, errors.New("something went wrong inside"))
		}
	}
	answer := &laurelv1.IngestResponse{}
	for i, e := range events {
		switch problem := f.registry.Normalise(e, e.GetEventTs().AsTime(), 0); {
		case !assert.Nil(f.t, problem):
		case !special && !probe && i%10 == 3:
			answer.Duplicates++
		case !special && !probe && i%10 == 4:
			answer.Rejected++
			answer.Results = append(answer.Results, &laurelv1.EventResult{Index: int32(i), Reason: "brand is not ours"})
		default:
			answer.Accepted++
			f.wins[e.GetUser().GetId()] = append(f.wins[e.GetUser().GetId()], e.GetWin().GetAmountMinor())
		}
	}
	if !special {
		f.told.accepted += int64(answer.GetAccepted())
		f.told.duplicates += int64(answer.GetDuplicates())
		f.told.rejected += int64(answer.GetRejected())
	}
	if probe {
		f.told.probes++
	} else if !special {
		f.told.batches++
	}
	if special || probe {
		f.push(events)
	}
	return answer, nil
}

// said is what the server has answered, and how many deltas it kept from a socket.
func (f *fake) said() (told, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told, f.gaps
}

// units are the score of a player: the sum of his best rounds, all of which have a stake of one euro.
func (f *fake) units(user string) (units int64) {
	best := slices.Sorted(slices.Values(f.wins[user]))
	for _, win := range best[max(0, len(best)-keptRounds):] {
		units += win * pointUnits
	}
	return units
}

func (f *fake) row(user string, named bool) *laurelv1.LeaderboardRow {
	row := &laurelv1.LeaderboardRow{PlayerKey: "key-" + user, Units: f.units(user)}
	if named {
		row.UserId = user
	}
	return row
}

// push sends the players of events to every socket. The second socket misses some deltas, and asks for the whole board.
func (f *fake) push(events []*laurelv1.Event) {
	f.revision++
	for number, s := range f.sockets {
		if number == 1 && f.revision%5 == 0 {
			f.gaps++
			continue
		}
		delta := &laurelv1.BoardDelta{Epoch: 1, Revision: f.revision}
		for _, e := range events {
			delta.Changed = append(delta.Changed, f.row(e.GetUser().GetId(), s.named))
		}
		s.send(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Delta{Delta: delta}})
	}
}

// snapshot sends the whole board of those who are not random.
func (f *fake) snapshot(s *fakeSocket) {
	board := &laurelv1.BoardSnapshot{Epoch: 1, Revision: f.revision}
	for user := range f.wins {
		if !strings.HasPrefix(user, "load_") {
			board.Top = append(board.Top, f.row(user, s.named))
		}
	}
	s.send(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Snapshot{Snapshot: board}})
}

func (s *fakeSocket) send(frame *laurelv1.ServerFrame) {
	body, err := proto.Marshal(frame)
	if err == nil {
		_ = s.WriteMessage(websocket.BinaryMessage, body) // fails when the run is over
	}
}

// serveSocket answers hello, subscribe and resync until the socket ends.
func (f *fake) serveSocket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{realtime.ProtocolProto}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if !assert.NoError(f.t, err) {
		return
	}
	s := &fakeSocket{Conn: conn, named: r.Header.Get("Authorization") == "Bearer key"}
	defer func() { _ = conn.Close() }()
	for {
		_, body, err := conn.ReadMessage()
		if err != nil {
			return
		}
		var frame laurelv1.ClientFrame
		if !assert.NoError(f.t, proto.Unmarshal(body, &frame)) {
			return
		}
		f.mu.Lock()
		switch kind := frame.GetFrame().(type) {
		case *laurelv1.ClientFrame_Hello:
			s.send(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Welcome{Welcome: &laurelv1.Welcome{}}})
		case *laurelv1.ClientFrame_Subscribe:
			assert.Equal(f.t, "c", kind.Subscribe.GetChannel().GetBoard().GetContestId())
			f.snapshot(s)
			f.sockets = append(f.sockets, s)
		case *laurelv1.ClientFrame_Resync:
			f.snapshot(s)
		}
		f.mu.Unlock()
	}
}
