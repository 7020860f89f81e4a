package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// errorInterceptor gives every error of a handler its code, and hides what is inside.
type errorInterceptor struct{ log *slog.Logger }

// WrapUnary implements connect.Interceptor.
func (i errorInterceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		answered(ctx)
		response, err := next(ctx, request)
		return response, i.translate(ctx, request.Spec(), err)
	}
}

// WrapStreamingClient implements connect.Interceptor; the server is no client.
func (i errorInterceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// WrapStreamingHandler implements connect.Interceptor.
func (i errorInterceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		return i.translate(ctx, conn.Spec(), next(ctx, conn))
	}
}

func (i errorInterceptor) translate(ctx context.Context, spec connect.Spec, err error) error {
	if err == nil {
		return nil
	}
	return rpcError(hide(ctx, i.log, spec.Procedure, err), err)
}

// recovered turns a panic into an internal error.
func (i errorInterceptor) recovered(ctx context.Context, spec connect.Spec, _ http.Header, value any) error {
	i.log.ErrorContext(ctx, "panic", "where", spec.Procedure, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
	return fmt.Errorf("panic: %v", value)
}

// rpcError words a failure as a Connect error, keeping the details that the validator attached.
func rpcError(f *failure, cause error) error {
	var said *connect.Error
	if errors.As(cause, &said) && f.kind != kindInternal {
		return said
	}
	rpc := connect.NewError(codes[f.kind].rpc, errors.New(f.Error()))
	var details []proto.Message
	if f.field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: f.field,
			Description: f.message}}})
	}
	if len(f.problems) > 0 {
		details = append(details, &laurelv1.PublishProblems{Problems: f.problems})
	}
	if f.retryAfter > 0 {
		rpc.Meta().Set("Retry-After", retrySeconds(f.retryAfter))
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retryAfter)})
	}
	for _, message := range details {
		if detail, err := connect.NewErrorDetail(message); err == nil {
			rpc.AddDetail(detail)
		}
	}
	return rpc
}

// retrySeconds rounds up: an answer to wait zero seconds would be a tight loop.
func retrySeconds(wait time.Duration) string {
	return strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))
}
