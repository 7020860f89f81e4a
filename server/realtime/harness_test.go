package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/realtime"
)

func TestMain(m *testing.M) { redistest.Main(m) }

const contestID = "t_october_sprint"

// boards reads a real engine and counts how often.
type boards struct {
	engine              *memory.Engine
	pages, ranks        atomic.Int64
	down, stale, sorted atomic.Bool
	// paging, when set, is called while a page is read.
	paging atomic.Pointer[func()]
	// ranked, when set, is called after ranks were read: what it does happens between the reading of ranks and of rows.
	ranked atomic.Pointer[func()]
}

var errDown = errors.New("rank store is down")

func (b *boards) Page(ctx context.Context, id string, from, count int64) (board.Page, error) {
	b.pages.Add(1)
	if paging := b.paging.Load(); paging != nil {
		(*paging)()
	}
	if b.down.Load() {
		return board.Page{}, errDown
	}
	page, err := b.engine.Page(ctx, id, from, count)
	page.Stale, page.Sorted = b.stale.Load(), b.sorted.Load()
	return page, err
}

func (b *boards) Rank(ctx context.Context, id string, users []string) ([]board.Row, error) {
	b.ranks.Add(1)
	if b.down.Load() {
		return nil, errDown
	}
	rows, err := b.engine.Rank(ctx, id, users)
	if ranked := b.ranked.Load(); ranked != nil {
		(*ranked)()
	}
	return rows, err
}

// world is a hub over a real board, with what the tests turn.
type world struct {
	hub    *realtime.Hub
	boards *boards
	seq    int64

	mu       sync.Mutex
	contests map[string]*laurelv1.ContestSummary
	names    map[string]string
	asked    atomic.Int64
	cookies  atomic.Int64
	slow     atomic.Int64
	open     atomic.Int64
	pushes   chan time.Duration
	bus      *openBus
}

// openBus is the bus of a world's own, which tells when the hub listens: then every board is looked at once, and no more without a reason.
type openBus struct {
	*realtime.LocalBus
	listening chan struct{}
}

func (b *openBus) Subscribe(ctx context.Context, deliver func([]realtime.Change)) error {
	return b.LocalBus.Subscribe(ctx, func(changes []realtime.Change) {
		deliver(changes)
		if slices.Contains(changes, realtime.Change{}) {
			close(b.listening)
		}
	})
}

// newWorld makes a hub that runs until the test ends. change may alter its configuration.
func newWorld(t testing.TB, change func(*realtime.Config)) *world {
	t.Helper()
	w := &world{
		boards:   &boards{engine: memory.New()},
		contests: map[string]*laurelv1.ContestSummary{},
		names:    map[string]string{},
		pushes:   make(chan time.Duration, 100_000),
		bus:      &openBus{realtime.NewLocalBus(), make(chan struct{})},
	}
	w.publish(t, contestID)
	config := realtime.Config{
		Boards:       w.boards,
		Contest:      w.contest,
		Names:        w.publicNames,
		Authenticate: w.authenticate,
		Now:          time.Now,
		Limits:       realtime.Limits{MinTick: 5 * time.Millisecond},
		Bus:          w.bus,
		Metrics: realtime.Metrics{
			SocketOpened: func() { w.open.Add(1) },
			SocketClosed: func() { w.open.Add(-1) },
			SocketSlow:   func() { w.slow.Add(1) },
			Push: func(d time.Duration, _ int) {
				select {
				case w.pushes <- d:
				default:
				}
			},
		},
	}
	if change != nil {
		change(&config)
	}
	if config.Bus != w.bus {
		close(w.bus.listening) // a test's own bus is looked after by the test
	}
	hub, err := realtime.New(config)
	require.NoError(t, err)
	w.hub = hub
	return w
}

// run starts the hub; it stops, sockets first, when the test ends.
func (w *world) run(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- w.hub.Run(ctx) }()
	<-w.bus.listening
	t.Cleanup(func() {
		closing, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		require.NoError(t, w.hub.Close(closing, websocket.CloseGoingAway, "test ended"))
		cancel()
		require.NoError(t, <-ran)
		require.Zero(t, w.hub.Sockets())
	})
}

