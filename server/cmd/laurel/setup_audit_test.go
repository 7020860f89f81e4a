package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// installation is what stays when a server process goes: the storage, the key, and where it is served now.
type installation struct {
	settings        []string
	database, redis string
	key             string
	// at is the address of the process that serves now, second that of another one that does so beside it, if there is one.
	at, second atomic.Value
}

// newInstallation makes the three contests of testdata/kill ready on a fresh database.
func newInstallation(t *testing.T, database, redis string) *installation {
	t.Helper()
	rules, err := filepath.Abs(filepath.Join("testdata", "kill"))
	require.NoError(t, err)
	in := &installation{database: database, redis: redis, settings: []string{
		// what senders send has fixed times
		"LAUREL_DATABASE_URL=" + database, "LAUREL_REDIS_URL=" + redis, "LAUREL_RULES=" + rules, "LAUREL_HORIZON_DAYS=36500",
	}}
	_, err = runVerb(t, in.settings, "migrate")
	require.NoError(t, err)
	key, err := runVerb(t, in.settings, "token", "key", "test", "--scopes", "ingest,read")
	require.NoError(t, err)
	in.key = strings.TrimSpace(key)
	in.at.Store("")
	in.second.Store("")
	return in
}

// doors are the addresses of the processes that serve now.
func (in *installation) doors() []string {
	at, _ := in.at.Load().(string)
	second, _ := in.second.Load().(string)
	if second == "" {
		return []string{at}
	}
	return []string{at, second}
}

// serve starts a server on the installation.
func (in *installation) serve(t *testing.T) *child {
	t.Helper()
	return launch(t, in.settings, "serve")
}

// round is a round as the journal has it, in the terms of the contests of testdata/kill.
type round struct {
	seq, win, millis, ts int64
}

// standing is what the rounds of a player come to; less of each tie-break is better.
type standing struct {
	user        string
	units       int64
	first, last int64
}

// killContests are the contests of testdata/kill with a fold of their own: all rounds of a player at once, by sorting, without any state.
var killContests = []struct {
	id        string
	precision int
	fold      func(rounds []round) standing
}{
	{"kill_best", 0, func(rounds []round) (s standing) {
		best := slices.Clone(rounds)
		slices.SortFunc(best, func(a, b round) int {
			return cmp.Or(cmp.Compare(b.win, a.win), cmp.Compare(a.ts, b.ts), cmp.Compare(a.seq, b.seq))
		})
		for _, r := range best[:min(3, len(best))] {
			s.units, s.first, s.last = s.units+r.win, min(s.first, -r.win), max(s.last, r.ts)
		}
		return s
	}},
	{"kill_sum", 2, func(rounds []round) (s standing) {
		for _, r := range rounds {
			s.units, s.first = s.units+r.win, s.first+r.millis
		}
		return s
	}},
	{"kill_count", 0, func(rounds []round) (s standing) {
		s.units = int64(len(rounds)) * 1
		for _, r := range rounds {
			s.first = min(s.first, -r.win)
		}
		return s
	}},
}

// audit wants every acknowledged event in the journal once, every event of the journal scored once, each board in the order
// of its standings and the same at each door, and the server's own proof to agree after all processes have gone.
func (in *installation) audit(t *testing.T, sent *senders, servers ...*child) {
	t.Helper()
	rounds := in.journal(t, sent)
	for _, contest := range killContests {
		want := ranked(rounds, contest.precision, contest.fold)
		require.EventuallyWithT(t, func(c *assert.CollectT) { in.shows(t, c, contest.id, want) }, patience, 100*time.Millisecond)
		t.Logf("%s: %d places as expected", contest.id, len(want))
	}
	for _, server := range servers {
		server.stop(t)
	}
	verdict, err := runVerb(t, in.settings, "verify", "boards")
	require.NoError(t, err, verdict)
	require.Equal(t, len(killContests), strings.Count(verdict, "standings equal the journal"), verdict)
	if in.redis != "" {
		require.Equal(t, len(killContests), strings.Count(verdict, "the board equals them at all"), verdict)
	}
}

// shows checks a board at each door, place by place, and that all doors call it the same revision.
func (in *installation) shows(t *testing.T, c *assert.CollectT, contestID string, want []boardRow) {
	t.Helper()
	var revisions []int64
	for _, at := range in.doors() {
		w := newWeb(t, at, in.key)
		rows, stale := w.wholeBoard(t, contestID)
		assert.False(c, stale)
		assert.Len(c, rows, len(want))
		for i := range min(len(rows), len(want)) {
			if !assert.Equal(c, want[i], rows[i], contestID) {
				return
			}
		}
		revisions = append(revisions, w.board(t, contestID, "top=1").Revision)
	}
	assert.Positive(c, revisions[0])
	assert.Len(c, slices.Compact(revisions), 1)
}

// journal reads the rounds of each player and compares the journal with what was sent and acknowledged.
func (in *installation) journal(t *testing.T, sent *senders) map[string][]round {
	t.Helper()
	database, err := store.Open(t.Context(), in.database)
	require.NoError(t, err)
	defer func() { require.NoError(t, database.Close()) }()
	rows, err := database.Read().QueryContext(t.Context(), "SELECT id, body FROM journal_event ORDER BY id")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	seen, rounds := map[string]bool{}, map[string][]round{}
	for rows.Next() {
		var seq int64
		var body []byte
		require.NoError(t, rows.Scan(&seq, &body))
		e, err := event.Decode(body)
		require.NoError(t, err)
		if e.GetName() == "login" { // posted by the test itself, and part of no contest
			continue
		}
		original := sent.sent[e.GetEventId()]
		require.NotNil(t, original, "event %s was never sent", e.GetEventId())
		require.False(t, seen[e.GetEventId()], "event %s is there twice", e.GetEventId())
		seen[e.GetEventId()] = true
		require.Equal(t, original.GetUser().GetId(), e.GetUser().GetId())
		require.Equal(t, original.GetWin().GetAmountMinor(), e.GetWin().GetAmountMinor())
		require.Equal(t, original.GetEventTs().AsTime(), e.GetEventTs().AsTime())
		rounds[e.GetUser().GetId()] = append(rounds[e.GetUser().GetId()], round{
			seq: seq, win: e.GetWin().GetAmountMinor(), millis: e.GetRound().GetDurationMs(), ts: e.GetEventTs().AsTime().UnixMicro(),
		})
	}
	require.NoError(t, rows.Err())
	lost := 0
	for id := range sent.acked {
		if !seen[id] {
			lost++
		}
	}
	require.Zero(t, lost, "of %d acknowledged events these are not in the journal", len(sent.acked))
	t.Logf("%d events in the journal, %d of them never acknowledged", len(seen), len(seen)-len(sent.acked))
	return rounds
}

// ranked orders the players as the contests do: score, tie-breaks, user id.
func ranked(rounds map[string][]round, precision int, fold func([]round) standing) []boardRow {
	all := make([]standing, 0, len(rounds))
	for user, own := range rounds {
		s := fold(own)
		s.user = user
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(b.units, a.units), cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last), cmp.Compare(a.user, b.user))
	})
	rows := make([]boardRow, len(all))
	for i, s := range all {
		rows[i] = boardRow{int64(i + 1), s.user, score(s.units, precision)}
	}
	return rows
}
