package identity_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const password = "correct horse"

var desk = identity.SignInAttempt{Name: "ana", Password: password, Address: netip.MustParseAddr("192.0.2.7")}

// signIn makes ana, signs her in and returns her cookie.
func signIn(t *testing.T, b *bundle) *http.Cookie {
	t.Helper()
	require.NoError(t, b.EnsureOperator(t.Context(), "ana", password, []identity.Role{identity.RoleReviewer}))
	operator, cookie, err := b.SignIn(t.Context(), desk)
	require.NoError(t, err)
	require.Equal(t, identity.Operator{Name: "ana", Roles: []identity.Role{identity.RoleReviewer}}, operator)
	return cookie
}

func TestSessionLastsUntilSignOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		cookie := signIn(t, b)
		assert.True(t, cookie.HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		assert.False(t, cookie.Secure)

		caller, err := b.another(t).Authenticate(request(t, withCookie(cookie)))
		require.NoError(t, err)
		assert.Equal(t, identity.OperatorCaller, caller.Kind)
		assert.Equal(t, "ana", caller.ID)
		assert.True(t, caller.HasRole(identity.RoleReviewer))
		assert.False(t, caller.HasRole(identity.RoleAdmin))

		ids, err := s.Ent().Session.Query().IDs(t.Context())
		require.NoError(t, err)
		require.Len(t, ids, 1)
		assert.NotEqual(t, cookie.Value, ids[0], "only the hash of the token is stored")

		cleared, err := b.SignOut(t.Context(), caller)
		require.NoError(t, err)
		assert.Negative(t, cleared.MaxAge)
		caller, err = b.Authenticate(request(t, withCookie(cookie)))
		require.NoError(t, err)
		assert.Equal(t, identity.Anonymous, caller.Kind)
	})
}

func TestSecureConnectionGetsSecureCookie(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	require.NoError(t, b.EnsureOperator(t.Context(), "ana", password, identity.Roles()))
	attempt := desk
	attempt.Secure = true
	_, cookie, err := b.SignIn(t.Context(), attempt)
	require.NoError(t, err)
	assert.True(t, cookie.Secure)
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s, func(s *identity.Settings) { s.SessionIdle, s.SessionAbsolute = time.Hour, 3*time.Hour })
		kind := func(cookie *http.Cookie) identity.Kind {
			caller, err := b.Authenticate(request(t, withCookie(cookie)))
			require.NoError(t, err)
			return caller.Kind
		}
		idle := signIn(t, b)
		used := signIn(t, b)
		for range 3 {
			b.clock.advance(50 * time.Minute)
			assert.Equal(t, identity.OperatorCaller, kind(used), "use keeps a session alive")
		}
		assert.Equal(t, identity.Anonymous, kind(idle), "an unused session ends after the idle time")
		b.clock.advance(31 * time.Minute)
		assert.Equal(t, identity.Anonymous, kind(used), "no session outlives the absolute time")
		signIn(t, b)
		count, err := s.Ent().Session.Query().Count(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, count, "expired sessions are swept")
	})
}

func TestCookieCountsOnlyFromOurOwnPages(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	cookie := signIn(t, b)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	get := func(r *http.Request) { r.Method = http.MethodGet }
	for _, each := range []struct {
		name   string
		change []func(*http.Request)
		want   identity.Kind
	}{
		{"same origin", []func(*http.Request){header("Sec-Fetch-Site", "same-origin")}, identity.OperatorCaller},
		{"typed by hand", []func(*http.Request){header("Sec-Fetch-Site", "none"), get}, identity.OperatorCaller},
		{"old browser, same host", []func(*http.Request){header("Origin", "http://laurel.example")}, identity.OperatorCaller},
		{"cross-site post", []func(*http.Request){header("Sec-Fetch-Site", "cross-site")}, identity.Anonymous},
		{"cross-site get", []func(*http.Request){header("Sec-Fetch-Site", "cross-site"), get}, identity.Anonymous},
		{"sibling domain", []func(*http.Request){header("Sec-Fetch-Site", "same-site")}, identity.Anonymous},
		{"old browser, other host", []func(*http.Request){header("Origin", "http://evil.example")}, identity.Anonymous},
	} {
		caller, err := b.Authenticate(request(t, append(each.change, withCookie(cookie))...))
		require.NoError(t, err, each.name)
		assert.Equal(t, each.want, caller.Kind, each.name)
	}
	caller, err := b.Authenticate(request(t, withCookie(&http.Cookie{Name: cookie.Name, Value: "forged"})))
	require.NoError(t, err)
	assert.Equal(t, identity.Anonymous, caller.Kind)
}

func TestChangedPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		other := b.another(t)
		cookie := signIn(t, b)
		caller, err := other.Authenticate(request(t, withCookie(cookie)))
		require.NoError(t, err)
		require.Equal(t, identity.OperatorCaller, caller.Kind)

		require.NoError(t, b.EnsureOperator(t.Context(), "ana", password, []identity.Role{identity.RoleViewer}))
		b.clock.advance(5 * time.Second)
		caller, err = other.Authenticate(request(t, withCookie(cookie)))
		require.NoError(t, err)
		assert.Equal(t, []identity.Role{identity.RoleViewer}, caller.Roles, "new roles hold without signing in again")

		require.NoError(t, b.EnsureOperator(t.Context(), "ana", "another password", []identity.Role{identity.RoleViewer}))
		b.clock.advance(5 * time.Second)
		caller, err = other.Authenticate(request(t, withCookie(cookie)))
		require.NoError(t, err)
		assert.Equal(t, identity.Anonymous, caller.Kind)
		_, _, err = b.SignIn(t.Context(), desk)
		require.ErrorIs(t, err, identity.ErrUnauthenticated)
	})
}

func TestWrongNameAndWrongPasswordLookAlike(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	signIn(t, b)
	wrong, unknown := desk, desk
	wrong.Password, unknown.Name = "wrong", "bob"
	_, _, wrongErr := b.SignIn(t.Context(), wrong)
	_, _, unknownErr := b.SignIn(t.Context(), unknown)
	require.ErrorIs(t, wrongErr, identity.ErrUnauthenticated)
	require.ErrorIs(t, unknownErr, identity.ErrUnauthenticated)
	assert.Equal(t, wrongErr.Error(), unknownErr.Error())
}

func TestFailedSignInsAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	signIn(t, b)
	for range 30 {
		_, _, err := b.SignIn(t.Context(), desk)
		require.NoError(t, err, "a right password is never limited")
	}
	wrong := desk
	wrong.Password = "wrong"
	for range 10 {
		_, _, err := b.SignIn(t.Context(), wrong)
		require.ErrorIs(t, err, identity.ErrUnauthenticated)
	}
	var limit *identity.LimitError
	_, _, err := b.SignIn(t.Context(), desk)
	require.ErrorAs(t, err, &limit, "even the right password waits now")
	assert.Equal(t, 10*time.Second, limit.RetryAfter)

	elsewhere := desk
	elsewhere.Address = netip.MustParseAddr("198.51.100.9")
	_, _, err = b.SignIn(t.Context(), elsewhere)
	require.NoError(t, err, "a stranger's failures do not lock the operator out")

	b.clock.advance(limit.RetryAfter)
	_, _, err = b.SignIn(t.Context(), desk)
	require.NoError(t, err)
}

func TestFailuresOverManyNamesAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	attempt := identity.SignInAttempt{Password: "wrong"}
	var limit *identity.LimitError
	var err error
	for i := range 41 {
		attempt.Name = "name" + string(rune('A'+i))
		attempt.Address = netip.MustParseAddr("2001:db8::").Next() // one household has the whole /64
		_, _, err = b.SignIn(t.Context(), attempt)
	}
	require.ErrorAs(t, err, &limit)
}

func TestEnsureOperatorNamesTheField(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	for _, each := range []struct {
		name, password, field string
		roles                 []identity.Role
	}{
		{"", password, "name", identity.Roles()},
		{"a b", password, "name", identity.Roles()},
		{"ana", "short", "password", identity.Roles()},
		{"ana", password, "roles", nil},
		{"ana", password, "roles", []identity.Role{"root"}},
	} {
		err := b.EnsureOperator(t.Context(), each.name, each.password, each.roles)
		var invalid *identity.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, each.field, invalid.Field)
	}
}