func (w *world) publish(t testing.TB, id string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.contests[id] = &laurelv1.ContestSummary{Id: id, Title: "Sprint", State: laurelv1.ContestState_CONTEST_STATE_LIVE, Version: 1}
	empty := func(func(board.Entry, error) bool) {}
	require.NoError(t, w.boards.engine.Load(context.Background(), id, empty, nil))
}

func (w *world) contest(id string) (*laurelv1.ContestSummary, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	summary, published := w.contests[id]
	return summary, published
}

func (w *world) finish(id string) {
	w.mu.Lock()
	final := proto.CloneOf(w.contests[id])
	final.State = laurelv1.ContestState_CONTEST_STATE_FINAL
	w.contests[id] = final
	w.mu.Unlock()
	w.hub.ContestChanged(id)
}

func (w *world) publicNames(_ context.Context, users []string) ([]realtime.PublicName, error) {
	w.asked.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	names := make([]realtime.PublicName, len(users))
	for i, user := range users {
		names[i] = realtime.PublicName{Key: "key-" + user, Name: "Name of " + user}
		if name, set := w.names[user]; set {
			names[i].Name = name
		}
	}
	return names, nil
}

// authenticate reads tokens of the tests: "player:anna", "player:anna:5s" (runs out), "operator", "down"; a session cookie is an operator.
func (w *world) authenticate(r *http.Request, token string) (realtime.Viewer, error) {
	if _, err := r.Cookie("session"); err == nil {
		w.cookies.Add(1)
		return realtime.Viewer{SeesUserIDs: true}, nil
	}
	if err := r.Context().Err(); err != nil {
		return realtime.Viewer{}, err
	}
	kind, rest, _ := strings.Cut(token, ":")
	switch kind {
	case "":
		return realtime.Viewer{}, nil
	case "operator":
		return realtime.Viewer{SeesUserIDs: true}, nil
	case "down":
		return realtime.Viewer{}, errDown
	case "player":
		user, lasts, runsOut := strings.Cut(rest, ":")
		viewer := realtime.Viewer{UserID: user}
		if runsOut {
			d, err := time.ParseDuration(lasts)
			viewer.Expires = time.Now().Add(d)
			return viewer, err
		}
		return viewer, nil
	}
	return realtime.Viewer{}, fmt.Errorf("read token: %w", realtime.ErrUnauthenticated)
}

// score writes absolute scores and tells the hub.
func (w *world) score(t testing.TB, scores map[string]int64) {
	t.Helper()
	w.scoreQuietly(t, contestID, scores)
	w.hub.Changed(contestID, time.Now().UnixMicro())
}

func (w *world) scoreQuietly(t testing.TB, id string, scores map[string]int64) {
	t.Helper()
	w.seq++
	batch := board.Batch{Board: id, Seq: w.seq}
	for user, units := range scores {
		batch.Entries = append(batch.Entries, board.Entry{UserID: user, Units: units})
	}
	results, err := w.boards.engine.Apply(context.Background(), []board.Batch{batch})
	require.NoError(t, err)
	require.Equal(t, []board.Result{board.Applied}, results)
}

// serve opens a real port for the hub.
func (w *world) serve(t testing.TB) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(w.hub)
	t.Cleanup(server.Close)
	return server
}

// client is a socket's other end.
type client struct {
	t      testing.TB
	socket *websocket.Conn
	json   bool
}

func dial(t testing.TB, server *httptest.Server, protocol string) *client {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{protocol}, HandshakeTimeout: patience}
	socket, answer, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, protocol, socket.Subprotocol())
	t.Cleanup(func() { socket.Close() })
	return &client{t: t, socket: socket, json: protocol == realtime.ProtocolJSON}
}

func (c *client) send(frame *laurelv1.ClientFrame) {
	c.t.Helper()
	if c.json {
		text, err := protojson.Marshal(frame)
		require.NoError(c.t, err)
		require.NoError(c.t, c.socket.WriteMessage(websocket.TextMessage, text))
		return
	}
	message, err := proto.Marshal(frame)
	require.NoError(c.t, err)
	require.NoError(c.t, c.socket.WriteMessage(websocket.BinaryMessage, message))
}

