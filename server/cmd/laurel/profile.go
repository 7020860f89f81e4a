package main

import (
	"net/http"
	"net/http/pprof"

	"github.com/laurelhq/laurel/server/identity"
)

// withProfile serves /debug/pprof to API keys with the scope admin, and everything else as before.
func withProfile(next http.Handler, people *identity.Service) http.Handler {
	profiles := http.NewServeMux()
	profiles.HandleFunc("/debug/pprof/", pprof.Index)
	profiles.HandleFunc("/debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := profiles.Handler(r); pattern == "" {
			next.ServeHTTP(w, r)
			return
		}
		caller, err := people.Authenticate(r)
		if err != nil || !caller.HasScope(identity.ScopeAdmin) {
			http.Error(w, "profiles need an API key with the scope admin", http.StatusForbidden)
			return
		}
		profiles.ServeHTTP(w, r)
	})
}
