package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/journal/journaltest"
	"github.com/laurelhq/laurel/server/store"
)

// openContest goes on after archivedContest is over.
const openContest = `kind: Contest
id: goes_on
window: {start: 2025-10-26T00:00Z, end: 2099-01-01, tz: UTC}
scoring: {formula: "win.amount / bet.amount * 100"}
leaderboard: {type: sum}
`

// tampered is one value of one row, and what verify says when a byte of it was changed.
type tampered struct{ table, column, where, want string }

const (
	lastEvent = "event_ts = (SELECT max(event_ts) FROM journal_event)"
	lastKey   = "seq = (SELECT max(id) FROM journal_event)"
)

// tamperings are changed one after the other. Times of arrival are not among them: nothing else tells when an event arrived.
var tamperings = []tampered{
	{"journal_event", "body", lastEvent, "has another hash than the event"},
	{"journal_event", "player", lastEvent, "is not among those of its player"},
	{"journal_event", "event_ts", lastEvent, "is listed as of"},
	{"journal_event", "partition", lastEvent, "and its player is in"},
	{"event_key", "content_hash", "event_id = 'n8'", `the key of event "n8" of source "" has another hash than the event`},
	{"event_key", "event_id", lastKey, `event "n8" of source "" has no key`},
	{"event_key", "seq", "event_id = 'n8'", `the key of event "n8" of source "" names position`},
	{"standing", "state", "user_id = 'u1' AND contest_id = 'goes_on'", "goes_on: standings differ from the journal"},
	{"standing", "units", "user_id = 'u1' AND contest_id = 'goes_on'", `player "u1" is on boards with`},
	{"standing", "rounds", "user_id = 'u1' AND contest_id = 'goes_on'", `player "u1" is on boards with`},
	{"standing", "seq", "user_id = 'u1' AND contest_id = 'goes_on'", `player "u1" is on boards with`},
	{"standing", "units", "user_id = 'u1' AND contest_id = 'over'", "over: standings differ from the journal"},
	{"player_page", "state", "id = 'u1'", `players: page of player "u1": encoded page does not match its checksum`},
	{"final_standing", "units", "place = 2", "over: 4 players, standings equal the journal; the final result differs from them"},
	{"final_standing", "user_id", "place = 2", "the final result differs from them"},
	{"contest", "result_hash", "id = 'over'", "the result hash is"},
	{"contest", "players", "id = 'over'", "4 places are frozen, the contest says 5 players"},
	{"journal_range", "first", "id = 2", "of this journal has"},
	{"journal_archive", "manifest_hash", "range_id = 1", "the journal notes of range 1"},
	{"journal_archive", "events", "range_id = 1", "the journal notes of range 1"},
	{"journal_archive", "last_event", "range_id = 1", "the journal notes of range 1"},
	{"journal_drop", "manifest_hash", "range_id = 1", "archive is missing"},
	{"journal_partition", "cursor", "id = (SELECT partition FROM journal_event WHERE " + lastEvent + ")", "standings differ from the journal"},
	{"setting", "value", "id = 'event_floor'", "the floor, below which no event comes in, is"},
}

// TestVerifyFindsAChangedByte changes one byte of each thing that is stored, with the guards of the database lifted, and has verify boards
// say which.
func TestVerifyFindsAChangedByte(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, _ store.Dialect, url string) {
		archives := t.TempDir()
		verify := halfDropped(t, url, archives)
		out, err := verify()
		require.NoError(t, err, out)
		rows := openRows(t, url)
		for _, one := range tamperings {
			mend := rows.tamper(t, one)
			out, err := verify()
			if assert.Error(t, err, "%+v: %s", one, out) {
				assert.Contains(t, out+err.Error(), one.want, "%+v", one)
			}
			mend()
		}
		out, err = verify()
		require.NoError(t, err, out)
		for _, name := range []string{"events-00001.pb.gz", "manifest.json"} {
			path := filepath.Join(archives, "range-000001", name)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			content[len(content)/2] ^= 1
			require.NoError(t, os.WriteFile(path, content, 0o600))
			out, err := verify()
			require.Error(t, err, "%s: %s", name, out)
			require.Regexp(t, "archive is (damaged|missing)", err.Error(), name)
			content[len(content)/2] ^= 1
			require.NoError(t, os.WriteFile(path, content, 0o600))
		}
	})
}

