package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestRenewEndsWithTheCredential(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite), func(s *identity.Settings) { s.DevAPIKey = "k" })
	require.NoError(t, b.EnsureOperator(t.Context(), "ada", "correct horse", []identity.Role{identity.RoleViewer}))
	_, cookie, err := b.SignIn(t.Context(), identity.SignInAttempt{Name: "ada", Password: "correct horse"})
	require.NoError(t, err)
	operator, err := b.Authenticate(request(t, withCookie(cookie)))
	require.NoError(t, err)
	key, bearer, err := b.CreateAPIKey(t.Context(), "shop", "", []identity.Scope{identity.ScopeRead})
	require.NoError(t, err)
	system, err := b.Authenticate(request(t, withBearer(bearer)))
	require.NoError(t, err)
	token, err := b.MintPlayerToken("u_1", time.Minute)
	require.NoError(t, err)
	player, err := b.Authenticate(request(t, withBearer(token)))
	require.NoError(t, err)
	assert.Equal(t, b.clock.now().Add(time.Minute).Unix(), player.Expires.Unix())
	dev, err := b.Authenticate(request(t, withBearer("k")))
	require.NoError(t, err)
	everyone := []identity.Caller{operator, system, player, dev, {}}
	for _, caller := range everyone {
		require.NoError(t, b.Renew(t.Context(), caller))
	}

	_, err = b.SignOut(t.Context(), operator)
	require.NoError(t, err)
	require.NoError(t, b.RevokeAPIKey(t.Context(), key.ID))
	b.clock.advance(2 * time.Minute)
	for i, over := range []bool{true, true, true, false, false} {
		err := b.Renew(t.Context(), everyone[i])
		if over {
			require.ErrorIs(t, err, identity.ErrUnauthenticated, everyone[i].Kind)
			continue
		}
		require.NoError(t, err)
	}
}

// TestRenewIsNoUse proves that a page left open does not keep a session alive for ever.
func TestRenewIsNoUse(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite), func(s *identity.Settings) { s.SessionIdle = 10 * time.Minute })
	require.NoError(t, b.EnsureOperator(t.Context(), "ada", "correct horse", []identity.Role{identity.RoleViewer}))
	_, cookie, err := b.SignIn(t.Context(), identity.SignInAttempt{Name: "ada", Password: "correct horse"})
	require.NoError(t, err)
	operator, err := b.Authenticate(request(t, withCookie(cookie)))
	require.NoError(t, err)
	b.clock.advance(9 * time.Minute)
	require.NoError(t, b.Renew(t.Context(), operator))
	b.clock.advance(2 * time.Minute)
	require.ErrorIs(t, b.Renew(t.Context(), operator), identity.ErrUnauthenticated)
}
