package api

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// strictJSON reads and writes JSON bodies of RPCs. Unlike the library's own codec it refuses names that it does not know: with numbers a
// mistyped field can't happen, with names it can, and would be a default that nobody asked for.
type strictJSON struct{ name string }

// jsonCodecs are the names under which callers ask for JSON.
var jsonCodecs = []strictJSON{{"json"}, {"json; charset=utf-8"}}

// Name implements connect.Codec.
func (c strictJSON) Name() string { return c.name }

// Marshal implements connect.Codec.
func (c strictJSON) Marshal(message any) ([]byte, error) {
	known, ok := message.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no protobuf message", message)
	}
	return protojson.Marshal(known)
}

// Unmarshal implements connect.Codec.
func (c strictJSON) Unmarshal(body []byte, message any) error {
	known, ok := message.(proto.Message)
	switch {
	case !ok:
		return fmt.Errorf("%T is no protobuf message", message)
	case len(body) == 0:
		return errors.New("the body is empty; send {} for a request without fields")
	}
	if err := protojson.Unmarshal(body, known); err != nil {
		return errors.New(strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0"))
	}
	return nil
}
