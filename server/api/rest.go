package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/word"
)

// maxParameterShown bounds how much of an unknown parameter's name is said back.
const maxParameterShown = 64

// answerTime bounds one REST call, from its first byte in to its last byte out: a caller who does not read holds nothing for longer.
const answerTime = 2 * time.Minute

// door is a REST handler that leaves its errors to the one place that words them.
type door func(w http.ResponseWriter, r *http.Request) error

// mountREST mounts the REST doors. Each is guarded by the procedure it stands for.
func (a *API) mountREST(mux *http.ServeMux) {
	mux.Handle("POST /v1/events", a.guarded(laurel.IngestServiceIngestProcedure, taking(eventParameters, a.postEvents)))
	mux.Handle("GET /v1/tournaments",
		openToOtherSites(a.guarded(laurel.ContestServiceListContestsProcedure, taking(tournamentParameters, a.getTournaments))))
	mux.Handle("GET /v1/leaderboards/{id}",
		openToOtherSites(a.guarded(laurel.LeaderboardServiceGetLeaderboardProcedure, taking(boardParameters, a.getLeaderboard))))
	for path, methods := range map[string]string{
		"/v1/events": "POST", "/v1/tournaments": "GET, HEAD, OPTIONS", "/v1/leaderboards/{id}": "GET, HEAD, OPTIONS",
	} {
		mux.Handle(path, notAllowed(methods))
	}
	mux.Handle("OPTIONS /v1/tournaments", openToOtherSites(http.NotFoundHandler()))
	mux.Handle("OPTIONS /v1/leaderboards/{id}", openToOtherSites(http.NotFoundHandler()))
	for _, path := range []string{"/v1", "/v1/"} { // without the first, the second would have it redirected to itself
		mux.Handle(path, orNotFound(nil))
	}
}

// guarded identifies and authorises the caller, counts the call, and words what goes wrong, panics included.
func (a *API) guarded(procedure string, next door) http.Handler {
	return a.identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		controller := http.NewResponseController(w)
		late := time.AfterFunc(answerTime, func() { _ = controller.SetWriteDeadline(aLongTimeAgo) })
		defer late.Stop()
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(value)
			}
			a.Log.ErrorContext(r.Context(), "panic", "where", procedure, "panic", value, "stack", string(debug.Stack()))
			writeFailure(w, &failure{kind: kindInternal, message: "something went wrong inside"})
		}()
		err := authorized(r.Context(), procedure)
		if err == nil {
			err = a.limits.takeCall(r.Context(), procedure)
		}
		if err == nil {
			err = next(w, r)
		}
		if err != nil {
			writeFailure(w, hide(r.Context(), a.Log, procedure, err))
		}
	}))
}

func notAllowed(methods string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", methods)
		writeFailure(w, &failure{kind: kindNotAllowed, message: "this door knows " + methods + ", not " + word.Clip(r.Method, 16)})
	})
}

// openToOtherSites lets pages of any origin read public answers. Cookies are not sent along then; a player token may be.
func openToOtherSites(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Expose-Headers", "ETag, Link, Retry-After")
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method == http.MethodOptions {
			header.Set("Access-Control-Allow-Methods", "GET, HEAD")
			header.Set("Access-Control-Allow-Headers", "Authorization, If-None-Match")
			header.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// restError is the shape of every REST error.
type restError struct {
	Error struct {
		Code    string      `json:"code"`
		Message string      `json:"message"`
		Details restDetails `json:"details"`
	} `json:"error"`
}

type restDetails struct {
	Field   string        `json:"field,omitempty"`
	Results []eventResult `json:"results,omitempty"`
}

// writeFailure is the one place that writes REST errors.
func writeFailure(w http.ResponseWriter, f *failure) {
	var body restError
	body.Error.Code, body.Error.Message = codes[f.kind].rpc.String(), f.Error()
	body.Error.Details = restDetails{Field: f.field, Results: f.results}
	header := w.Header()
	for _, of := range []string{"ETag", "Content-Encoding", "Content-Length"} {
		header.Del(of)
	}
	header.Set("Cache-Control", "no-store")
	if f.retryAfter > 0 {
		header.Set("Retry-After", retrySeconds(f.retryAfter))
	}
	if f.kind == kindUnauthenticated {
		header.Set("WWW-Authenticate", `Bearer realm="laurel"`)
	}
	writeJSON(w, codes[f.kind].http, body)
}

// writeJSON writes an answer that is known to encode.
func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		status, body = http.StatusInternalServerError,
			[]byte(`{"error":{"code":"internal","message":"the answer could not be written","details":{}}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// taking refuses a query with a parameter that the door does not know: a mistyped one would otherwise be a default that nobody asked for.
func taking(known []string, next door) door {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := refuseUnknown(r, known); err != nil {
			return err
		}
		return next(w, r)
	}
}

// refuseUnknown names the first parameter, by the alphabet, that is not known.
func refuseUnknown(r *http.Request, known []string) error {
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			return badField(word.Clip(name, maxParameterShown), "is not known: this door takes no parameters")
		default:
			return badField(word.Clip(name, maxParameterShown), "is not known: this door takes %s", strings.Join(known, ", "))
		}
	}
	return nil
}

func parseQuery(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badField("query", "can't be read: %s; write name=value&name=value and other characters as %%XX", err)
	}
	return query, nil
}

// queryText returns a parameter that may be there once, as text of at most limit bytes; empty when it is absent.
func queryText(r *http.Request, name string, limit int) (string, error) {
	query, err := parseQuery(r)
	if err != nil {
		return "", err
	}
	values := query[name]
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", badField(name, "must be there only once")
	case len(values[0]) > limit:
		return "", badField(name, "must be at most %d bytes, but has %d", limit, len(values[0]))
	case strings.ContainsRune(values[0], 0) || !utf8.ValidString(values[0]):
		return "", badField(name, "must be UTF-8 text without the NUL character")
	}
	return values[0], nil
}

// queryNumber returns a parameter that is a whole number from low to high; 0 when it is absent or empty.
func queryNumber(r *http.Request, name string, low, high int64) (int64, error) {
	text, err := queryText(r, name, 20)
	if err != nil || text == "" {
		return 0, err
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < low || number > high {
		return 0, badField(name, "must be a whole number from %d to %d", low, high)
	}
	return number, nil
}
