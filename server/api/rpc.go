package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/grpcreflect"
	"connectrpc.com/otelconnect"
	"connectrpc.com/validate"

	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
)

// rpcPrefix is where browsers find the services.
const rpcPrefix = "/rpc"

// serviceNames lists the services for reflection and for the test of the access table.
var serviceNames = []string{
	laurel.IngestServiceName, laurel.CatalogServiceName, laurel.ContestServiceName, laurel.LeaderboardServiceName,
	laurel.PlayerServiceName, laurel.OperatorServiceName, laurel.TelemetryServiceName,
}

// mountRPC mounts each service under /rpc and under its plain path.
func (a *API) mountRPC(mux *http.ServeMux) error {
	traces, err := otelconnect.NewInterceptor(otelconnect.WithTracerProvider(a.Telemetry.TracerProvider()), otelconnect.WithoutMetrics())
	if err != nil {
		return fmt.Errorf("trace rpc: %w", err)
	}
	// Ingest answers for each event by itself, so its messages are not refused as a whole.
	unchecked := a.rpcOptions(traces, listsOnly(refuseNUL), listsOnly(validate.NewInterceptor().WrapUnary))
	checked := a.rpcOptions(traces, connect.UnaryInterceptorFunc(refuseNUL), validate.NewInterceptor())
	crossOrigin := http.NewCrossOriginProtection()
	mount := func(path string, handler http.Handler) {
		guarded := a.identify(a.timed(withReadableQuery(withoutForeignForms(crossOrigin, handler))))
		mux.Handle(path, guarded)
		mux.Handle(rpcPrefix+path, http.StripPrefix(rpcPrefix, guarded))
	}
	intakePath, intake := laurel.NewIngestServiceHandler(ingestService{a}, unchecked)
	mount(intakePath, a.countingUnread(intake))
	mount(laurel.NewCatalogServiceHandler(catalogService{a}, checked))
	mount(laurel.NewContestServiceHandler(contestService{a}, checked))
	mount(laurel.NewLeaderboardServiceHandler(leaderboardService{a}, checked))
	mount(laurel.NewPlayerServiceHandler(playerService{a}, checked))
	mount(laurel.NewOperatorServiceHandler(operatorService{a}, checked))
	mount(laurel.NewTelemetryServiceHandler(telemetryService{a}, checked))
	reflector := grpcreflect.NewStaticReflector(serviceNames...)
	mount(grpcreflect.NewHandlerV1(reflector, checked))
	mount(grpcreflect.NewHandlerV1Alpha(reflector, checked))
	return nil
}

// listsOnly applies a check to the lists of a service whose other calls answer for each event by itself.
func listsOnly(check connect.UnaryInterceptorFunc) connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		checked := check(next)
		return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
			if _, list := request.Any().(listRequest); list {
				return checked(ctx, request)
			}
			return next(ctx, request)
		}
	}
}

// gate runs before the message of a call is read: it counts the call and asks the access table.
func (a *API) gate(ctx context.Context, spec connect.Spec, peer connect.Peer, header http.Header) (context.Context, error) {
	ctx, err := authorize(ctx, spec, peer, header)
	if err == nil {
		err = a.limits.takeCall(ctx, spec.Procedure)
	}
	if err != nil {
		answered(ctx)
		return ctx, rpcError(hide(ctx, a.Log, spec.Procedure, err), err)
	}
	return ctx, nil
}

// withoutForeignForms refuses calls that another site's page sends in the name of whoever looks at it. A call with an Authorization header
// was built on purpose.
func withoutForeignForms(crossOrigin *http.CrossOriginProtection, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			if err := crossOrigin.Check(r); err != nil {
				writeFailure(w, &failure{kind: kindDenied, message: "this call comes from another site; send an Authorization header"})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// withReadableQuery refuses calls by GET whose query is broken; the RPC library would take what is left of it, and call bad base64 an error
// of its own.
func withReadableQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err == nil && query.Get("base64") == "1" {
			_, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(query.Get("message"), "="))
		}
		if err != nil {
			writeFailure(w, judge(badField("query", "can't be read: %s", err)))
			return
		}
		next.ServeHTTP(w, r)
	})
}
