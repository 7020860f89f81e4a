package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// TestUnknownProceduresAreToldInEachProtocol calls what does not exist as each client does, with a message and with a stream.
func TestUnknownProceduresAreToldInEachProtocol(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, protocol := range protocols {
		for _, procedure := range []string{"/laurel.v1.ContestService/ListContest", "/laurel.v1.ContstService/ListContests"} {
			for _, get := range []bool{false, true} {
				options := append([]connect.ClientOption{connect.WithIdempotency(connect.IdempotencyNoSideEffects)}, protocol.options...)
				if get {
					options = append(options, connect.WithHTTPGet())
				}
				caller := connect.NewClient[laurelv1.ListContestsRequest, laurelv1.ListContestsResponse](client(t, "", protocol.http2),
					b.url+protocol.prefix+procedure, options...)
				_, err := caller.CallUnary(t.Context(), connect.NewRequest(&laurelv1.ListContestsRequest{}))
				require.Equal(t, connect.CodeUnimplemented, connect.CodeOf(err), "%s: %v", name, err)
				require.ErrorContains(t, err, "did you mean laurel.v1.ContestService/ListContests", name)
			}
		}
		caller := connect.NewClient[laurelv1.IngestStreamRequest, laurelv1.IngestStreamResponse](client(t, "", true),
			b.url+protocol.prefix+"/laurel.v1.IngestService/IngestStreams", protocol.options...)
		stream := caller.CallClientStream(t.Context())
		_, err := stream.CloseAndReceive()
		require.Equal(t, connect.CodeUnimplemented, connect.CodeOf(err), "%s: %v", name, err)
	}
}

// TestUnknownProceduresAreToldInJSON calls them without a client, and looks at the paths around them.
func TestUnknownProceduresAreToldInJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const meant = "; did you mean laurel.v1."
	for path, want := range map[string]string{
		"/rpc/laurel.v1.CatalogService/GetDefinitions":   meant + "CatalogService/GetDefinition or laurel.v1.CatalogService/ListDefinitions?",
		"/laurel.v1.CatalogService/getdefinition":        meant + "CatalogService/GetDefinition or",
		"/rpc/laurel.v1.CatalogService/GetContest":       meant + "ContestService/GetContest?",
		"/rpc/laurel.v1.Catalog/GetDefinition":           meant + "CatalogService/GetDefinition or",
		"/rpc/laurel.v1.NoSuchThing/Frobnicate":          "there is no procedure laurel.v1.NoSuchThing/Frobnicate",
		"/laurel.v1.IngestService":                       "there is no procedure laurel.v1.IngestService",
		"/laurel.v1.IngestService/":                      "there is no procedure laurel.v1.IngestService/",
		"/rpc/":                                          "there is no procedure ",
		"/rpc/x/%FF" + strings.Repeat("y", 1000):         "there is no procedure x/?yyy",
		"/rpc/debug/pprof":                               "there is no procedure debug/pprof",
		"/rpc/laurel.v1.ContestService/ListContests/":    meant + "ContestService/ListContests?",
		"/rpc/rpc/laurel.v1.ContestService/ListContests": "there is no procedure rpc/laurel.v1.ContestService/ListContests",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
			got := b.call(t, method, path, strings.NewReader("{}"), "Content-Type", "application/json")
			assert.Equal(t, http.StatusNotImplemented, got.status, "%s %s", method, path)
			assert.Equal(t, "application/json", got.header.Get("Content-Type"))
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			var said struct{ Code, Message string }
			require.NoError(t, json.Unmarshal(got.body, &said), "%s", got.body)
			assert.Equal(t, "unimplemented", said.Code)
			assert.Contains(t, said.Message, want)
		}
	}
	assert.Equal(t, http.StatusNotFound, b.get(t, "/rpcs").status)
	assert.Equal(t, http.StatusNotFound, b.get(t, "/v1/laurel.v1.ContestService/ListContests").status)
	assert.Equal(t, http.StatusOK, b.call(t, http.MethodPost, "/rpc/laurel.v1.ContestService/ListContests", strings.NewReader("{}"),
		"Content-Type", "application/json").status)
}
