package api

import (
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// eventCodec reads messages of events and counts those that can't be read. The library answers them before any interceptor sees them.
type eventCodec struct {
	connect.Codec
	unread func()
}

// Unmarshal implements connect.Codec.
func (c eventCodec) Unmarshal(body []byte, message any) error {
	err := c.Codec.Unmarshal(body, message)
	if _, events := message.(*laurelv1.IngestRequest); events && err != nil {
		c.unread()
	}
	return err
}

// binary is protobuf's own encoding, as the library has it.
type binary struct{}

// Name implements connect.Codec.
func (binary) Name() string { return "proto" }

// Marshal implements connect.Codec.
func (binary) Marshal(message any) ([]byte, error) {
	known, ok := message.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no protobuf message", message)
	}
	return proto.Marshal(known)
}

// Unmarshal implements connect.Codec.
func (binary) Unmarshal(body []byte, message any) error {
	known, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no protobuf message", message)
	}
	return proto.Unmarshal(body, known)
}

// eventCodecs are the codecs of the service that takes events in.
func (a *API) eventCodecs() []connect.HandlerOption {
	var options []connect.HandlerOption
	for _, codec := range []connect.Codec{binary{}, jsonCodecs[0], jsonCodecs[1]} {
		options = append(options, connect.WithCodec(eventCodec{Codec: codec, unread: func() { a.Telemetry.Refused(1) }}))
	}
	return options
}
