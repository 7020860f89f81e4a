package identity_test

import (
	"io/fs"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/migrations"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// lastWithoutScope is the schema before player_tokens was a scope.
var lastWithoutScope = map[store.Dialect]int64{store.SQLite: 20261121211103, store.Postgres: 20261121211104}

// TestKeysThatMintedTokensStillMayDoSo brings keys to the version in which minting has its own scope: those that could mint can, and no other.
func TestKeysThatMintedTokensStillMayDoSo(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), storetest.URL(t, dialect))
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.Close() })
			folder, err := fs.Sub(migrations.Files, string(dialect))
			require.NoError(t, err)
			goosed := goose.DialectSQLite3
			if dialect == store.Postgres {
				goosed = goose.DialectPostgres
			}
			provider, err := goose.NewProvider(goosed, s.Write(), folder, goose.WithDisableGlobalRegistry(true))
			require.NoError(t, err)
			_, err = provider.UpTo(t.Context(), lastWithoutScope[dialect])
			require.NoError(t, err)
			for id, scopes := range map[string]string{"both": `["ingest","admin"]`, "reads": `["read"]`, "runs": `["admin"]`} {
				_, err := s.Write().ExecContext(t.Context(), "INSERT INTO api_key (id, name, secret_hash, scopes, created_at) VALUES ($1, 'k', $2, $3, 1)", id, []byte{1}, scopes)
				require.NoError(t, err)
			}
			_, err = s.Migrate(t.Context())
			require.NoError(t, err)

			people := setup(t, s)
			keys, err := people.ListAPIKeys(t.Context(), identity.KeyListing{Listing: store.Listing{Limit: 10}})
			require.NoError(t, err)
			scopes := map[string][]identity.Scope{}
			for _, key := range keys {
				scopes[key.ID] = key.Scopes
			}
			require.Equal(t, map[string][]identity.Scope{
				"both":  {identity.ScopeIngest, identity.ScopeAdmin, identity.ScopePlayerTokens},
				"reads": {identity.ScopeRead},
				"runs":  {identity.ScopeAdmin, identity.ScopePlayerTokens},
			}, scopes)
		})
	}
}
