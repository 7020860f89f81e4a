package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/journal/journaltest"
	"github.com/laurelhq/laurel/server/store"
)

// archivedContest is over when an event of the next day was folded.
const archivedContest = `kind: Contest
id: over
window: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z, tz: UTC}
scoring: {formula: "win.amount / bet.amount * 100"}
leaderboard: {type: sum}
`

// spinAt is a round of a player; several of them make it a match, which Laurel tells each of them.
func spinAt(id, ts string, win int, players ...string) string {
	who := fmt.Sprintf(`"user_id":%q`, players[0])
	if len(players) > 1 {
		list := make([]string, len(players))
		for i, player := range players {
			list[i] = fmt.Sprintf(`{"user_id":%q,"win":{"amount_minor":%d}}`, player, win)
		}
		who += `,"participants":[` + strings.Join(list, ",") + "]"
	}
	return fmt.Sprintf(`{"event_id":%q,"event_name":"round_end","ts":%q,%s,"market":"DE","brand":"X","game":{"id":"g_1","provider":"Hacksaw","type":"slots"},
		"bet":{"amount_minor":100,"currency":"EUR"},"win":{"amount_minor":%d,"currency":"EUR"},"round":{"id":"r-%s","state":"ended","duration_ms":1000}}`, id, ts, who, win, id)
}

// onDisk runs a part of a test on the database of an installation that no server has open.
func onDisk(t *testing.T, url string, do func(s *store.Store)) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	do(s)
	require.NoError(t, s.Close())
}

// TestJournalIsArchivedDroppedAndProvenFromItsArchive takes a contest from its first event to its end, drops the journal below it while a
// server runs, and has the standings proven from the archive, which also makes the same board on an empty installation.
func TestJournalIsArchivedDroppedAndProvenFromItsArchive(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, _ store.Dialect, url string) {
		dropAndProve(t, url)
	})
}

func dropAndProve(t *testing.T, url string) {
	t.Helper()
	definitions, archives := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(definitions, "over.yaml"), []byte(archivedContest), 0o600))
	settings := []string{"LAUREL_DATABASE_URL=" + url, "LAUREL_RULES=" + definitions, "LAUREL_CLOCK=event", "LAUREL_DEV_API_KEY=k"}
	refused := func(want string, args ...string) {
		_, err := runVerb(t, settings, args...)
		require.ErrorContains(t, err, want, "%v", args)
	}
	run := func(args ...string) string {
		printed, err := runVerb(t, settings, args...)
		require.NoError(t, err, "%v", args)
		return printed
	}

	server := launch(t, settings, "dev")
	w := newWeb(t, server.url(t), "k")
	for i := range 40 {
		players := []string{fmt.Sprintf("u%d", i%7)}
		if i%5 == 0 {
			players = append(players, fmt.Sprintf("u%d", (i+1)%7))
		}
		got := w.post(t, spinAt(fmt.Sprint("e", i), fmt.Sprintf("2025-10-25T18:%02d:00Z", i), 100+i, players...))
		require.Equal(t, http.StatusAccepted, got.status, got.body)
	}
	const events = 40 + 2*8 // a match is told to each of its players
	require.Eventually(t, func() bool {
		return regexp.MustCompile(fmt.Sprintf(`(?m)^1 +open +%d `, events)).MatchString(run("journal", "list"))
	}, patience, waitStep)
	server.stop(t)
	before := run("verify", "boards")
	refused("is open: only a range that nothing can be appended to any more", "journal", "archive", "1", "--to", archives)
	onDisk(t, url, func(s *store.Store) { journaltest.Cut(t, s) })

	refused("none of range 1 lies in "+archives, "journal", "drop", "1", "--archive", archives)
	first := run("journal", "archive", "1", "--to", archives)
	require.Contains(t, first, fmt.Sprintf("range 1: %d events in %s/range-000001, equal to the journal; manifest ", events, archives))
	require.Equal(t, first, run("journal", "archive", "1", "--to", archives), "again")
	refused(`range of the journal 1 is needed: contest "over" is not final yet`, "journal", "drop", "1", "--archive", archives)
	refused("range of the journal 99 doesn't exist", "journal", "drop", "99", "--archive", archives)

	server = launch(t, settings, "dev")
	w = newWeb(t, server.url(t), "k")
	require.Equal(t, http.StatusAccepted, w.post(t, spinAt("last", "2025-10-26T18:00:00Z", 1, "u1")).status)
	require.Eventually(t, func() bool { return w.board(t, "over", "top=1").Status == "final" }, patience, waitStep)
	board, _ := w.wholeBoard(t, "over")
	require.Len(t, board, 7)
	require.Contains(t, run("journal", "drop", "1", "--archive", archives), fmt.Sprintf("range 1: dropped; its %d events are in", events))
	require.Contains(t, run("journal", "drop", "1", "--archive", archives), "range 1: was dropped")
	refused("range of the journal 1 was dropped", "journal", "archive", "1", "--to", archives)
	require.Regexp(t, fmt.Sprintf(`(?m)^1 +dropped +%d .* 2025-10-25T18:00:00Z +2025-10-25T18:39:00Z +dropped .* manifest [0-9a-f]{64}$`,
		events), run("journal", "list"))
	require.Equal(t, http.StatusAccepted, w.post(t, spinAt("later", "2025-10-26T18:00:01Z", 1, "u1")).status)
	require.Contains(t, w.post(t, spinAt("e1", "2025-10-25T18:01:00Z", 101, "u1")).body, `"duplicate":true`, "what was dropped is known")
	server.stop(t)

	require.NoError(t, os.Mkdir(filepath.Join(archives, "range-000009"), 0o750)) // a copy that was broken off, left out below
	refused("was in "+filepath.Join(archives, "range-000001"), "verify", "boards")
	refused("range 1, positions 0 to", "verify", "boards")
	after := run("verify", "boards", "--archive", archives)
	onDisk(t, url, func(s *store.Store) {
		_, err := s.Write().ExecContext(t.Context(), "DELETE FROM event_key WHERE event_id = 'later'")
		require.NoError(t, err)
	})
	refused("keys of events differ from the journal", "verify", "boards", "--archive", archives)
	require.Contains(t, before, "over: 7 players, standings equal the journal")
	require.Contains(t, after, "over: 7 players, standings equal the journal; the frozen places and the result hash equal them")
	playAgain(t, filepath.Join(archives, "range-000001"), definitions, board)

	file := filepath.Join(archives, "range-000001", "events-00001.pb.gz")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	content[len(content)/2] ^= 1
	require.NoError(t, os.WriteFile(file, content, 0o600))
	refused("archive is damaged: "+file, "verify", "boards", "--archive", archives)
}

