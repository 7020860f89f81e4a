package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// readyTime bounds the question whether the server can serve.
const readyTime = 2 * time.Second

// mountProbes mounts what orchestrators, Prometheus and sockets use.
func (a *API) mountProbes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", a.getReady)
	mux.Handle("/ws", orNotFound(a.Socket))
	mux.Handle("GET /metrics", orNotFound(a.Metrics))
	mux.HandleFunc("GET /demo/token", a.getDemoToken)
	if a.Profile {
		mux.Handle("GET "+profilePath, a.guarded(profilePath, getProfile))
	}
}

// profilePath is where the runtime's profiles are; the access table names it like a procedure.
const profilePath = "/debug/pprof/"

// getProfile answers with one of the runtime's profiles, or with their list.
func getProfile(w http.ResponseWriter, r *http.Request) error {
	switch strings.TrimPrefix(r.URL.Path, profilePath) {
	case "cmdline":
		return &failure{kind: kindNotFound, message: "the command line is not shown: it may hold secrets"}
	case "profile":
		pprof.Profile(w, r)
	case "trace":
		pprof.Trace(w, r)
	default:
		pprof.Index(w, r)
	}
	return nil
}

// NotReady is why a server can't serve, in words that anybody may read.
type NotReady string

// Error is the reason.
func (e NotReady) Error() string { return string(e) }

// getReady answers 200 when the server can serve and 503 when it can't yet, or can't now. The reason is in the log, and in the answer when
// it is a NotReady.
func (a *API) getReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if err := a.Ready(ctx); err != nil {
		a.Log.WarnContext(ctx, "not ready", "error", err.Error())
		message := "not ready"
		if reason := NotReady(""); errors.As(err, &reason) {
			message += ": " + string(reason)
		}
		writeFailure(w, &failure{kind: kindUnavailable, message: message, retryAfter: defaultRetry})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}

// getDemoToken makes a token for any player, for the demo page of a development server.
func (a *API) getDemoToken(w http.ResponseWriter, r *http.Request) {
	if !a.Dev {
		writeFailure(w, &failure{kind: kindNotFound, message: "there is no such door"})
		return
	}
	err := refuseUnknown(r, []string{"user"})
	user := ""
	if err == nil {
		user, err = queryText(r, "user", maxUserID)
	}
	if err == nil && user == "" {
		err = badField("user", "must be the user id the token is for")
	}
	token := ""
	if err == nil {
		token, err = a.Identity.MintPlayerToken(user, 0)
	}
	if err != nil {
		writeFailure(w, hide(r.Context(), a.Log, "demo token", err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]string{"token": token})
}

func orNotFound(handler http.Handler) http.Handler {
	if handler != nil {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeFailure(w, &failure{kind: kindNotFound, message: "there is no such door"})
	})
}
