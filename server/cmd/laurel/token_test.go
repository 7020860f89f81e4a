package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
)

// TestTokenListShowsKeysWithTheirSources makes keys of several sources and revokes one: all of it is told, and no secret.
func TestTokenListShowsKeysWithTheirSources(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "laurel.db")
	settings := []string{"LAUREL_DATABASE_URL=" + database}
	made := map[string]string{} // id by name
	for _, args := range [][]string{
		{"shop one"}, {"games", "--source", "studio_7", "--scopes", "ingest"},
		{"odd", "--source", "studio_7", "--scopes", "admin,player_tokens"},
	} {
		bearer, err := runVerb(t, settings, append([]string{"token", "key"}, args...)...)
		require.NoError(t, err)
		made[args[0]] = strings.Split(bearer, "_")[1]
	}
	_, err := runVerb(t, settings, "token", "revoke", made["games"])
	require.NoError(t, err)
	earlier, err := store.Open(t.Context(), database) // an earlier version took such names
	require.NoError(t, err)
	_, err = earlier.Write().ExecContext(t.Context(), "UPDATE api_key SET name = $1 WHERE id = $2", "odd\tname\x1b[31m", made["odd"])
	require.NoError(t, errors.Join(err, earlier.Close()))

	list := func(args ...string) map[string][]string {
		out, err := runVerb(t, settings, append([]string{"token", "list"}, args...)...)
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		require.Equal(t, "ID NAME SOURCE SCOPES MADE REVOKED", strings.Join(strings.Fields(lines[0]), " "))
		rows := map[string][]string{}
		for _, line := range lines[1:] {
			fields := strings.Fields(line)
			rows[fields[0]] = fields[1:]
		}
		return rows
	}
	all := list()
	require.Len(t, all, 3)
	shop, games, odd := all[made["shop one"]], all[made["games"]], all[made["odd"]]
	require.Equal(t, []string{"shop", "one", "main", "ingest,read"}, shop[:4])
	require.Equal(t, "-", shop[5])
	require.Equal(t, []string{"games", "studio_7", "ingest"}, games[:3])
	for _, at := range games[3:] {
		_, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
	}
	require.Equal(t, []string{`"odd\tname\x1b[31m"`, "studio_7", "admin,player_tokens"}, odd[:3])
	require.Len(t, list("--source", "studio_7"), 2)
	require.Contains(t, list("--source", "studio_7", "--valid"), made["odd"])
	require.Len(t, list("--source", "studio_7", "--valid"), 1)
}

// TestTokenListGoesOnBehindAPage has more keys than are read at once.
func TestTokenListGoesOnBehindAPage(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "laurel.db")
	require.NoError(t, withIdentity(t.Context(), storage{DatabaseURL: url}, func(people *identity.Service) error {
		for i := range 2*keysAtOnce + 1 {
			if _, _, err := people.CreateAPIKey(context.WithoutCancel(t.Context()), fmt.Sprintf("key-%03d", i), "", []identity.Scope{
				identity.ScopeRead,
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	out, err := runVerb(t, nil, "token", "list", "--database-url", url)
	require.NoError(t, err)
	for i := range 2*keysAtOnce + 1 {
		require.Equal(t, 1, strings.Count(out, fmt.Sprintf("key-%03d ", i)))
	}
}
