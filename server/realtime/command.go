package realtime

import (
	"context"
	"errors"
	"strings"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// handle does what one message of the client asks for.
func (c *connection) handle(messageType int, message []byte) {
	frame, err := decode(messageType, message, c.json)
	if err != nil {
		c.fail(Channel{}, connect.CodeInvalidArgument, word.Clip("not a ClientFrame: "+err.Error(), maxMessageBytes))
		c.close(CloseInvalid, "not a ClientFrame of "+c.socket.Subprotocol())
		return
	}
	if err := c.hub.validator.Validate(frame); err != nil {
		c.fail(Channel{}, connect.CodeInvalidArgument, explain(err))
		return
	}
	if hello := frame.GetHello(); hello != nil {
		c.hello(hello.GetToken())
		return
	}
	if !c.greeted.Load() {
		c.fail(Channel{}, connect.CodeInvalidArgument, "the first frame must be hello")
		c.close(CloseInvalid, "the first frame must be hello")
		return
	}
	switch asked := frame.GetFrame().(type) {
	case *laurelv1.ClientFrame_Subscribe:
		c.subscribe(asked.Subscribe)
	case *laurelv1.ClientFrame_Unsubscribe:
		c.unsubscribe(channelOf(asked.Unsubscribe.GetChannel()))
	case *laurelv1.ClientFrame_Resync:
		c.askResync(channelOf(asked.Resync.GetChannel()))
	case *laurelv1.ClientFrame_Ping:
		pong := &laurelv1.Pong{Nonce: asked.Ping.GetNonce()}
		c.tell(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Pong{Pong: pong}}, nil)
	}
}

// hello finds out who the client is. A second hello carries a fresh token of the same caller; a bad one changes nothing.
func (c *connection) hello(token string) {
	ctx, cancel := context.WithTimeout(c.request.Context(), c.hub.config.Limits.HelloWait)
	defer cancel()
	viewer, err := c.hub.config.Authenticate(c.request.WithContext(ctx), token)
	again := c.greeted.Load()
	switch {
	case errors.Is(err, ErrUnauthenticated):
		c.fail(Channel{}, connect.CodeUnauthenticated, "the token is wrong or ran out: get a fresh one")
		if !again {
			c.close(CloseUnauthenticated, "the token is wrong or ran out")
		}
		return
	case err != nil:
		c.hub.config.Log.ErrorContext(ctx, "authenticate socket", "error", err)
		c.fail(Channel{}, connect.CodeInternal, "who you are can't be checked now: try again")
		if !again {
			c.close(closeTryAgainLater, "who you are can't be checked now")
		}
		return
	case again && (viewer.UserID != c.viewer.UserID || viewer.SeesUserIDs != c.viewer.SeesUserIDs):
		c.fail(Channel{}, connect.CodePermissionDenied, "a connection belongs to one caller: open another one")
		return
	}
	if !again {
		// Only before the first subscription, after which others read it.
		c.viewer = viewer
	}
	c.expiresMicros.Store(0)
	if !viewer.Expires.IsZero() {
		c.expiresMicros.Store(viewer.Expires.UnixMicro())
	}
	c.greeted.Store(true)
	c.tell(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Welcome{Welcome: &laurelv1.Welcome{
		UserId:    viewer.UserID,
		TickMs:    int32(c.hub.config.Limits.MinTick.Milliseconds()),
		NowMicros: c.hub.config.Now().UnixMicro(),
	}}}, nil)
}

// closeTryAgainLater is WebSocket's own code for a server that can't serve now.
const closeTryAgainLater = 1013

// subscribe starts to watch a channel, or changes how it is watched.
func (c *connection) subscribe(asked *laurelv1.Subscribe) {
	switch at := channelOf(asked.GetChannel()); at.Kind {
	case KindBoard:
		c.subscribeBoard(at, asked.GetBoard())
	}
}

func (c *connection) unsubscribe(from Channel) {
	at := c.watching(from)
	if at < 0 {
		// The client may have asked twice; it has what it wants.
		return
	}
	c.hub.leave(c.subscriptions[at])
	last := len(c.subscriptions) - 1
	c.subscriptions[at] = c.subscriptions[last]
	c.subscriptions[last] = nil
	c.subscriptions = c.subscriptions[:last]
}

func (c *connection) askResync(of Channel) {
	at := c.watching(of)
	if at < 0 {
		c.fail(of, connect.CodeNotFound, "channel: this connection does not watch it: subscribe first")
		return
	}
	c.hub.resync(c.subscriptions[at])
}

// watching gives the index of a channel's subscription; -1 when there is none.
func (c *connection) watching(at Channel) int {
	for i, s := range c.subscriptions {
		if s.channel == at {
			return i
		}
	}
	return -1
}

// explain gives what is wrong with each field of a frame.
func explain(err error) string {
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return word.Clip(err.Error(), maxMessageBytes)
	}
	texts := make([]string, 0, len(invalid.Violations))
	for _, violation := range invalid.Violations {
		texts = append(texts, violation.String())
	}
	return word.Clip(strings.Join(texts, "; "), maxMessageBytes)
}

// maxMessageBytes is the bound of SocketError.message.
const maxMessageBytes = 1024
