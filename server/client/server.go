package client

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// CallTimeout bounds one call.
const CallTimeout = 60 * time.Second

// Server is a running server and the key it knows us by.
type Server struct {
	// URL is where the server is, without a slash at its end.
	URL string
	// Key is an API key; empty when there is none.
	Key string
}

// At names a server. It finds an address that can't be one: callers would otherwise take it for a server that is away, and wait for it.
func At(address, key string) (Server, error) {
	address = strings.TrimRight(address, "/")
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		return Server{}, fmt.Errorf("url must be like http://127.0.0.1:8080, but is %q", address)
	}
	return Server{URL: address, Key: key}, nil
}

// RPC is the base of the services.
func (s Server) RPC() string { return s.URL + "/rpc" }

// HTTP makes a client that shows the key with each call.
func (s Server) HTTP() *http.Client {
	return &http.Client{Transport: keyTransport{s.Key, http.DefaultTransport}, Timeout: CallTimeout}
}

// keyTransport adds the API key to each call.
type keyTransport struct {
	key  string
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t keyTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t.key != "" {
		request = request.Clone(request.Context())
		request.Header.Set("Authorization", "Bearer "+t.key)
	}
	return t.next.RoundTrip(request)
}
