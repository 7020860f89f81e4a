package identity_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
	})
	for _, rubbish := range []string{"", "x", "!!!", "AAAA"} {
		_, ok := one.Unseal(rubbish)
		assert.False(t, ok)
	}
}
