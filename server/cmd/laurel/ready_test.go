package main

import (
	"database/sql"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadyTellsAFullDisk has a database that answers every question and has no room, for anything or only for events.
func TestReadyTellsAFullDisk(t *testing.T) {
	t.Parallel()
	database := postgres(t).URL("postgres")
	w := newWeb(t, startDev(t, "LAUREL_DATABASE_URL="+database), "k")
	direct, err := sql.Open("pgx", database)
	require.NoError(t, err)
	t.Cleanup(func() { _ = direct.Close() })
	run := func(statement string) {
		_, err := direct.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	is := func(status int) func() bool {
		return func() bool { return w.get(t, "/readyz").status == status }
	}
	run(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = ` +
		`'disk_full'; END $$`)
	require.Eventually(t, is(http.StatusOK), patience, waitStep)
	run("CREATE TRIGGER full_disk BEFORE INSERT ON process FOR EACH ROW EXECUTE FUNCTION full_disk()")
	require.Eventually(t, is(http.StatusServiceUnavailable), patience, waitStep, "heartbeats find out, though nobody sends anything")
	require.Contains(t, w.get(t, "/readyz").body, `"not ready: the disk of the database is full"`)
	run("DROP TRIGGER full_disk ON process")
	require.Eventually(t, is(http.StatusOK), patience, waitStep)

	event := `{"event_id":"e_1","event_name":"login","ts":"2026-01-01T00:00:00Z","user_id":"u_1"}`
	run("CREATE TRIGGER full_disk BEFORE INSERT ON event_key FOR EACH ROW EXECUTE FUNCTION full_disk()")
	require.Equal(t, http.StatusServiceUnavailable, w.post(t, event).status)
	require.Contains(t, w.get(t, "/readyz").body, `"not ready: the disk of the database is full"`)
	run("DROP TRIGGER full_disk ON event_key")
	require.Equal(t, http.StatusAccepted, w.post(t, event).status)
	require.Equal(t, http.StatusOK, w.get(t, "/readyz").status)
}
