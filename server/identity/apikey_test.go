package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestAPIKeyOpensAndRevocationHolds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		other := b.another(t)
		key, bearer, err := b.CreateAPIKey(t.Context(), "game server", "", []identity.Scope{identity.ScopeIngest})
		require.NoError(t, err)
		require.Regexp(t, `^lk_[a-z2-7]{16}_[a-z2-7]{52}$`, bearer)

		for _, service := range []*identity.Service{b.Service, other} {
			caller, err := service.Authenticate(request(t, withBearer(bearer)))
			require.NoError(t, err)
			assert.Equal(t, identity.APIKeyCaller, caller.Kind)
			assert.Equal(t, key.ID, caller.ID)
			assert.True(t, caller.HasScope(identity.ScopeIngest))
			assert.False(t, caller.HasScope(identity.ScopeRead))
			assert.Equal(t, "192.0.2.7", caller.Address.String())
		}

		require.NoError(t, b.RevokeAPIKey(t.Context(), key.ID))
		require.NoError(t, b.RevokeAPIKey(t.Context(), key.ID), "revoking twice is no error")
		_, err = b.Authenticate(request(t, withBearer(bearer)))
		require.ErrorIs(t, err, identity.ErrUnauthenticated)
		b.clock.advance(5 * time.Second)
		_, err = other.Authenticate(request(t, withBearer(bearer)))
		require.ErrorIs(t, err, identity.ErrUnauthenticated, "another process must follow within five seconds")

		keys, err := b.ListAPIKeys(t.Context(), identity.KeyListing{Listing: store.Listing{Limit: 10}})
		require.NoError(t, err)
		require.Len(t, keys, 1)
		assert.False(t, keys[0].RevokedAt.IsZero())
		require.ErrorIs(t, b.RevokeAPIKey(t.Context(), "nobody"), identity.ErrNotFound)
	})
}

func TestOnlyTheHashOfASecretIsStored(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	b := setup(t, s)
	key, bearer, err := b.CreateAPIKey(t.Context(), "game server", "", []identity.Scope{identity.ScopeIngest})
	require.NoError(t, err)
	row, err := s.Ent().ApiKey.Get(t.Context(), key.ID)
	require.NoError(t, err)
	assert.Len(t, row.SecretHash, 32)
	secret := bearer[strings.LastIndex(bearer, "_")+1:]
	assert.NotContains(t, string(row.SecretHash), secret)
}

func TestWrongBearersAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite), func(s *identity.Settings) { s.DevAPIKey = "k" })
	_, bearer, err := b.CreateAPIKey(t.Context(), "game server", "", identity.Scopes())
	require.NoError(t, err)
	for _, wrong := range []string{
		"", "x", "K", "k2", bearer + "a", bearer[:len(bearer)-1], bearer[:len(bearer)-1] + "!", strings.ToUpper(bearer),
		"lk_aaaaaaaaaaaaaaaa_" + bearer[20:], "lk__", "lk_", strings.Repeat("x", 5000),
	} {
		_, err := b.Authenticate(request(t, withBearer(wrong)))
		require.ErrorIs(t, err, identity.ErrUnauthenticated, "%q", wrong)
	}
	basic := request(t)
	basic.Header.Set("Authorization", "Basic azpr")
	_, err = b.Authenticate(basic)
	require.ErrorIs(t, err, identity.ErrUnauthenticated)
	twice := request(t, withBearer("k"))
	twice.Header.Add("Authorization", "Bearer k")
	_, err = b.Authenticate(twice)
	require.ErrorIs(t, err, identity.ErrUnauthenticated)
}

func TestDevKeyOnlyWhenHandedIn(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	caller, err := setup(t, s, func(s *identity.Settings) { s.DevAPIKey = "k" }).Authenticate(request(t, withBearer("k")))
	require.NoError(t, err)
	assert.Equal(t, identity.Scopes(), caller.Scopes)
	_, err = setup(t, s).Authenticate(request(t, withBearer("k")))
	require.ErrorIs(t, err, identity.ErrUnauthenticated)
}

func TestCreateAPIKeyNamesTheField(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	for _, each := range []struct {
		name, source, field string
		scopes              []identity.Scope
	}{
		{"", "", "name", identity.Scopes()},
		{strings.Repeat("n", 65), "", "name", identity.Scopes()},
		{"till\n1", "", "name", identity.Scopes()},
		{"till \u202e1", "", "name", identity.Scopes()},
		{"\u200b", "", "name", identity.Scopes()},
		{"n", "", "scopes", nil},
		{"n", "", "scopes", []identity.Scope{"everything"}},
		{"n", "Acme", "source", identity.Scopes()},
		{"n", "7up", "source", identity.Scopes()},
		{"n", "laurel", "source", identity.Scopes()},
		{"n", strings.Repeat("n", 33), "source", identity.Scopes()},
	} {
		_, _, err := b.CreateAPIKey(t.Context(), each.name, each.source, each.scopes)
		var invalid *identity.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, each.field, invalid.Field)
	}
}