// halfDropped makes an installation with a final contest whose events were dropped and one that goes on, and returns what verifies it.
func halfDropped(t *testing.T, url, archives string) (verify func() (string, error)) {
	t.Helper()
	definitions := t.TempDir()
	for name, text := range map[string]string{"over.yaml": archivedContest, "goes_on.yaml": openContest} {
		require.NoError(t, os.WriteFile(filepath.Join(definitions, name), []byte(text), 0o600))
	}
	settings := []string{"LAUREL_DATABASE_URL=" + url, "LAUREL_RULES=" + definitions, "LAUREL_CLOCK=event", "LAUREL_DEV_API_KEY=k"}
	run := func(args ...string) string {
		printed, err := runVerb(t, settings, args...)
		require.NoError(t, err, "%v", args)
		return printed
	}
	server := launch(t, settings, "dev")
	w := newWeb(t, server.url(t), "k")
	send := func(prefix, day string, count int) {
		for i := range count {
			got := w.post(t, spinAt(fmt.Sprint(prefix, i), fmt.Sprintf("%sT18:%02d:00Z", day, i), 100+i, fmt.Sprint("u", i%(count/3))))
			require.Equal(t, http.StatusAccepted, got.status, got.body)
		}
	}
	send("e", "2025-10-25", 12)
	require.Eventually(t, func() bool { return w.board(t, "over", "top=1").Total == 4 }, patience, waitStep)
	server.stop(t)
	onDisk(t, url, func(s *store.Store) { journaltest.Cut(t, s) })
	run("journal", "archive", "1", "--to", archives)
	server = launch(t, settings, "dev")
	w = newWeb(t, server.url(t), "k")
	send("n", "2025-10-26", 9)
	require.Eventually(t, func() bool { return w.board(t, "over", "top=1").Status == "final" }, patience, waitStep)
	require.Eventually(t, func() bool { return w.board(t, "goes_on", "top=1").Total == 3 }, patience, waitStep)
	require.Eventually(t, func() bool { // boards have its events a moment later
		_, err := runVerb(t, settings, "journal", "drop", "1", "--archive", archives)
		return err == nil
	}, patience, waitStep)
	server.stop(t)
	rows := openRows(t, url)
	rows.exec(t, "INSERT INTO setting (id, value) VALUES ('event_floor', '1700000000000000')")
	return func() (string, error) { return runVerb(t, settings, "verify", "boards", "--archive", archives) }
}

// rawRows are the tables of a database as somebody meets them who goes round Laurel and lifts the guards.
type rawRows struct {
	pool     *sql.DB
	postgres bool
}

func openRows(t *testing.T, url string) *rawRows {
	t.Helper()
	path, lite := strings.CutPrefix(url, "sqlite:")
	driver := "pgx"
	if lite {
		driver, url = "sqlite", "file:"+path+"?_busy_timeout=5000"
	}
	pool, err := sql.Open(driver, url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	return &rawRows{pool, !lite}
}

// number reads one figure.
func (r *rawRows) number(t *testing.T, query string) (found int64) {
	t.Helper()
	require.NoError(t, r.pool.QueryRowContext(t.Context(), query).Scan(&found), query)
	return found
}

// exec changes one row with the guards lifted.
func (r *rawRows) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	require.EqualValues(t, 1, r.execAll(t, statement, args...), statement)
}

// execAll changes rows with the guards lifted, and returns how many.
func (r *rawRows) execAll(t *testing.T, statement string, args ...any) (changed int64) {
	t.Helper()
	tx, err := r.pool.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	lift, put := []string{"SET LOCAL session_replication_role = replica"}, []string(nil)
	if !r.postgres {
		lift, put = triggers(t, tx)
	}
	for _, each := range lift {
		_, err = tx.ExecContext(t.Context(), each)
		require.NoError(t, err)
	}
	result, err := tx.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err, statement)
	changed, err = result.RowsAffected()
	require.NoError(t, err)
	for _, each := range put {
		_, err = tx.ExecContext(t.Context(), each)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	return changed
}

// triggers are the statements that drop the triggers of a SQLite database, and those that make them.
func triggers(t *testing.T, tx *sql.Tx) (drop, create []string) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var name, text string
		require.NoError(t, rows.Scan(&name, &text))
		drop, create = append(drop, "DROP TRIGGER "+name), append(create, text)
	}
	require.NoError(t, rows.Err())
	return drop, create
}

// tamper changes one byte of a value, or the lowest digit of a number, and returns what puts it back.
func (r *rawRows) tamper(t *testing.T, one tampered) (mend func()) {
	t.Helper()
	read := one.column
	if r.postgres && one.column == "content_hash" {
		read += "::text"
	}
	find := fmt.Sprintf("SELECT %s FROM %s WHERE %s", read, one.table, one.where)
	var before any
	require.NoError(t, r.pool.QueryRowContext(t.Context(), find).Scan(&before), find)
	after := before
	switch value := before.(type) {
	case int64:
		after = value + 1
		if one.column == "cursor" {
			after = value - 1
		}
	case []byte:
		changed := append([]byte{}, value...)
		changed[len(changed)-1] ^= 1
		after = changed
	case string:
		changed := []byte(value)
		changed[0]++
		if changed[0] == '9'+1 {
			changed[0] = '0'
		}
		after = string(changed)
	default:
		require.Fail(t, "of no type that is changed", "%T", before)
	}
	r.exec(t, fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s", one.table, one.column, one.where), after)
	return func() {
		r.exec(t, fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s", one.table, one.column, one.where), before)
	}
}
