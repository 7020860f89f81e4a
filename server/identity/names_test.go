package identity_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

var (
	pseudonymForm = regexp.MustCompile(`^[A-Z][a-z]+ [A-Z][a-z]+ \d{4}$`)
	keyForm       = regexp.MustCompile(`^[a-z2-7]{16}$`)
)

func TestPseudonymsAreStableDistinctAndTellNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one := setup(t, s)
		other := one.another(t)
		elsewhere := setup(t, storetest.Open(t, s.Dialect()))
		rapid.Check(t, func(rt *rapid.T) {
			ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[ -~]{1,40}`), 1, 8, rapid.ID[string]).Draw(rt, "ids")
			names, err := one.Names(t.Context(), ids)
			require.NoError(rt, err)
			again, err := other.Names(t.Context(), ids)
			require.NoError(rt, err)
			require.Equal(rt, names, again, "two processes must show the same")
			foreign, err := elsewhere.Names(t.Context(), ids)
			require.NoError(rt, err)
			keys := map[string]bool{}
			for i, name := range names {
				require.Regexp(rt, keyForm, name.Key)
				require.Regexp(rt, pseudonymForm, name.Name)
				require.Equal(rt, name.Key, one.PlayerKey(ids[i]))
				require.NotEqual(rt, name.Key, foreign[i].Key, "another installation must show other keys")
				keys[name.Key] = true
			}
			require.Len(rt, keys, len(ids))
		})
	})
}

func TestPublicNameReplacesThePseudonym(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		other := b.another(t)
		before, err := other.Names(t.Context(), []string{"u_1"})
		require.NoError(t, err)

		shown, err := b.SetPublicName(t.Context(), "u_1", "  Zoë  ")
		require.NoError(t, err)
		assert.Equal(t, identity.PublicName{Key: before[0].Key, Name: "Zoë"}, shown)
		b.clock.advance(11 * time.Second)
		elsewhere, err := other.Names(t.Context(), []string{"u_2", "u_1"})
		require.NoError(t, err)
		assert.Equal(t, "Zoë", elsewhere[1].Name, "another process shows it within ten seconds")

		shown, err = b.SetPublicName(t.Context(), "u_1", "")
		require.NoError(t, err)
		assert.Equal(t, before[0], shown)
	})
}

func TestNamesOfManyPlayers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		ids := make([]string, 1200)
		for i := range ids {
			ids[i] = fmt.Sprintf("u_%d", i)
		}
		_, err := b.SetPublicName(t.Context(), "u_1199", "Last")
		require.NoError(t, err)
		names, err := b.another(t).Names(t.Context(), ids)
		require.NoError(t, err)
		require.Len(t, names, len(ids))
		assert.Equal(t, "Last", names[1199].Name)
		assert.Equal(t, b.PlayerKey("u_600"), names[600].Key)
	})
}

func TestPublicNamesAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.Open(t, store.SQLite))
	for _, good := range []string{"Anna", "مهسا‌جان", "李雷", "Ana María", "👩‍🚀 9", strings.Repeat("x", 40), "Q̂̃̄x"} {
		_, err := b.SetPublicName(t.Context(), "u_1", good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{
		strings.Repeat("x", 41), "a\u202eb", "a\u2066b", "a\u200fb", "a\nb", "a\u3164",
		"\u3164", "a\x00b", "a\u00a0b", "\u200dx", "a\u200d\u200db", "a  b", "...",
		"\xff", "Z\u0310\u0311\u0312\u0313\u0314x",
	} {
		_, err := b.SetPublicName(t.Context(), "u_1", bad)
		var invalid *identity.InvalidError
		require.ErrorAs(t, err, &invalid, "%q", bad)
		assert.Equal(t, "public_name", invalid.Field)
	}
	_, err := b.SetPublicName(t.Context(), strings.Repeat("u", 129), "Anna")
	var invalid *identity.InvalidError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "user_id", invalid.Field)
}
