package realtime

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// Close codes of this protocol, beside the general ones; realtime.proto says what a client does then.
const (
	// CloseInvalid is for a client that broke the protocol.
	CloseInvalid = 4000
	// CloseUnauthenticated is for a token that is wrong or ran out, or a hello that never came.
	CloseUnauthenticated = 4001
	// CloseSlow is for a client that reads too slowly.
	CloseSlow = 4008
	// CloseTooMany is for a client that sends too many frames.
	CloseTooMany = 4029
)

// closeWait is how long a client may take to answer a close frame.
const closeWait = time.Second

// connection is one socket: a goroutine that reads, at most one that writes, a queue between the hub and the writer.
type connection struct {
	hub     *Hub
	socket  *websocket.Conn
	address string
	json    bool
	queue   queue

	// The next fields belong to the reader.
	request       *http.Request
	viewer        Viewer
	frames        *rate.Limiter
	subscriptions []*subscription

	// greeted and expiresMicros are written by the reader and read by the sweep.
	greeted       atomic.Bool
	expiresMicros atomic.Int64

	// The next fields belong to the sweep.
	openedAt      time.Time
	pingAt        time.Time
	renewAt       time.Time
	noticedMicros int64
}

func newConnection(h *Hub, socket *websocket.Conn, address string, r *http.Request) *connection {
	now, limits := h.config.Now(), h.config.Limits
	c := &connection{
		hub:      h,
		socket:   socket,
		address:  address,
		json:     socket.Subprotocol() == ProtocolJSON,
		request:  r,
		openedAt: now,
		pingAt:   now.Add(limits.PingInterval),
		frames:   rate.NewLimiter(rate.Limit(limits.FramesPerSecond), limits.FrameBurst),
	}
	c.queue.limit = limits.Queue
	c.queue.begin = c.beginWriting
	return c
}

// read takes the client's frames until the socket ends, then cleans up.
func (c *connection) read() {
	defer c.hub.running.Done()
	defer c.hub.remove(c)
	defer c.end()
	if err := limitSendBuffer(c.socket.NetConn(), c.hub.config.Limits.SendBytes); err != nil {
		c.hub.config.Log.Debug("limit send buffer", "error", err)
	}
	c.socket.SetReadLimit(int64(c.hub.config.Limits.ReadBytes))
	c.socket.SetPongHandler(c.takePong)
	c.socket.SetPingHandler(c.answerPing)
	c.extend()
	for {
		messageType, message, err := c.socket.ReadMessage()
		if err != nil {
			c.refuseLong(err)
			return
		}
		if c.heard() {
			c.handleApart(messageType, message)
		}
	}
}

// handleApart acts on a message in a goroutine of its own and waits for it. Reading and checking a frame goes deep, and a stack that grew
// once stays large: here it goes with the goroutine, instead of with ten thousand sockets.
func (c *connection) handleApart(messageType int, message []byte) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer c.recovered()
		c.handle(messageType, message)
	}()
	<-done
}

// recovered ends the socket whose frame made the server panic: one client must not take everyone with him.
func (c *connection) recovered() {
	value := recover()
	if value == nil {
		return
	}
	c.hub.config.Log.Error("panic", "where", "socket frame", "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
	c.close(websocket.CloseInternalServerErr, "something went wrong inside")
}

// refuseLong tells a client whose frame was over the limit; gorilla/websocket has sent the close frame already.
func (c *connection) refuseLong(err error) {
	if errors.Is(err, websocket.ErrReadLimit) {
		c.hub.config.Log.Debug("socket sent a frame that is too long", "limit", c.hub.config.Limits.ReadBytes)
	}
}

// end leaves every board and stops the writer.
func (c *connection) end() {
	for _, s := range c.subscriptions {
		c.hub.leave(s)
	}
	c.subscriptions = nil
	c.queue.stop()
	// The peer is gone or was told; there is nobody left to report an error to.
	_ = c.socket.Close()
}

// heard counts something that the client sent, keeps the socket alive for it, and reports whether to act on it.
func (c *connection) heard() bool {
	if c.queue.ending() {
		return false
	}
	if !c.frames.AllowN(c.hub.config.Now(), 1) {
		c.close(CloseTooMany, "too many frames: send fewer a second")
		return false
	}
	c.extend()
	return true
}

// silentHalfPings is how many halves of a ping interval a client may be silent.
const silentHalfPings = 5

// extend moves the deadline by which the client must be heard of again. A socket that began to close meanwhile, maybe between the
// writer's deadline and this one, keeps the short one.
func (c *connection) extend() {
	wait := c.hub.config.Limits.PingInterval * silentHalfPings / 2
	c.readBy(wait)
	if c.queue.ending() {
		c.readBy(closeWait)
	}
}

// readBy sets by when the reader must have something; a socket that can't take a deadline is broken already and the reader will see it.
func (c *connection) readBy(wait time.Duration) {
	_ = c.socket.NetConn().SetReadDeadline(c.hub.config.Now().Add(wait))
}

func (c *connection) takePong(string) error {
	c.heard()
	return nil
}

// answerPing answers a control ping through the queue, so that only the writer writes.
func (c *connection) answerPing(data string) error {
	if c.heard() {
		c.push(outgoing{messageType: websocket.PongMessage, message: []byte(data)})
	}
	return nil
}

// beginWriting starts the writer. The reader still runs or another writer did until now, so the hub is waiting for this socket.
func (c *connection) beginWriting() {
	c.hub.running.Add(1)
	go c.write()
}

// write sends what the queue holds.
func (c *connection) write() {
	defer c.hub.running.Done()
	for {
		order := c.queue.next()
		switch {
		case order.sending:
			if err := c.send(order.send); err != nil {
				c.broke(err)
				return
			}
		case order.close != nil:
			c.sendClose(*order.close)
			return
		case order.resync != nil:
			for _, s := range order.resync {
				c.hub.resync(s)
			}
		default:
			return
		}
	}
}

func (c *connection) send(item outgoing) error {
	now := c.hub.config.Now()
	if item.queuedMicros > 0 {
		item.subscription.feed.sending.add(now.Sub(time.UnixMicro(item.queuedMicros)))
	}
	if err := c.socket.SetWriteDeadline(now.Add(c.hub.config.Limits.WriteWait)); err != nil {
		return err
	}
	if item.prepared == nil {
		return c.socket.WriteMessage(item.messageType, item.message)
	}
	if err := c.socket.WritePreparedMessage(item.prepared); err != nil {
		return err
	}
	if item.oldestMicros > 0 {
		c.hub.config.Metrics.Push(c.hub.config.Now().Sub(time.UnixMicro(item.oldestMicros)), 1)
	}
	return nil
}

// broke ends a socket whose write went wrong; the reader then sees the end and cleans up.
func (c *connection) broke(err error) {
	// gorilla/websocket hides what a time-out wraps.
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		c.hub.config.Metrics.SocketSlow()
		c.hub.config.Log.Debug("socket closed", "code", CloseSlow, "reason", "a write took too long")
	}
	_ = c.socket.Close()
}

