package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect"

	"github.com/laurelhq/laurel/server/word"
)

const (
	// contractPrefix begins the path of every procedure of the contracts.
	contractPrefix = "/laurel.v1."
	serviceEnd     = "Service"
	// maxProcedureShown bounds how much of an unknown procedure's name is said back, and maxProceduresShown how many near ones are told.
	maxProcedureShown, maxProceduresShown = 128, 3
)

// withKnownProcedures answers calls of procedures that do not exist, whatever their HTTP method, in the words of the caller's protocol:
// Connect, gRPC or gRPC-Web. The RPC library would answer in plain text, which no client reads.
func withKnownProcedures(next http.Handler) http.Handler {
	words := connect.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		procedure, called := strings.CutPrefix(r.URL.Path, rpcPrefix+"/")
		if called {
			procedure = "/" + procedure
		} else {
			procedure, called = r.URL.Path, strings.HasPrefix(r.URL.Path, contractPrefix)
		}
		if _, known := accessTable[procedure]; known || !called {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		// It fails when the caller is gone.
		_ = words.Write(w, r, connect.NewError(connect.CodeUnimplemented, errors.New(unknownProcedure(procedure))))
	})
}

// unknownProcedure says that a procedure does not exist, and which ones may be meant.
func unknownProcedure(procedure string) string {
	text := "there is no procedure " + word.Clip(strings.TrimPrefix(procedure, "/"), maxProcedureShown)
	near := nearProcedures(procedure)
	if len(near) == 0 {
		return text
	}
	return fmt.Sprintf("%s; did you mean %s?", text, strings.Join(near[:min(len(near), maxProceduresShown)], " or "))
}

// nearProcedures are those of the service that is named, or of ones that are called alike, whose methods are called alike; else those of
// any service with just this method.
func nearProcedures(procedure string) (near []string) {
	methods := map[string][]string{} // of each service, by what its name says beside laurel.v1 and Service
	for _, known := range slices.Sorted(maps.Keys(accessTable)) {
		if service, method, ok := parted(known); ok {
			methods[service] = append(methods[service], method)
		}
	}
	service, method, _ := parted(procedure)
	services := word.Nearest(service, slices.Sorted(maps.Keys(methods)))
	if methods[service] != nil {
		services = []string{service}
	}
	for _, service := range services {
		for _, meant := range word.Nearest(method, methods[service]) {
			near = append(near, whole(service, meant))
		}
	}
	if len(near) > 0 {
		return near
	}
	for _, service := range slices.Sorted(maps.Keys(methods)) {
		if slices.Contains(methods[service], method) {
			near = append(near, whole(service, method))
		}
	}
	return near
}

// parted takes /laurel.v1.CatalogService/GetDefinition apart into Catalog and GetDefinition.
func parted(procedure string) (service, method string, ok bool) {
	rest, ok := strings.CutPrefix(procedure, contractPrefix)
	service, method, _ = strings.Cut(rest, "/")
	return strings.TrimSuffix(service, serviceEnd), method, ok
}

// whole is the name of a procedure without the slash before it.
func whole(service, method string) string {
	return strings.TrimPrefix(contractPrefix, "/") + service + serviceEnd + "/" + method
}
