package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/client"
	"github.com/laurelhq/laurel/server/realtime"
)

const (
	// dialsAtOnce is how many sockets are opened at the same time.
	dialsAtOnce = 32
	// dialTimeout bounds opening one socket, from dialling to the first snapshot.
	dialTimeout = 30 * time.Second
	// knownWait is how long the other servers may take to know the contest that one has published, asked every knownPoll.
	knownWait, knownPoll = 10 * time.Second, 100 * time.Millisecond
)

// watch opens all sockets and returns when each has its first snapshot. The function that is returned closes them.
func (r *run) watch(ctx context.Context) (*watchers, func(), error) {
	w := &watchers{run: r, players: make(map[string]int, probePlayers), arrived: make(chan time.Time, 1)}
	w.sockets = make([]*watcher, r.Sockets)
	errs := make([]error, r.Sockets)
	var group sync.WaitGroup
	gate := make(chan struct{}, dialsAtOnce)
	for i := range w.sockets {
		gate <- struct{}{}
		group.Go(func() {
			w.sockets[i], errs[i] = w.openKnown(ctx, i)
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

// openKnown opens a socket, and does so again while its server does not know yet what another one has just published.
func (w *watchers) openKnown(ctx context.Context, number int) (*watcher, error) {
	for until := w.run.now().Add(knownWait); ; {
		socket, err := w.open(ctx, number)
		var refused errSocketRefused
		unknown := errors.As(err, &refused) && strings.HasPrefix(refused.answer, "not_found:")
		if !unknown || !w.run.Publish || w.run.now().After(until) || !pause(ctx, knownPoll) {
			return socket, err
		}
	}
}

// open opens a socket by its number. The first is the scout.
func (w *watchers) open(ctx context.Context, number int) (*watcher, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	scout := number == 0
	header, top := http.Header{}, int32(watcherTop)
	if scout {
		header.Set("Authorization", "Bearer "+w.run.Key)
		top = scoutTop
	}
	conn, err := dial(ctx, w.run.server(number), header)
	if err != nil {
		return nil, err
	}
	socket := &watcher{all: w, conn: conn, scout: scout}
	hello := &laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Hello{Hello: &laurelv1.Hello{}}}
	subscribe := &laurelv1.ClientFrame{Frame: &laurelv1.ClientFrame_Subscribe{
		Subscribe: &laurelv1.Subscribe{Channel: boardOf(w.run.Contest), View: &laurelv1.Subscribe_Board{Board: &laurelv1.BoardView{Top: top}}},
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

// dial opens a socket to a server.
func dial(ctx context.Context, server client.Server, header http.Header) (*websocket.Conn, error) {
	base, err := url.Parse(server.URL)
	if err != nil {
		return nil, fmt.Errorf("read url: %w", err)
	}
	base.Scheme = map[string]string{"http": "ws", "https": "wss"}[base.Scheme]
	dialer := websocket.Dialer{Subprotocols: []string{realtime.ProtocolProto}, ReadBufferSize: 2048, WriteBufferSize: 512}
	conn, response, err := dialer.DialContext(ctx, base.JoinPath("ws").String(), header)
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil && response != nil {
		return nil, fmt.Errorf("%w: %s", err, socketRefusal(response))
	}
	return conn, err
}

// socketRefusal is what a server answered that opens no more sockets, and the setting that lets it.
func socketRefusal(response *http.Response) string {
	var answer struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	// An answer of something else than Laurel says what it is by its status.
	_ = json.NewDecoder(response.Body).Decode(&answer)
	text := strings.TrimSpace(fmt.Sprintf("status %d %s", response.StatusCode, answer.Error.Message))
	switch response.StatusCode {
	case http.StatusTooManyRequests:
		text += "; start the server with a higher --max-sockets-per-address (LAUREL_MAX_SOCKETS_PER_ADDRESS)"
	case http.StatusServiceUnavailable:
		text += "; start the server with a higher --max-sockets (LAUREL_MAX_SOCKETS)"
	}
	return text
}