// sendClose says why the socket ends and leaves the client a moment to answer, without which the system may throw the reason away.
func (c *connection) sendClose(why closing) {
	by := c.hub.config.Now().Add(closeWait)
	frame := websocket.FormatCloseMessage(why.code, why.reason)
	if err := c.socket.WriteControl(websocket.CloseMessage, frame, by); err != nil {
		_ = c.socket.Close()
		return
	}
	c.readBy(closeWait)
	c.hub.config.Log.Debug("socket closed", "code", why.code, "reason", why.reason)
}

// close ends the socket with a code and a reason, after the error frames that are queued. A writer that hangs in a write is given
// closeWait.
func (c *connection) close(code int, reason string) {
	if !c.queue.finish(code, reason) {
		return
	}
	if err := c.socket.NetConn().SetWriteDeadline(c.hub.config.Now().Add(closeWait)); err != nil {
		_ = c.socket.Close()
	}
}

// push queues a frame and reports whether it will be sent.
func (c *connection) push(item outgoing) bool {
	switch c.queue.push(item) {
	case queued:
		return true
	case full:
		c.hub.config.Metrics.SocketSlow()
		limits := c.hub.config.Limits
		if c.queue.slow(c.hub.config.Now(), limits.SlowWindow) >= limits.SlowTimes {
			c.close(CloseSlow, "too slow to read: connect again on a better line or watch fewer boards")
		}
	}
	return false
}

// tell queues a frame for this socket alone.
func (c *connection) tell(frame *laurelv1.ServerFrame, of *subscription) bool {
	messageType, message, err := encode(frame, c.json)
	if err != nil {
		c.hub.config.Log.Error("encode frame", "error", err)
		return false
	}
	return c.push(outgoing{messageType: messageType, message: message, subscription: of})
}

// fail queues an error frame.
func (c *connection) fail(about Channel, code connect.Code, message string) {
	c.tell(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Error{Error: &laurelv1.SocketError{
		Channel: about.message(), Code: code.String(), Message: message,
	}}}, nil)
}

// sweep looks at the deadlines of every socket.
func (h *Hub) sweep(now time.Time) {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	for c := range h.sockets {
		c.sweep(now)
	}
}

func (c *connection) sweep(now time.Time) {
	limits := c.hub.config.Limits
	if !c.greeted.Load() && now.Sub(c.openedAt) >= limits.HelloWait {
		c.fail(Channel{}, connect.CodeUnauthenticated, "hello did not come in time: it must be the first frame")
		c.close(CloseUnauthenticated, "no hello")
		return
	}
	if !now.Before(c.pingAt) {
		c.pingAt = now.Add(limits.PingInterval)
		c.push(outgoing{messageType: websocket.PingMessage})
	}
	if c.greeted.Load() && c.viewer.Renew != nil && !now.Before(c.renewAt) {
		c.renewAt = now.Add(limits.RenewEvery)
		c.hub.updates.Go(c.renew)
	}
	expires := c.expiresMicros.Load()
	if expires == 0 || now.UnixMicro() < expires {
		return
	}
	if c.noticedMicros != expires {
		c.noticedMicros = expires
		c.fail(Channel{}, connect.CodeUnauthenticated, "the token ran out: send hello with a fresh one within "+limits.ExpiryGrace.String())
	}
	if now.Sub(time.UnixMicro(expires)) >= limits.ExpiryGrace {
		c.close(CloseUnauthenticated, "the token ran out")
	}
}

// renew closes the socket of someone who signed out or whose API key was revoked. The viewer does not change once he was greeted.
func (c *connection) renew() {
	ctx, cancel := context.WithTimeout(c.request.Context(), c.hub.config.Limits.ReadTimeout)
	defer cancel()
	if err := c.viewer.Renew(ctx); errors.Is(err, ErrUnauthenticated) {
		c.fail(Channel{}, connect.CodeUnauthenticated, "you are no longer signed in, or your API key was revoked")
		c.close(CloseUnauthenticated, "no longer signed in")
	}
}
