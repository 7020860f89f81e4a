package realtime

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// defaultTop is the number of rows when a subscription names none.
const defaultTop = 10

// handle does what one message of the client asks for.
func (c *connection) handle(messageType int, message []byte) {
	frame, err := decode(messageType, message, c.json)
	if err != nil {
		c.fail("", connect.CodeInvalidArgument, shorten("not a ClientFrame: "+err.Error()))
		c.close(CloseInvalid, "not a ClientFrame of "+c.socket.Subprotocol())
		return
	}
	if err := c.hub.validator.Validate(frame); err != nil {
		c.fail("", connect.CodeInvalidArgument, explain(err))
		return
	}
	if hello := frame.GetHello(); hello != nil {
		c.hello(hello.GetToken())
		return
	}
	if !c.greeted.Load() {
		c.fail("", connect.CodeInvalidArgument, "the first frame must be hello")
		c.close(CloseInvalid, "the first frame must be hello")
		return
	}
	switch asked := frame.GetFrame().(type) {
	case *laurelv1.ClientFrame_Subscribe:
		c.subscribe(asked.Subscribe)
	case *laurelv1.ClientFrame_Unsubscribe:
		c.unsubscribe(asked.Unsubscribe.GetContestId())
	case *laurelv1.ClientFrame_Resync:
		c.askResync(asked.Resync.GetContestId())
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
		c.fail("", connect.CodeUnauthenticated, "the token is wrong or ran out: get a fresh one")
		if !again {
			c.close(CloseUnauthenticated, "the token is wrong or ran out")
		}
		return
	case err != nil:
		c.hub.config.Log.ErrorContext(ctx, "authenticate socket", "error", err)
		c.fail("", connect.CodeInternal, "who you are can't be checked now: try again")
		if !again {
			c.close(closeTryAgainLater, "who you are can't be checked now")
		}
		return
	case again && (viewer.UserID != c.viewer.UserID || viewer.SeesUserIDs != c.viewer.SeesUserIDs):
		c.fail("", connect.CodePermissionDenied, "a connection belongs to one caller: open another one")
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

// subscribe starts to watch a board, or changes how it is watched.
func (c *connection) subscribe(asked *laurelv1.Subscribe) {
	contestID := asked.GetContestId()
	if _, published := c.hub.config.Contest(contestID); !published {
		c.fail(contestID, connect.CodeNotFound, "contest_id: there is no published contest of this id")
		return
	}
	old := c.watching(contestID)
	if limit := c.hub.config.Limits.Subscriptions; old < 0 && len(c.subscriptions) >= limit {
		c.fail(contestID, connect.CodeResourceExhausted, fmt.Sprintf("a connection may watch %d contests: unsubscribe from one first", limit))
		return
	}
	s := &subscription{connection: c, contestID: contestID, around: int64(asked.GetAround())}
	key := groupKey{top: int64(asked.GetTop()), userIDs: c.viewer.SeesUserIDs}
	if key.top == 0 {
		key.top = defaultTop
	}
	if old >= 0 {
		c.hub.leave(c.subscriptions[old])
		c.subscriptions[old] = s
	} else {
		c.subscriptions = append(c.subscriptions, s)
	}
	c.hub.join(s, key)
}

func (c *connection) unsubscribe(contestID string) {
	at := c.watching(contestID)
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

func (c *connection) askResync(contestID string) {
	at := c.watching(contestID)
	if at < 0 {
		c.fail(contestID, connect.CodeNotFound, "contest_id: this connection does not watch it: subscribe first")
		return
	}
	c.hub.resync(c.subscriptions[at])
}

// watching gives the index of a contest's subscription; -1 when there is none.
func (c *connection) watching(contestID string) int {
	for i, s := range c.subscriptions {
		if s.contestID == contestID {
			return i
		}
	}
	return -1
}

// explain gives what is wrong with each field of a frame.
func explain(err error) string {
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return shorten(err.Error())
	}
	texts := make([]string, 0, len(invalid.Violations))
	for _, violation := range invalid.Violations {
		texts = append(texts, violation.String())
	}
	return shorten(strings.Join(texts, "; "))
}

// maxMessageBytes is the bound of SocketError.message.
const maxMessageBytes = 1024

// shorten cuts a text to what a SocketError may carry.
func shorten(text string) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) > maxMessageBytes {
		text = strings.ToValidUTF8(text[:maxMessageBytes], "")
	}
	return text
}
