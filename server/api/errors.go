package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"go.opentelemetry.io/otel/trace"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/store"
)

// kind sorts every error an answer can carry.
type kind int

const (
	kindInternal kind = iota
	kindInvalid
	kindUnauthenticated
	kindDenied
	kindNotFound
	kindConflict
	kindTooOld
	kindExhausted
	kindUnavailable
	kindTooLarge
	kindUnsupported
	kindNotAllowed
	kindTimeout
	kindCanceled
)

// codes is the one place where a kind becomes a code. RPC, REST and the socket name it alike, by the text of the RPC code; the status tells
// REST callers more where HTTP has a finer word.
var codes = map[kind]struct {
	rpc  connect.Code
	http int
}{
	kindInvalid:         {connect.CodeInvalidArgument, http.StatusBadRequest},
	kindUnauthenticated: {connect.CodeUnauthenticated, http.StatusUnauthorized},
	kindDenied:          {connect.CodePermissionDenied, http.StatusForbidden},
	kindNotFound:        {connect.CodeNotFound, http.StatusNotFound},
	kindConflict:        {connect.CodeFailedPrecondition, http.StatusConflict},
	kindTooOld:          {connect.CodeOutOfRange, http.StatusBadRequest},
	kindExhausted:       {connect.CodeResourceExhausted, http.StatusTooManyRequests},
	kindUnavailable:     {connect.CodeUnavailable, http.StatusServiceUnavailable},
	kindTooLarge:        {connect.CodeResourceExhausted, http.StatusRequestEntityTooLarge},
	kindUnsupported:     {connect.CodeInvalidArgument, http.StatusUnsupportedMediaType},
	kindNotAllowed:      {connect.CodeUnimplemented, http.StatusMethodNotAllowed},
	kindTimeout:         {connect.CodeDeadlineExceeded, http.StatusRequestTimeout},
	kindCanceled:        {connect.CodeCanceled, 499}, // nobody reads this answer; 499 keeps it apart in access logs
	kindInternal:        {connect.CodeInternal, http.StatusInternalServerError},
}

// defaultRetry is how long callers are asked to wait when the database is away.
const defaultRetry = time.Second

// failure is an error in the form in which callers see it.
type failure struct {
	kind    kind
	field   string
	message string
	// retryAfter is told to the caller when it is above 0.
	retryAfter time.Duration
	// results are those of a batch of events that was refused as a whole.
	results []eventResult
	// problems are those of a document that does not check.
	problems []*laurelv1.Problem
}

// Error returns the message.
func (f *failure) Error() string {
	if f.field != "" {
		return f.field + " " + f.message
	}
	return f.message
}

// badField says which parameter is wrong and what would be right.
func badField(field, format string, args ...any) error {
	return &failure{kind: kindInvalid, field: field, message: fmt.Sprintf(format, args...)}
}

// refusalOf is the kind of a refused event.
func refusalOf(result *ingest.Result) kind {
	switch {
	case result.Conflict:
		return kindConflict
	case result.TooOld:
		return kindTooOld
	}
	return kindInvalid
}

// judge is the one place that sorts errors. An error it does not know is internal: its text is not for callers.
func judge(err error) *failure {
	var (
		known     *failure
		rpc       *connect.Error
		problem   *event.Problem
		field     *identity.InvalidError
		limit     *identity.LimitError
		document  *catalog.Invalid
		newer     *catalog.Conflict
		unread    *catalog.Unread
		room      *contest.Limit
		lagging   *ingest.Lagging
		away      *ingest.Unavailable
		oversized *http.MaxBytesError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &problem):
		return &failure{kind: kindInvalid, field: problem.Field, message: problem.Message}
	case errors.As(err, &field):
		return &failure{kind: kindInvalid, field: field.Field, message: field.Message}
	case errors.As(err, &limit):
		return &failure{kind: kindExhausted, message: limit.Error(), retryAfter: limit.RetryAfter}
	case errors.As(err, &document):
		return &failure{kind: kindInvalid, field: "yaml", message: "does not check: " + document.Error(),
			problems: problemMessages(document.Problems)}
	case errors.As(err, &room):
		return &failure{kind: kindConflict, message: room.Error()} // waiting does not help by itself
	case errors.As(err, &newer):
		return &failure{kind: kindConflict, field: "base_version", message: newer.Error()}
	case errors.As(err, &unread):
		return &failure{kind: kindConflict, message: unread.Error()}
	case errors.Is(err, catalog.ErrBusy):
		return &failure{kind: kindConflict, message: err.Error()}
	case errors.As(err, &lagging):
		return &failure{kind: kindExhausted, message: "scoring lags behind; send the same events again later", retryAfter: lagging.RetryAfter}
	case errors.As(err, &away):
		return &failure{kind: kindUnavailable, message: "the events could not be made durable; send them again later",
			retryAfter: away.RetryAfter}
	case errors.As(err, &oversized):
		return tooLarge()
	case errors.Is(err, identity.ErrUnauthenticated):
		return &failure{kind: kindUnauthenticated, message: err.Error()}
	case errors.Is(err, identity.ErrNotFound), errors.Is(err, catalog.ErrNotFound), errors.Is(err, contest.ErrNotFound):
		return &failure{kind: kindNotFound, message: err.Error()}
	case errors.As(err, &rpc):
		return fromRPC(rpc)
	case errors.Is(err, context.Canceled):
		return &failure{kind: kindCanceled, message: "the caller went away"}
	case store.IsUnavailable(err):
		return &failure{kind: kindUnavailable, message: "the database is away; try again later", retryAfter: defaultRetry}
	default:
		return &failure{kind: kindInternal}
	}
}

// fromRPC keeps what the RPC library and the validator say, and hides what only an internal error would.
func fromRPC(err *connect.Error) *failure {
	for k, code := range codes {
		if code.rpc == err.Code() && k != kindTooLarge && k != kindUnsupported && k != kindNotAllowed && k != kindInternal {
			return &failure{kind: k, message: err.Message()}
		}
	}
	return &failure{kind: kindInternal}
}

func tooLarge() *failure {
	return &failure{kind: kindTooLarge, message: fmt.Sprintf("the body must have at most %d bytes, compressed and unpacked; send fewer "+
		"events at once", maxBodyBytes)}
}

// hide logs what is inside an internal error and gives the caller the trace id to ask with.
func hide(ctx context.Context, log *slog.Logger, where string, err error) *failure {
	f := judge(err)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && (f.kind == kindUnavailable || f.kind == kindInternal) {
		return &failure{kind: kindTimeout, message: "the time the caller allowed is over"}
	}
	switch f.kind {
	case kindInternal:
		traceID := trace.SpanContextFromContext(ctx).TraceID()
		log.ErrorContext(ctx, "request failed", "where", where, "error", err.Error())
		f = &failure{kind: kindInternal, message: "something went wrong inside; it is in the log under trace " + traceID.String()}
	case kindUnavailable:
		log.WarnContext(ctx, "database away", "where", where, "error", err.Error())
	default:
	}
	return f
}
