package identity_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// FuzzCredentials sends anything as a credential: nobody gets in, and nothing but a refusal comes out.
func FuzzCredentials(f *testing.F) {
	b := setup(f, storetest.Open(f, store.SQLite))
	for _, seed := range []string{"", "Bearer ", "Bearer lk_a_b", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0.", "bearer\tx",
		"Basic eA=="} {
		f.Add(seed, "laurel_session=x")
	}
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		r := request(t)
		r.Header = http.Header{"Cookie": {cookie}}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		caller, err := b.Authenticate(r)
		if err != nil {
			require.ErrorIs(t, err, identity.ErrUnauthenticated)
		}
		require.Equal(t, identity.Anonymous, caller.Kind)
	})
}

// FuzzPublicNames: a name that is taken is short, clean, and stays as it is when it is sent again.
func FuzzPublicNames(f *testing.F) {
	b := setup(f, storetest.Open(f, store.SQLite))
	for _, seed := range []string{"Anna", "مهسا‌جان", "a\u202eb", "e\u0301\u0301\u0301", "  x  ", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		shown, err := b.SetPublicName(t.Context(), "u_1", name)
		if err != nil {
			var invalid *identity.InvalidError
			require.ErrorAs(t, err, &invalid)
			return
		}
		require.True(t, utf8.ValidString(shown.Name))
		require.LessOrEqual(t, utf8.RuneCountInString(shown.Name), 40)
		require.False(t, strings.ContainsAny(shown.Name, "\n\r\x00\u202e\u2066\u200f"))
		again, err := b.SetPublicName(t.Context(), "u_1", shown.Name)
		require.NoError(t, err)
		require.Equal(t, shown, again)
	})
}

// FuzzForwardedFor: what a stranger writes into the header never changes his address.
func FuzzForwardedFor(f *testing.F) {
	proxies, err := identity.ParseProxies([]string{"10.0.0.0/8"})
	require.NoError(f, err)
	f.Add("203.0.113.9, 10.0.0.2")
	f.Add("::1%eth0,,")
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := request(t)
		r.Header["X-Forwarded-For"] = []string{forwarded}
		require.Equal(t, "192.0.2.7", proxies.PeerAddress(r).String())
		r.RemoteAddr = "10.0.0.1:1"
		require.True(t, proxies.PeerAddress(r).IsValid())
		r.Header["X-Forwarded-For"] = []string{forwarded, "198.51.100.3"}
		require.Equal(t, "198.51.100.3", proxies.PeerAddress(r).String(), "the entry our own proxy wrote is the one that counts")
	})
}
