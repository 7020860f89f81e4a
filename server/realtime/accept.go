package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"connectrpc.com/connect"
	"github.com/gorilla/websocket"
)

// The sub-protocols: the same frames as binary messages of protobuf or as text messages of its JSON form.
const (
	ProtocolProto = "laurel.v1.proto"
	ProtocolJSON  = "laurel.v1.json"
)

// Buffers of a socket: client frames are short, and the writer takes its buffer from a pool while it writes.
const (
	readBufferBytes  = 512
	writeBufferBytes = 4096
)

func newUpgrader() websocket.Upgrader {
	return websocket.Upgrader{
		ReadBufferSize:  readBufferBytes,
		WriteBufferSize: writeBufferBytes,
		WriteBufferPool: &sync.Pool{},
		Subprotocols:    []string{ProtocolProto, ProtocolJSON},
		// ServeHTTP checked it.
		CheckOrigin: func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			refuse(w, status, connect.CodeInvalidArgument, strings.TrimPrefix(reason.Error(), "websocket: "))
		},
	}
}

// originList are the origins whose pages may open sockets.
type originList struct {
	any     bool
	allowed map[string]bool
}

func parseOrigins(origins []string) (originList, error) {
	list := originList{allowed: make(map[string]bool)}
	for _, origin := range origins {
		if origin == "*" {
			list.any = true
			continue
		}
		at, err := url.Parse(origin)
		if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") || strings.Trim(at.Path, "/") != "" {
			return list, fmt.Errorf("allowed origins: %q must be like https://shop.example, or *", origin)
		}
		list.allowed[strings.ToLower(at.Scheme+"://"+at.Host)] = true
	}
	return list, nil
}

// admit reports whether a request's page may open a socket, and whether the page is of this host. A request without an origin comes
// from no page: a server or a tool, which could write any origin it likes.
func (l originList) admit(r *http.Request) (allowed, own bool) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true, true
	}
	at, err := url.Parse(origin)
	if err != nil || at.Host == "" {
		return false, false
	}
	if strings.EqualFold(at.Host, r.Host) {
		return true, true
	}
	return l.any || l.allowed[strings.ToLower(at.Scheme+"://"+at.Host)], false
}

// ServeHTTP turns a request into a socket.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowed, own := h.origins.admit(r)
	if !allowed {
		refuse(w, http.StatusForbidden, connect.CodePermissionDenied,
			"pages of this origin may not open sockets here: add it to the allowed origins")
		return
	}
	offered := websocket.Subprotocols(r)
	if websocket.IsWebSocketUpgrade(r) && !slices.Contains(offered, ProtocolProto) && !slices.Contains(offered, ProtocolJSON) {
		refuse(w, http.StatusBadRequest, connect.CodeInvalidArgument, "Sec-WebSocket-Protocol: offer "+ProtocolProto+" or "+ProtocolJSON)
		return
	}
	address := h.config.Address(r)
	if status, reason := h.reserve(address); status != http.StatusOK {
		w.Header().Set("Retry-After", "5")
		refuse(w, status, connect.CodeResourceExhausted, reason)
		return
	}
	socket, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		h.release(address)
		h.config.Log.DebugContext(r.Context(), "socket refused", "error", err)
		return
	}
	h.start(socket, address, helloRequest(r, own))
}

// kept are the headers that Authenticate may look at; the others would only take room for as long as the socket lives.
var kept = []string{"Authorization", "Cookie", "X-Forwarded-For"}

// helloRequest keeps of a request what Authenticate may look at. The request's context ends with this handler, the socket lives on.
// Another origin's page must not act with the cookies that a browser adds by itself.
func helloRequest(r *http.Request, own bool) *http.Request {
	header := http.Header{} // never nil, since whoever authenticates may add to it
	for _, name := range kept {
		if values := r.Header.Values(name); len(values) > 0 && (name != "Cookie" || own) {
			header[name] = values
		}
	}
	slim := r.WithContext(context.WithoutCancel(r.Context()))
	slim.Header, slim.Body = header, http.NoBody
	return slim
}

// reserve takes a place for one more socket.
func (h *Hub) reserve(address string) (status int, reason string) {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	switch {
	case h.closed:
		return http.StatusServiceUnavailable, "the server is going down: come back later"
	case h.admitted >= h.config.Limits.Sockets:
		return http.StatusServiceUnavailable, "this server has as many sockets as it may: come back later"
	case h.perAddress[address] >= h.config.Limits.SocketsPerAddress:
		return http.StatusTooManyRequests, "your address has as many sockets as it may: close some or come back later"
	}
	h.admitted++
	h.perAddress[address]++
	return http.StatusOK, ""
}

func (h *Hub) release(address string) {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	h.free(address)
}

// free gives a place back. Callers hold the lock.
func (h *Hub) free(address string) {
	h.admitted--
	h.perAddress[address]--
	if h.perAddress[address] == 0 {
		delete(h.perAddress, address)
	}
}

// start runs a socket, unless the hub was closed since its place was taken.
func (h *Hub) start(socket *websocket.Conn, address string, r *http.Request) {
	c := newConnection(h, socket, address, r)
	h.socketsMu.Lock()
	closed := h.closed
	if !closed {
		h.sockets[c] = struct{}{}
		h.running.Add(1)
	}
	h.socketsMu.Unlock()
	if closed {
		c.sendClose(closing{websocket.CloseGoingAway, "the server is going down"})
		_ = socket.Close()
		h.release(address)
		return
	}
	h.config.Metrics.SocketOpened()
	go c.read()
}

// remove forgets a socket that ended.
func (h *Hub) remove(c *connection) {
	h.socketsMu.Lock()
	delete(h.sockets, c)
	h.free(c.address)
	h.socketsMu.Unlock()
	h.config.Metrics.SocketClosed()
}

// limitSendBuffer bounds what the kernel holds for a client that does not read; where that can't be set the default stays.
func limitSendBuffer(conn net.Conn, bytes int) error {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn()
	}
	if limited, ok := conn.(interface{ SetWriteBuffer(bytes int) error }); ok {
		return limited.SetWriteBuffer(bytes)
	}
	return nil
}

// refuse answers a request that does not become a socket, in the shape of the REST doors.
func refuse(w http.ResponseWriter, status int, code connect.Code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := map[string]map[string]string{"error": {"code": code.String(), "message": message}}
	// A caller who left before the answer needs none.
	_ = json.NewEncoder(w).Encode(body)
}
