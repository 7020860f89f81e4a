package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
)

// LogSettings say how logs are written.
type LogSettings struct {
	// Level is the least level written; nil means info.
	Level slog.Leveler
	// Text writes lines for people instead of JSON.
	Text bool
}

// redacted stands where a value was personal or secret.
const redacted = "[redacted]"

// personal are the keys whose values never reach a log: who a player or operator is, from where he came, and what lets one pose as him.
var personal = map[string]bool{
	"user": true, "user_id": true, "player": true, "player_id": true, "public_name": true, "name_shown": true, "external_id": true,
	"email": true, "phone": true, "ip": true, "remote_addr": true, "device": true, "device_id": true, "user_agent": true,
	"token": true, "secret": true, "password": true, "authorization": true, "cookie": true, "api_key": true, "signature": true,
}

// NewLogger makes a logger that adds trace_id and span_id from the context and writes no personal data: it blanks the values of keys
// that carry it and writes a protobuf message by its name only. Texts of errors and messages are the caller's care.
func NewLogger(w io.Writer, settings LogSettings) *slog.Logger {
	options := &slog.HandlerOptions{Level: settings.Level, ReplaceAttr: redact}
	if settings.Text {
		return slog.New(tracing{slog.NewTextHandler(w, options)})
	}
	return slog.New(tracing{slog.NewJSONHandler(w, options)})
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if personal[a.Key] {
		return slog.String(a.Key, redacted)
	}
	if a.Value.Kind() != slog.KindAny {
		return a
	}
	if m, ok := a.Value.Any().(proto.Message); ok {
		return slog.String(a.Key, fmt.Sprintf("[%s]", m.ProtoReflect().Descriptor().FullName()))
	}
	return a
}

// tracing adds the ids of the context's span to each record.
type tracing struct{ slog.Handler }

// Handle implements slog.Handler.
func (h tracing) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h tracing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracing{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h tracing) WithGroup(name string) slog.Handler { return tracing{h.Handler.WithGroup(name)} }
