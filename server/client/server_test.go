package client_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/client"
)

func TestAddressIsOneOfAServer(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "laurel", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http:///rpc"} {
		_, err := client.At(address, "k")
		require.ErrorContains(t, err, "url must be like http://127.0.0.1:8080", address)
	}
	server, err := client.At("https://laurel.example//", "k")
	require.NoError(t, err)
	require.Equal(t, "https://laurel.example/rpc", server.RPC())
}

func TestEachCallShowsTheKey(t *testing.T) {
	t.Parallel()
	shown := make(chan string, 2)
	front := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shown <- r.Header.Get("Authorization") }))
	t.Cleanup(front.Close)
	for key, want := range map[string]string{"k": "Bearer k", "": ""} {
		server, err := client.At(front.URL, key)
		require.NoError(t, err)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.RPC(), nil)
		require.NoError(t, err)
		response, err := server.HTTP().Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, <-shown)
		require.Empty(t, request.Header, "the caller's request stays as it is")
	}
}
