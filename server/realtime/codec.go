package realtime

import (
	"errors"
	"fmt"

	"github.com/gorilla/websocket"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// The two forms of a frame, as indices of what is encoded once for many.
const (
	formProto = iota
	formJSON
	forms
)

func (c *connection) form() int {
	if c.json {
		return formJSON
	}
	return formProto
}

// encode gives a frame as one message of a sub-protocol.
func encode(frame *laurelv1.ServerFrame, json bool) (messageType int, message []byte, err error) {
	if json {
		message, err = protojson.Marshal(frame)
		return websocket.TextMessage, message, err
	}
	message, err = proto.Marshal(frame)
	return websocket.BinaryMessage, message, err
}

// prepare encodes a frame for many sockets.
func prepare(frame *laurelv1.ServerFrame, form int) (*websocket.PreparedMessage, error) {
	messageType, message, err := encode(frame, form == formJSON)
	if err != nil {
		return nil, fmt.Errorf("encode frame: %w", err)
	}
	return websocket.NewPreparedMessage(messageType, message)
}

// Errors of a client's message.
var (
	errWantsText   = errors.New(ProtocolJSON + " takes text messages")
	errWantsBinary = errors.New(ProtocolProto + " takes binary messages")
)

// decode reads a client's message. Fields that are not known are left alone, since a newer client may send them.
func decode(messageType int, message []byte, json bool) (*laurelv1.ClientFrame, error) {
	frame := &laurelv1.ClientFrame{}
	if json {
		if messageType != websocket.TextMessage {
			return nil, errWantsText
		}
		return frame, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(message, frame)
	}
	if messageType != websocket.BinaryMessage {
		return nil, errWantsBinary
	}
	return frame, proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(message, frame)
}
