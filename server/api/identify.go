package api

import (
	"context"
	"crypto/rand"
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"github.com/laurelhq/laurel/server/identity"
)

type refusalKey struct{}

// identify finds out who is calling and puts him into the context. A wrong credential is kept there too: each protocol has its own words for it.
func (a *API) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := a.traced(r.Context())
		caller, err := a.Identity.Authenticate(r)
		if err != nil {
			ctx = context.WithValue(ctx, refusalKey{}, err)
		}
		next.ServeHTTP(w, r.WithContext(identity.WithCaller(ctx, caller)))
	})
}

// traced makes sure that a request has a trace id even where no span was started: the log and the caller are told the same one.
func (a *API) traced(ctx context.Context) context.Context {
	if trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	var traceID trace.TraceID
	var spanID trace.SpanID
	_, _ = rand.Read(traceID[:])
	_, _ = rand.Read(spanID[:])
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID}))
}

// callerOf returns the caller, or why his credential was refused.
func callerOf(ctx context.Context) (identity.Caller, error) {
	if err, refused := ctx.Value(refusalKey{}).(error); refused {
		return identity.Caller{}, err
	}
	return identity.CallerFrom(ctx), nil
}
