package api

import (
	"context"
	"net/http"

	"github.com/laurelhq/laurel/server/identity"
)

type refusalKey struct{}

// identify finds out who is calling and puts him into the context. A wrong credential is kept there too: each protocol has its own words
// for it.
func (a *API) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// With export off the span records nothing, but its trace id is what the log and the caller are told.
		ctx, span := a.Telemetry.Tracer().Start(r.Context(), "door "+r.Pattern)
		defer span.End()
		caller, err := a.Identity.Authenticate(r)
		if err != nil {
			ctx = context.WithValue(ctx, refusalKey{}, err)
		}
		next.ServeHTTP(w, r.WithContext(identity.WithCaller(ctx, caller)))
	})
}

// callerOf returns the caller, or why his credential was refused.
func callerOf(ctx context.Context) (identity.Caller, error) {
	if err, refused := ctx.Value(refusalKey{}).(error); refused {
		return identity.Caller{}, err
	}
	return identity.CallerFrom(ctx), nil
}
