package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/realtime"
)

// refused dials and wants an answer that is no socket.
func refused(t *testing.T, server *httptest.Server, protocols []string, header http.Header) (status int, code, message string) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: protocols}
	_, answer, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), header)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	defer answer.Body.Close()
	var body struct {
		Error struct{ Code, Message string }
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&body))
	return answer.StatusCode, body.Error.Code, body.Error.Message
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.AllowedOrigins = []string{"https://Shop.example"} })
	w.run(t)
	server := w.serve(t)
	ours := []string{realtime.ProtocolProto}
	for _, origin := range []string{"https://evil.example", "http://shop.example", "https://shop.example.evil.example", "null", "::"} {
		status, code, message := refused(t, server, ours, http.Header{"Origin": {origin}})
		require.Equal(t, http.StatusForbidden, status, origin)
		require.Equal(t, "permission_denied", code)
		require.Contains(t, message, "origin")
	}
	for origin, cookies := range map[string]int64{server.URL: 1, "https://shop.example": 0} {
		dialer := websocket.Dialer{Subprotocols: ours}
		header := http.Header{"Origin": {origin}, "Cookie": {"session=operator"}}
		socket, answer, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), header)
		require.NoError(t, err, origin)
		require.NoError(t, answer.Body.Close())
		c := &client{t: t, socket: socket}
		w.cookies.Store(0)
		c.greet("")
		require.Equal(t, cookies, w.cookies.Load(), "only the server's own pages may act with an operator's cookie")
		require.NoError(t, socket.Close())
	}
}

func TestAnyOriginWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) { c.AllowedOrigins = []string{"*"} })
	w.run(t)
	dialer := websocket.Dialer{Subprotocols: protocols}
	socket, answer, err := dialer.Dial("ws"+strings.TrimPrefix(w.serve(t).URL, "http"), http.Header{"Origin": {"https://any.example"}})
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.NoError(t, socket.Close())
}

func TestSubprotocolsAndPlainRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(t)
	server := w.serve(t)
	for _, offered := range [][]string{nil, {"laurel.v2.proto"}, {"graphql-ws", "mqtt"}} {
		status, code, message := refused(t, server, offered, nil)
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, "invalid_argument", code)
		require.Equal(t, "Sec-WebSocket-Protocol: offer laurel.v1.proto or laurel.v1.json", message)
	}
	answer, err := http.Get(server.URL)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
	require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	http.DefaultClient.CloseIdleConnections()
}

func TestSocketLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) {
		c.Limits.Sockets, c.Limits.SocketsPerAddress = 3, 2
		c.Address = func(r *http.Request) string { return r.Header.Get("X-Test-Address") }
	})
	w.run(t)
	server := w.serve(t)
	open := func(address string) *websocket.Conn {
		dialer := websocket.Dialer{Subprotocols: protocols}
		socket, answer, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), http.Header{"X-Test-Address": {address}})
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		t.Cleanup(func() { socket.Close() })
		return socket
	}
	first := open("a")
	open("a")
	status, code, message := refused(t, server, protocols, http.Header{"X-Test-Address": {"a"}})
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "resource_exhausted", code)
	require.Contains(t, message, "your address")
	open("b")
	status, _, message = refused(t, server, protocols, http.Header{"X-Test-Address": {"c"}})
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, message, "as many sockets")

	// A client hears that its socket is open a little before the hub counts it.
	require.Eventually(t, func() bool { return w.hub.Sockets() == 3 }, patience, time.Millisecond)
	require.NoError(t, first.Close())
	require.Eventually(t, func() bool { return w.hub.Sockets() == 2 }, patience, time.Millisecond)
	open("a")
}

func TestFramesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do            func(c *client)
		code, message string
		contest       string
	}{
		"unknown contest":        {func(c *client) { c.subscribe("t_none", 10, 0) }, "not_found", "no published contest", "t_none"},
		"top too large":          {func(c *client) { c.subscribe(contestID, 101, 0) }, "invalid_argument", "subscribe.board.top", ""},
		"around negative":        {func(c *client) { c.subscribe(contestID, 1, -1) }, "invalid_argument", "subscribe.board.around", ""},
		"no contest":             {func(c *client) { c.subscribe("", 1, 1) }, "invalid_argument", "subscribe.channel.board.contest_id", ""},
		"empty frame":            {func(c *client) { c.send(&laurelv1.ClientFrame{}) }, "invalid_argument", "frame", ""},
		"not watched":            {func(c *client) { c.resync(contestID) }, "not_found", "subscribe first", contestID},
		"other player":           {func(c *client) { c.hello("player:ben") }, "permission_denied", "one caller", ""},
		"bad second hello":       {func(c *client) { c.hello("rubbish") }, "unauthenticated", "get a fresh one", ""},
		"unchecked second hello": {func(c *client) { c.hello("down") }, "internal", "try again", ""},
		"too many boards": {func(c *client) {
			c.subscribe(contestID, 1, 0)
			c.subscribe("second", 1, 0)
			c.subscribe("third", 1, 0)
		}, "resource_exhausted", "may watch 2 channels", "third"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *realtime.Config) { c.Limits.Subscriptions = 2 })
			w.run(t)
			w.publish(t, "second")
			w.publish(t, "third")
			server := w.serve(t)
			for _, protocol := range protocols {
				c := dial(t, server, protocol)
				c.greet("player:anna")
				test.do(c)
				refusal := c.awaitError()
				require.Equal(t, test.code, refusal.GetCode())
				require.Contains(t, refusal.GetMessage(), test.message)
				require.Equal(t, test.contest, refusal.GetChannel().GetBoard().GetContestId())
				c.ping(5)
				c.await(func(f *laurelv1.ServerFrame) bool { return f.GetPong().GetNonce() == 5 })
			}
		})
	}
}

func TestFramesThatEndTheSocket(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		protocol string
		do       func(c *client)
		refusal  string
		code     int
	}{
		"no hello": {realtime.ProtocolProto, func(c *client) { c.subscribe(contestID, 1, 0) }, "invalid_argument",
			realtime.CloseInvalid},
		"bad token":         {realtime.ProtocolProto, func(c *client) { c.hello("rubbish") }, "unauthenticated", realtime.CloseUnauthenticated},
		"bad token, JSON":   {realtime.ProtocolJSON, func(c *client) { c.hello("rubbish") }, "unauthenticated", realtime.CloseUnauthenticated},
		"token not checked": {realtime.ProtocolProto, func(c *client) { c.hello("down") }, "internal", websocket.CloseTryAgainLater},
		"text as protobuf": {realtime.ProtocolProto, func(c *client) { c.write(websocket.TextMessage, "{}") }, "invalid_argument",
			realtime.CloseInvalid},
		"binary as JSON": {realtime.ProtocolJSON, func(c *client) { c.write(websocket.BinaryMessage, "{}") }, "invalid_argument",
			realtime.CloseInvalid},
		"rubbish": {realtime.ProtocolProto, func(c *client) { c.write(websocket.BinaryMessage, "\xff\xff\xff") }, "invalid_argument",
			realtime.CloseInvalid},
		"rubbish JSON": {realtime.ProtocolJSON, func(c *client) { c.write(websocket.TextMessage, `{"hello":7}`) }, "invalid_argument",
			realtime.CloseInvalid},
		"long rubbish": {realtime.ProtocolJSON, func(c *client) { c.write(websocket.TextMessage, strings.Repeat("x", 8000)) },
			"invalid_argument", realtime.CloseInvalid},
		"frame over a limit": {realtime.ProtocolJSON, func(c *client) { c.write(websocket.TextMessage, strings.Repeat("x", 9000)) }, "",
			websocket.CloseMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.run(t)
			c := dial(t, w.serve(t), test.protocol)
			test.do(c)
			if test.refusal != "" {
				require.Equal(t, test.refusal, c.awaitError().GetCode())
			}
			c.awaitClose(test.code)
			require.Eventually(t, func() bool { return w.open.Load() == 0 }, patience, time.Millisecond)
		})
	}
}