func (c *client) hello(token string) {
	c.t.Helper()
	c.send(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Hello{Hello: &laurelv1.Hello{Token: token}}})
}

func (c *client) subscribe(id string, top, around int32) {
	c.t.Helper()
	c.send(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Subscribe{
		Subscribe: subscribeTo(id, top, around),
	}})
}

func (c *client) resync(id string) {
	c.t.Helper()
	c.send(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Resync{Resync: &laurelv1.Resync{Channel: boardOf(id)}}})
}

func (c *client) unsubscribe(id string) {
	c.t.Helper()
	c.send(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Unsubscribe{Unsubscribe: &laurelv1.Unsubscribe{Channel: boardOf(id)}}})
}

func (c *client) ping(nonce int64) {
	c.t.Helper()
	c.send(&laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Ping{Ping: &laurelv1.Ping{Nonce: nonce}}})
}

// patience is how long a test waits for a frame that must come.
const patience = 40 * time.Second

// receive gives the next frame, or why the socket ended.
func (c *client) receive() (*laurelv1.ServerFrame, error) {
	c.t.Helper()
	require.NoError(c.t, c.socket.SetReadDeadline(time.Now().Add(patience)))
	messageType, message, err := c.socket.ReadMessage()
	if err != nil {
		return nil, err
	}
	require.Equal(c.t, c.json, messageType == websocket.TextMessage)
	frame, err := readFrame(messageType, message)
	require.NoError(c.t, err)
	return frame, nil
}

func readFrame(messageType int, message []byte) (*laurelv1.ServerFrame, error) {
	frame := &laurelv1.ServerFrame{}
	if messageType == websocket.TextMessage {
		return frame, protojson.Unmarshal(message, frame)
	}
	return frame, proto.Unmarshal(message, frame)
}

func (c *client) next() *laurelv1.ServerFrame {
	c.t.Helper()
	frame, err := c.receive()
	require.NoError(c.t, err)
	return frame
}

// await gives the next frame that suits, and drops those before it.
func (c *client) await(suits func(*laurelv1.ServerFrame) bool) *laurelv1.ServerFrame {
	c.t.Helper()
	for {
		if frame := c.next(); suits(frame) {
			return frame
		}
	}
}

func (c *client) awaitSnapshot() *laurelv1.BoardSnapshot {
	c.t.Helper()
	return c.await(func(f *laurelv1.ServerFrame) bool { return f.GetSnapshot() != nil }).GetSnapshot()
}

func (c *client) awaitOwn() *laurelv1.OwnPlaceUpdate {
	c.t.Helper()
	return c.await(func(f *laurelv1.ServerFrame) bool { return f.GetOwn() != nil }).GetOwn()
}

func (c *client) awaitError() *laurelv1.SocketError {
	c.t.Helper()
	return c.await(func(f *laurelv1.ServerFrame) bool { return f.GetError() != nil }).GetError()
}

// awaitClose reads until the socket ends and wants it to end with a code.
func (c *client) awaitClose(code int) string {
	c.t.Helper()
	for {
		_, err := c.receive()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		require.ErrorAs(c.t, err, &closed)
		require.Equal(c.t, code, closed.Code, closed.Text)
		return closed.Text
	}
}

// greet says hello and waits for the welcome.
func (c *client) greet(token string) *laurelv1.Welcome {
	c.t.Helper()
	c.hello(token)
	welcome := c.next().GetWelcome()
	require.NotNil(c.t, welcome)
	return welcome
}

// boardOf is the channel of a contest's board.
func boardOf(id string) *laurelv1.Channel {
	return &laurelv1.Channel{Channel: &laurelv1.Channel_Board{Board: &laurelv1.BoardChannel{ContestId: id}}}
}

func subscribeTo(id string, top, around int32) *laurelv1.Subscribe {
	return &laurelv1.Subscribe{Channel: boardOf(id), View: &laurelv1.Subscribe_Board{Board: &laurelv1.BoardView{Top: top, Around: around}}}
}
