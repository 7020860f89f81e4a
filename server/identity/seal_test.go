package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestSealedValuesComeBackAndCannotBeChanged(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	one := setup(t, s)
	other := one.another(t)
	elsewhere := setup(t, storetest.Open(t, store.SQLite))
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "value")
		sealed := one.Seal(value)
		require.Equal(rt, sealed, one.Seal(value))
		opened, ok := other.Unseal(sealed)
		require.True(rt, ok)
		require.Equal(rt, string(value), string(opened))
		_, ok = elsewhere.Unseal(sealed)
		require.False(rt, ok)

		changed := []byte(sealed)
		at := rapid.IntRange(0, len(changed)-1).Draw(rt, "at")
		if changed[at] == 'A' {
			changed[at] = 'B'
		} else {
			changed[at] = 'A'
		}
		_, ok = one.Unseal(string(changed))
		require.False(rt, ok)

		extra := rapid.SampledFrom([]string{"\n", "\r\n", "\r", " ", "\t", "=", "A"}).Draw(rt, "extra")
		_, ok = one.Unseal(sealed[:at] + extra + sealed[at:])
		require.False(rt, ok, "%q inside", extra)
		_, ok = one.Unseal(sealed + extra)
		require.False(rt, ok, "%q behind", extra)
	})
	for _, rubbish := range []string{"", "x", "!!!", "AAAA"} {
		_, ok := one.Unseal(rubbish)
		assert.False(t, ok)
	}
}

// TestCredentialsComeBackAsTheyWereGivenOut adds to a token and a key what decoders pass over.
func TestCredentialsComeBackAsTheyWereGivenOut(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	token, err := b.MintPlayerToken("u_1", time.Hour)
	require.NoError(t, err)
	_, key, err := b.CreateAPIKey(t.Context(), "till", "", []identity.Scope{identity.ScopeRead})
	require.NoError(t, err)
	for _, bearer := range []string{token, key} {
		_, err := b.Authenticate(request(t, withBearer(bearer)))
		require.NoError(t, err)
		for _, extra := range []string{"\n", "\r\n", "\r", " ", "\t", "=", "."} {
			for _, at := range []int{len(bearer), len(bearer) - 1, len(bearer) / 2} {
				_, err := b.Authenticate(request(t, withBearer(bearer[:at]+extra+bearer[at:])))
				require.ErrorIs(t, err, identity.ErrUnauthenticated, "%q at %d", extra, at)
			}
		}
	}
}
