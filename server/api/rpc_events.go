package api

import (
	"context"
	"net/http"

	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
)

type eventCallKey struct{}

// eventCall is a call that brings events.
type eventCall struct {
	// answered tells that the call was refused for another reason than its body, or that its message was read: whoever did so counts what is
	// refused.
	answered bool
}

// answered marks the call of a context, when it is one that brings events.
func answered(ctx context.Context) { mark(ctx, true) }

// brokeOff takes the mark away: the next message of a stream can't be read.
func brokeOff(ctx context.Context) { mark(ctx, false) }

func mark(ctx context.Context, answered bool) {
	if call, events := ctx.Value(eventCallKey{}).(*eventCall); events {
		call.answered = answered
	}
}

// countingUnread counts the messages of events that the RPC library refuses before any handler or interceptor sees them, as countUnread
// does for those of REST: of a foreign type or encoding, too large, or not to be read. One that may be sent again as it is does not count.
func (a *API) countingUnread(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		brings := r.URL.Path == laurel.IngestServiceIngestProcedure || r.URL.Path == laurel.IngestServiceIngestStreamProcedure
		if !brings || r.Method != http.MethodPost || authorized(r.Context(), r.URL.Path) != nil {
			next.ServeHTTP(w, r)
			return
		}
		call := &eventCall{}
		r = r.WithContext(context.WithValue(r.Context(), eventCallKey{}, call))
		next.ServeHTTP(w, r)
		if !call.answered {
			a.countBroken(r)
		}
	})
}

// countBroken counts one message that can't be read, unless the caller went away or was too slow.
func (a *API) countBroken(r *http.Request) {
	if body, timed := r.Body.(*timedBody); r.Context().Err() == nil && (!timed || !body.overdue.Load()) {
		a.Telemetry.Refused(1)
	}
}
