package api

import (
	"context"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// yamlField is checked by the reader of YAML, which names the line.
const yamlField = "yaml"

// refuseNUL is the interceptor that refuses text with the NUL character, which protobuf and JSON can carry, and the text of some databases
// can't.
func refuseNUL(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		if message, ok := request.Any().(proto.Message); ok {
			if field := fieldWithNUL(message.ProtoReflect()); field != "" {
				return nil, badField(field, "must not hold the NUL character")
			}
		}
		return next(ctx, request)
	}
}

// fieldWithNUL returns the path of a text field that holds NUL; empty when there is none.
func fieldWithNUL(message protoreflect.Message) (path string) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		name := string(field.Name())
		within := func(one protoreflect.Value) {
			switch {
			case field.Kind() == protoreflect.StringKind && name != yamlField && strings.ContainsRune(one.String(), 0):
				path = name
			case field.Message() != nil:
				if inner := fieldWithNUL(one.Message()); inner != "" {
					path = name + "." + inner
				}
			}
		}
		switch {
		case field.IsMap(): // no request of these services has one
		case field.IsList():
			for i := range value.List().Len() {
				within(value.List().Get(i))
			}
		default:
			within(value)
		}
		return path == ""
	})
	return path
}
