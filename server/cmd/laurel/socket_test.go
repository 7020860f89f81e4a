package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/realtime"
)

// live is a socket to a real server, as a page without cookies opens it.
type live struct{ conn *websocket.Conn }

func openLive(t *testing.T, url string, header http.Header) live {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{realtime.ProtocolJSON}, HandshakeTimeout: patience}
	conn, answer, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/ws", header)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	t.Cleanup(func() { _ = conn.Close() })
	return live{conn}
}

func (l live) send(t *testing.T, frame string) {
	t.Helper()
	require.NoError(t, l.conn.WriteMessage(websocket.TextMessage, []byte(frame)))
}

// await gives the next frame that suits.
func (l live) await(t *testing.T, within time.Duration, suits func(*laurelv1.ServerFrame) bool) *laurelv1.ServerFrame {
	t.Helper()
	require.NoError(t, l.conn.SetReadDeadline(wall().Add(within)))
	for {
		_, message, err := l.conn.ReadMessage()
		require.NoError(t, err)
		frame := &laurelv1.ServerFrame{}
		require.NoError(t, protojson.Unmarshal(message, frame))
		if suits(frame) {
			return frame
		}
	}
}

// rpc calls a procedure and gives its answer.
func (w *web) rpc(t *testing.T, procedure, body string) string {
	t.Helper()
	got, err := w.call(t.Context(), http.MethodPost, "/rpc/laurel.v1."+procedure, body, "")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, got.status, got.body)
	return got.body
}

// TestSocketOfAPlayer proves that a page without cookies may say hello with a token, right or wrong, and that the server tells the player
// when that token runs out.
func TestSocketOfAPlayer(t *testing.T) {
	t.Parallel()
	w := newWeb(t, startDev(t), "k")
	stranger := openLive(t, w.at, nil)
	stranger.send(t, `{"hello":{"token":"forged"}}`)
	refused := stranger.await(t, patience, func(f *laurelv1.ServerFrame) bool { return f.GetError() != nil })
	require.Equal(t, "unauthenticated", refused.GetError().GetCode())

	player := openLive(t, w.at, nil)
	var minted struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(w.rpc(t, "PlayerService/MintPlayerToken", `{"user_id":"u_1","ttl_seconds":5}`)), &minted))
	player.send(t, `{"hello":{"token":"`+minted.Token+`"}}`)
	welcome := player.await(t, patience, func(f *laurelv1.ServerFrame) bool { return f.GetWelcome() != nil })
	require.Equal(t, "u_1", welcome.GetWelcome().GetUserId())
	ended := player.await(t, patience, func(f *laurelv1.ServerFrame) bool { return f.GetError() != nil })
	require.Equal(t, "unauthenticated", ended.GetError().GetCode())
	require.Contains(t, ended.GetError().GetMessage(), "ran out")
}

// TestSocketsOfAHouseholdAreCountedTogether opens sockets from addresses of one IPv6 network and from its neighbours.
func TestSocketsOfAHouseholdAreCountedTogether(t *testing.T) {
	t.Parallel()
	url := startDev(t, "LAUREL_MAX_SOCKETS_PER_ADDRESS=2", "LAUREL_TRUSTED_PROXIES=127.0.0.1")
	from := func(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }
	for _, address := range []string{"2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.1", "192.0.2.2"} {
		openLive(t, url, from(address))
	}
	for _, address := range []string{"2001:db8::3", "192.0.2.1", "::ffff:192.0.2.1"} {
		dialer := websocket.Dialer{Subprotocols: []string{realtime.ProtocolJSON}, HandshakeTimeout: patience}
		_, answer, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/ws", from(address))
		require.ErrorIs(t, err, websocket.ErrBadHandshake, address)
		require.Equal(t, http.StatusTooManyRequests, answer.StatusCode, address)
		require.NoError(t, answer.Body.Close())
	}
	openLive(t, url, from("2001:db8:0:1::2"))
}

// TestSocketShowsANewName proves that watchers of a board see a player's new public name well before the hub would ask for it again by
// itself.
func TestSocketShowsANewName(t *testing.T) {
	t.Parallel()
	const beforeNamesAge = 40 * time.Second
	w := newWeb(t, startDev(t), "k")
	event := `{"event_id":"e_1","event_name":"purchase","ts":"2026-01-01T00:00:00Z","user_id":"u_1","market":"DE","brand":"X",
		"payload":{"amount":12.5,"currency":"EUR","order_id":"o_1"}}`
	require.Equal(t, http.StatusAccepted, w.post(t, event).status)
	watcher := openLive(t, w.at, nil)
	watcher.send(t, `{"hello":{}}`)
	watcher.send(t, `{"subscribe":{"channel":{"board":{"contest_id":"demo_shop"}}}}`)
	shows := func(name string) func(*laurelv1.ServerFrame) bool {
		return func(f *laurelv1.ServerFrame) bool {
			for _, row := range append(f.GetSnapshot().GetTop(), f.GetDelta().GetChanged()...) {
				if name == "" || row.GetName() == name {
					return true
				}
			}
			return false
		}
	}
	watcher.await(t, patience, shows(""))
	w.rpc(t, "PlayerService/SetPublicName", `{"user_id":"u_1","public_name":"Ada"}`)
	watcher.await(t, beforeNamesAge, shows("Ada"))
}

// TestSocketEndsWithItsKey proves that who watches with an API key stops watching when it is revoked, also by another process.
func TestSocketEndsWithItsKey(t *testing.T) {
	t.Parallel()
	settings := []string{"LAUREL_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "laurel.db")}
	url := startDev(t, settings...)
	key, err := runVerb(t, settings, "token", "key", "shop", "--scopes", "read")
	require.NoError(t, err)
	key = strings.TrimSpace(key)
	shop := openLive(t, url, http.Header{"Authorization": {"Bearer " + key}})
	shop.send(t, `{"hello":{}}`)
	shop.await(t, patience, func(f *laurelv1.ServerFrame) bool { return f.GetWelcome() != nil })
	_, err = runVerb(t, settings, "token", "revoke", strings.Split(key, "_")[1])
	require.NoError(t, err)
	ended := shop.await(t, patience, func(f *laurelv1.ServerFrame) bool { return f.GetError() != nil })
	require.Equal(t, "unauthenticated", ended.GetError().GetCode())
}
