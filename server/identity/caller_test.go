package identity_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
)

func TestPeerAddressBelievesListedProxiesOnly(t *testing.T) {
	t.Parallel()
	proxies, err := identity.ParseProxies([]string{"10.0.0.0/8", "2001:db8::1"})
	require.NoError(t, err)
	for name, each := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"no proxy":                     {"203.0.113.9:1", nil, "203.0.113.9"},
		"forged by a stranger":         {"203.0.113.9:1", []string{"10.0.0.1"}, "203.0.113.9"},
		"one proxy":                    {"10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"forged entry left of a proxy": {"10.0.0.1:1", []string{"192.0.2.66, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":                  {"10.0.0.1:1", []string{"203.0.113.9, 10.2.3.4"}, "203.0.113.9"},
		"two headers":                  {"10.0.0.1:1", []string{"192.0.2.66", "203.0.113.9"}, "203.0.113.9"},
		"proxy without header":         {"10.0.0.1:1", nil, "10.0.0.1"},
		"rubbish in the header":        {"10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		"mapped address":               {"[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"proxy by single address":      {"[2001:db8::1]:1", []string{"2001:db8::99"}, "2001:db8::99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t)
			r.RemoteAddr = each.remote
			r.Header["X-Forwarded-For"] = each.forwarded
			assert.Equal(t, each.want, proxies.PeerAddress(r).String())
		})
	}
}

func TestSecureBelievesListedProxiesOnly(t *testing.T) {
	t.Parallel()
	proxies, err := identity.ParseProxies([]string{"10.0.0.1"})
	require.NoError(t, err)
	https := func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }
	assert.False(t, proxies.Secure(request(t, https)))
	assert.True(t, proxies.Secure(request(t, https, func(r *http.Request) { r.RemoteAddr = "10.0.0.1:1" })))
}

func TestParseProxiesNamesTheEntry(t *testing.T) {
	t.Parallel()
	_, err := identity.ParseProxies([]string{"10.0.0.0/8", "load-balancer"})
	require.ErrorContains(t, err, `"load-balancer"`)
}

func TestWhoSeesUserIDs(t *testing.T) {
	t.Parallel()
	for _, each := range []struct {
		name   string
		caller identity.Caller
		all    bool
		own    bool
	}{
		{"anonymous", identity.Caller{}, false, false},
		{"anonymous with an id set by mistake", identity.Caller{UserID: "u_1", Scopes: identity.Scopes(), Roles: identity.Roles()}, false, false},
		{"player", identity.Caller{Kind: identity.PlayerCaller, UserID: "u_1"}, false, true},
		{"ingest key", identity.Caller{Kind: identity.APIKeyCaller, Scopes: []identity.Scope{identity.ScopeIngest}}, false, false},
		{"read key", identity.Caller{Kind: identity.APIKeyCaller, Scopes: []identity.Scope{identity.ScopeRead}}, true, true},
		{"operator", identity.Caller{Kind: identity.OperatorCaller, Roles: []identity.Role{identity.RoleViewer}}, true, true},
	} {
		assert.Equal(t, each.all, each.caller.SeesUserIDs(), each.name)
		assert.Equal(t, each.own, each.caller.Sees("u_1"), each.name)
		assert.Equal(t, each.all, each.caller.Sees("u_2"), each.name)
	}
}
