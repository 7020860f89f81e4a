package identity_test

import (
	"crypto/ed25519"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/db/signingkey"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestPlayerTokenOpensUntilItExpires(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		token, err := b.MintPlayerToken("u_123", time.Hour)
		require.NoError(t, err)
		caller, err := b.another(t).Authenticate(request(t, withBearer(token)))
		require.NoError(t, err)
		assert.Equal(t, identity.PlayerCaller, caller.Kind)
		assert.Equal(t, "u_123", caller.UserID)
		b.clock.advance(time.Hour + 29*time.Second)
		_, err = b.Authenticate(request(t, withBearer(token)))
		require.NoError(t, err, "clocks may differ by the leeway")
		b.clock.advance(2 * time.Second)
		_, err = b.Authenticate(request(t, withBearer(token)))
		require.ErrorIs(t, err, identity.ErrUnauthenticated)
	})
}

func TestMintPlayerTokenBounds(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	for _, each := range []struct {
		user, field string
		ttl         time.Duration
	}{
		{"", "user_id", 0}, {"\xff", "user_id", 0}, {"u", "ttl_seconds", 25 * time.Hour}, {"u", "ttl_seconds", -1},
	} {
		_, err := b.MintPlayerToken(each.user, each.ttl)
		var invalid *identity.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, each.field, invalid.Field)
	}
}

// TestForgedTokensAreRefused signs tokens in every way but the right one, some of them even with the installation's own key.
func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	b := setup(t, s)
	row, err := s.Ent().SigningKey.Query().Where(signingkey.Purpose("player_token")).Only(t.Context())
	require.NoError(t, err)
	own := ed25519.NewKeyFromSeed(row.Secret)
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	now := b.clock.now()
	claims := func(change ...func(*jwt.RegisteredClaims)) jwt.RegisteredClaims {
		c := jwt.RegisteredClaims{
			Issuer: "laurel", Audience: jwt.ClaimStrings{"laurel"}, Subject: "u_1",
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
		}
		for _, each := range change {
			each(&c)
		}
		return c
	}
	for name, each := range map[string]struct {
		method jwt.SigningMethod
		key    any
		kid    string
		claims jwt.RegisteredClaims
	}{
		"alg none":        {jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, row.ID, claims()},
		"HS256 of public": {jwt.SigningMethodHS256, []byte(own.Public().(ed25519.PublicKey)), row.ID, claims()},
		"stranger's key":  {jwt.SigningMethodEdDSA, stranger, row.ID, claims()},
		"unknown kid":     {jwt.SigningMethodEdDSA, own, "other", claims()},
		"no kid":          {jwt.SigningMethodEdDSA, own, "", claims()},
		"other audience": {jwt.SigningMethodEdDSA, own, row.ID,
			claims(func(c *jwt.RegisteredClaims) { c.Audience = jwt.ClaimStrings{"shop"} })},
		"no audience":  {jwt.SigningMethodEdDSA, own, row.ID, claims(func(c *jwt.RegisteredClaims) { c.Audience = nil })},
		"other issuer": {jwt.SigningMethodEdDSA, own, row.ID, claims(func(c *jwt.RegisteredClaims) { c.Issuer = "shop" })},
		"no expiry":    {jwt.SigningMethodEdDSA, own, row.ID, claims(func(c *jwt.RegisteredClaims) { c.ExpiresAt = nil })},
		"valid for a year": {jwt.SigningMethodEdDSA, own, row.ID,
			claims(func(c *jwt.RegisteredClaims) { c.ExpiresAt = jwt.NewNumericDate(now.AddDate(1, 0, 0)) })},
		"issued in future": {jwt.SigningMethodEdDSA, own, row.ID,
			claims(func(c *jwt.RegisteredClaims) { c.IssuedAt = jwt.NewNumericDate(now.Add(time.Minute)) })},
		"without a player": {jwt.SigningMethodEdDSA, own, row.ID, claims(func(c *jwt.RegisteredClaims) { c.Subject = "" })},
		"expired a year ago": {jwt.SigningMethodEdDSA, own, row.ID,
			claims(func(c *jwt.RegisteredClaims) { c.ExpiresAt = jwt.NewNumericDate(now.AddDate(-1, 0, 0)) })},
	} {
		token := jwt.NewWithClaims(each.method, each.claims)
		token.Header["kid"] = each.kid
		signed, err := token.SignedString(each.key)
		require.NoError(t, err, name)
		_, _, err = b.VerifyPlayerToken(signed)
		require.ErrorIs(t, err, identity.ErrUnauthenticated, name)
	}
	right := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims())
	right.Header["kid"] = row.ID
	signed, err := right.SignedString(own)
	require.NoError(t, err)
	_, _, err = b.VerifyPlayerToken(signed)
	require.NoError(t, err, "the forgeries above must differ from this one only in what they name")
}

func TestKeysAreMadeOnceWhoeverComesFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		settings := setup(t, storetest.Open(t, store.SQLite)).settings
		settings = onto(settings, s)
		const processes = 8
		services := make([]*identity.Service, processes)
		errs := make([]error, processes)
		var wait sync.WaitGroup
		for i := range processes {
			wait.Go(func() { services[i], errs[i] = identity.Open(t.Context(), settings) })
		}
		wait.Wait()
		for i := range processes {
			require.NoError(t, errs[i])
			token, err := services[i].MintPlayerToken("u_1", 0)
			require.NoError(t, err)
			_, _, err = services[(i+1)%processes].VerifyPlayerToken(token)
			require.NoError(t, err)
			assert.Equal(t, services[0].PlayerKey("u_1"), services[i].PlayerKey("u_1"))
		}
		count, err := s.Ent().SigningKey.Query().Count(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2, count)
	})
}