// playAgain sends an archive to a fresh server and wants the same board.
func playAgain(t *testing.T, archive, definitions string, board []boardRow) {
	t.Helper()
	at := startDev(t, "LAUREL_RULES="+definitions, "LAUREL_CLOCK=event")
	for range 2 {
		printed, err := runVerb(t, []string{"LAUREL_URL=" + at, "LAUREL_API_KEY=k"}, "ingest", filepath.Join(archive, "events-00001.pb.gz"),
			"--progress", filepath.Join(t.TempDir(), "progress"))
		require.NoError(t, err)
		require.Contains(t, printed, "16 emitted by Laurel itself")
	}
	w := newWeb(t, at, "k")
	require.Eventually(t, func() bool {
		rows, _ := w.wholeBoard(t, "over")
		return fmt.Sprint(rows) == fmt.Sprint(board)
	}, patience, waitStep)
}

// TestADropThatWasBrokenOffIsSeen has the database of SQLite keep the events of a range whose drop was decided.
func TestADropThatWasBrokenOffIsSeen(t *testing.T) {
	t.Parallel()
	url, archives := "sqlite:"+filepath.Join(t.TempDir(), "laurel.db"), t.TempDir()
	settings := []string{"LAUREL_DATABASE_URL=" + url}
	run := func(args ...string) string {
		printed, err := runVerb(t, settings, args...)
		require.NoError(t, err, "%v", args)
		return printed
	}
	run("migrate")
	onDisk(t, url, func(s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		_, err = j.Append(t.Context(), []journal.Entry{{EventID: "a", UserID: "a", Body: []byte("a")}, {EventID: "b", UserID: "b",
			Body: []byte("b")}}, 1)
		require.NoError(t, err)
		journaltest.Cut(t, s)
	})
	run("journal", "archive", "1", "--to", archives)
	onDisk(t, url, func(s *store.Store) {
		_, err := s.Write().ExecContext(t.Context(), "INSERT INTO journal_drop (range_id, dropped_at, manifest_hash, dropped_by) "+
			"SELECT range_id, 5, manifest_hash, 'ada@here' FROM journal_archive")
		require.NoError(t, err)
	})
	require.Contains(t, run("journal", "list"), "; 2 of its events are still to be deleted: laurel journal drop 1 goes on with it")
	drop := []string{"journal", "drop", "1", "--archive", archives}
	require.Contains(t, run(drop...), "by ada@here; 2 of its events were still to be deleted, and are now\n")
	require.Contains(t, run(drop...), "by ada@here\n")
	require.NotContains(t, run("journal", "list"), "still")
}