func (c *client) write(messageType int, message string) {
	c.t.Helper()
	require.NoError(c.t, c.socket.WriteMessage(messageType, []byte(message)))
}

func TestTooManyFrames(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(c *client) error{
		"frames": func(c *client) error { return c.socket.WriteMessage(websocket.BinaryMessage, []byte{0x2a, 0x00}) },
		"pings": func(c *client) error {
			return c.socket.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience))
		},
		"pongs": func(c *client) error {
			return c.socket.WriteControl(websocket.PongMessage, nil, time.Now().Add(patience))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *realtime.Config) { c.Limits.FramesPerSecond, c.Limits.FrameBurst = 1, 20 })
			w.run(t)
			c := dial(t, w.serve(t), realtime.ProtocolProto)
			c.greet("")
			for range 40 {
				if send(c) != nil {
					break
				}
			}
			require.Contains(t, c.awaitClose(realtime.CloseTooMany), "fewer")
		})
	}
}

func TestCloseTellsWhyAndRefusesNewOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(t)
	server := w.serve(t)
	clients := make([]*client, 5)
	for i := range clients {
		clients[i] = dial(t, server, protocols[i%2])
		clients[i].greet("")
	}
	closed := make(chan error, 1)
	go func() { closed <- w.hub.Close(context.Background(), websocket.CloseServiceRestart, "restart") }()
	for _, c := range clients {
		require.Equal(t, "restart", c.awaitClose(websocket.CloseServiceRestart))
	}
	require.NoError(t, <-closed)
	status, _, message := refused(t, server, protocols, nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, message, "going down")
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := realtime.New(realtime.Config{})
	require.ErrorContains(t, err, "Boards is required")
	for _, origin := range []string{"shop.example", "https://shop.example/path", "ftp://shop.example", "https://"} {
		w := &world{boards: &boards{}}
		_, err := realtime.New(realtime.Config{
			Boards: w.boards, Contest: w.contest, Names: w.publicNames, Authenticate: w.authenticate, Now: time.Now,
			AllowedOrigins: []string{origin},
		})
		require.ErrorContains(t, err, "must be like https://shop.example", origin)
	}
}

func TestPanicOnOneSocketLeavesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *realtime.Config) {
		inner := c.Authenticate
		c.Authenticate = func(r *http.Request, token string) (realtime.Viewer, error) {
			r.Header.Set("Authorization", token) // as whoever asks for a bearer would
			if token == "boom" {
				panic("a defect")
			}
			return inner(r, token)
		}
	})
	w.run(t)
	server := w.serve(t)
	other := dial(t, server, realtime.ProtocolProto)
	other.greet("player:anna")
	unlucky := dial(t, server, realtime.ProtocolProto)
	unlucky.hello("boom")
	unlucky.awaitClose(websocket.CloseInternalServerErr)
	other.ping(7)
	require.Equal(t, int64(7), other.next().GetPong().GetNonce())
}

func TestSocketEndsWithWhatOpenedIt(t *testing.T) {
	t.Parallel()
	var revoked, asked atomic.Bool
	w := newWorld(t, func(c *realtime.Config) {
		c.Limits.RenewEvery = time.Millisecond
		c.Authenticate = func(*http.Request, string) (realtime.Viewer, error) {
			return realtime.Viewer{SeesUserIDs: true, Renew: func(context.Context) error {
				defer asked.Store(true)
				if revoked.Load() {
					return fmt.Errorf("revoked: %w", realtime.ErrUnauthenticated)
				}
				return errors.New("the database is away")
			}}, nil
		}
	})
	w.run(t)
	operator := dial(t, w.serve(t), realtime.ProtocolProto)
	operator.greet("")
	require.Eventually(t, asked.Load, patience, time.Millisecond)
	operator.ping(1)
	require.Equal(t, int64(1), operator.next().GetPong().GetNonce(), "an error that says nothing about the caller changes nothing")
	revoked.Store(true)
	require.Equal(t, "unauthenticated", operator.awaitError().GetCode())
	operator.awaitClose(realtime.CloseUnauthenticated)
}
