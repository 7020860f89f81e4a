package identity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestKeysThatMintedTokensStillMayDoSo brings keys to the version in which minting has its own scope: those that could mint can, and no
// other.
func TestKeysThatMintedTokensStillMayDoSo(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s := storetest.OpenBefore(t, dialect, "player_tokens_scope")
			for id, scopes := range map[string]string{"both": `["ingest","admin"]`, "reads": `["read"]`, "runs": `["admin"]`} {
				_, err := s.Write().ExecContext(t.Context(), "INSERT INTO api_key (id, name, secret_hash, scopes, created_at) VALUES ($1, 'k', $2, "+
					"$3, 1)", id, []byte{1}, scopes)
				require.NoError(t, err)
			}
			_, err := s.Migrate(t.Context())
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
