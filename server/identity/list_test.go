package identity_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestPageOfKeysCostsWhatItShows asks for pages out of ten thousand keys in each order.
func TestPageOfKeysCostsWhatItShows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bytesOf := map[store.Dialect]string{store.SQLite: "CAST(CAST(i AS text) AS blob)",
			store.Postgres: "CAST(CAST(i AS text) AS bytea)"}[s.Dialect()]
		for _, statement := range []string{
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) " +
				"INSERT INTO api_key (id, name, secret_hash, scopes, created_at) SELECT 'k_' || i, 'n' || i % 7, " + bytesOf + ", '[]', i / 700 FROM n",
			"ANALYZE",
		} {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		asked := 0
		people := setup(t, s)
		people.settings.Read = storetest.Recorded(s, func(query storetest.Query) {
			if strings.Contains(query.Text, "api_key") {
				asked++
				storetest.RequirePage(t, s, query)
			}
		})
		service := people.another(t)
		for _, wanted := range []identity.KeyListing{{}, {Listing: store.Listing{OldestFirst: true}}, {ByName: true}, {ValidOnly: true}} {
			wanted.Limit = 50
			first, err := service.ListAPIKeys(t.Context(), wanted)
			require.NoError(t, err)
			require.Len(t, first, 50)
			after := identity.PlaceOf(first[49])
			wanted.AfterKey = &after
			_, err = service.ListAPIKeys(t.Context(), wanted)
			require.NoError(t, err)
		}
		require.Equal(t, 8, asked)
	})
}

// TestKeysAreFoundByNameInEitherCase looks for what databases would fold otherwise, each by their own rules.
func TestKeysAreFoundByNameInEitherCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		key, _, err := b.CreateAPIKey(t.Context(), `ÄPFEL 100% İ\`, "", []identity.Scope{identity.ScopeRead})
		require.NoError(t, err)
		for wanted, listed := range map[string]bool{
			"äpfel": true, "Äpfel": true, "apfel": false, "0%": true, "_": false, "İ": true, "ı": false, `\`: true, key.ID: true,
			strings.ToUpper(key.ID): true,
		} {
			keys, err := b.ListAPIKeys(t.Context(), identity.KeyListing{Listing: store.Listing{Limit: 2, Text: wanted}})
			require.NoError(t, err)
			require.Equal(t, listed, len(keys) == 1, wanted)
		}
	})
}
