package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sprint = "t_october_sprint"

// sprintRound is a spin of the example contest; zero fields take the values of a round that counts.
type sprintRound struct {
	id, user                        string
	at                              time.Duration // after 18:00
	bet, win                        int64
	game, provider, market, network string
	state                           string
	millis                          int64
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// String writes the round as POST /v1/events takes it.
func (r sprintRound) String() string {
	at := time.Date(2025, 10, 25, 18, 0, 0, 0, time.UTC).Add(r.at).Format(time.RFC3339Nano)
	return fmt.Sprintf(`{"event_id":%q,"event_name":"round_end","ts":%q,"user_id":%q,"market":%q,"brand":"X","game":{"id":%q,"provider":%q,"type":"slots"},
		"bet":{"amount_minor":%d,"currency":"EUR"},"win":{"amount_minor":%d},"round":{"id":%q,"state":%q,"duration_ms":%d},"device":{"asn":%q}}`,
		r.id, at, r.user, or(r.market, "DE"), or(r.game, "g_7"), or(r.provider, "Hacksaw"), or(r.bet, 100), r.win, "r-"+r.id,
		or(r.state, "ended"), or(r.millis, 2400), or(r.network, "isp"))
}

func inBatch(rounds []sprintRound) string {
	texts := make([]string, len(rounds))
	for i, round := range rounds {
		texts[i] = round.String()
	}
	return `{"events":[` + strings.Join(texts, ",") + `]}`
}

// sprintBurst is a burst of spins whose board is known by heart, see sprintTop.
func sprintBurst() []sprintRound {
	minute := func(m, s int) time.Duration { return time.Duration(m)*time.Minute + time.Duration(s)*time.Second }
	rounds := []sprintRound{
		{id: "cap", user: "u_123", at: minute(15, 0), win: 6000}, // 60 times the stake counts as 50
		// Equal scores, higher single multiplier first.
		{id: "m1", user: "u_z_high", at: minute(20, 0), win: 200}, {id: "m2", user: "u_z_high", at: minute(20, 30), win: 1000},
		{id: "m3", user: "u_a_low", at: minute(16, 0), win: 600}, {id: "m4", user: "u_a_low", at: minute(16, 30), win: 600},
		// Equal scores and multipliers, earlier finish first.
		{id: "f1", user: "u_z_early", at: minute(22, 0), win: 500}, {id: "f2", user: "u_z_early", at: minute(22, 10), win: 300},
		{id: "f3", user: "u_a_late", at: minute(21, 0), win: 500, market: "SE"}, {id: "f4", user: "u_a_late", at: minute(22, 11), win: 300,
			market: "SE"},
		// All equal, user id decides.
		{id: "i2", user: "u_id_2", at: minute(24, 0), win: 200}, {id: "i1", user: "u_id_1", at: minute(24, 0), win: 200},
		// Half a round a second: the one in between is one too many.
		{id: "q1", user: "u_quick", at: minute(25, 0), win: 300}, {id: "q2", user: "u_quick", at: minute(25, 1), win: 4000},
		{id: "q3", user: "u_quick", at: minute(25, 2), win: 400},
		// Another stake in another round: points are by the stake.
		{id: "s1", user: "u_stake", at: minute(26, 0), bet: 50, win: 75, millis: 800},
		// Each of these misses one condition.
		{id: "x1", user: "x_min_bet", at: minute(27, 0), bet: 49, win: 4900},
		{id: "x2", user: "x_game", at: minute(27, 1), win: 5000, game: "slot_wolf"},
		{id: "x3", user: "x_provider", at: minute(27, 2), win: 5000, provider: "GameCo"},
		{id: "x4", user: "x_market", at: minute(27, 3), win: 5000, market: "TR"},
		{id: "x5", user: "x_hosting", at: minute(27, 4), win: 5000, network: "hosting"},
		{id: "x6", user: "x_proxy", at: minute(27, 5), win: 5000, network: "Proxy"},
		{id: "x7", user: "x_short", at: minute(27, 6), win: 5000, millis: 799},
		{id: "x8", user: "x_started", at: minute(27, 7), win: 5000, state: "started"},
		{id: "x9", user: "x_before", at: -time.Microsecond, win: 5000},
	}
	for i := range 25 { // of 25 rounds worth 1 to 25 times the stake the best 20 count
		rounds = append(rounds, sprintRound{id: fmt.Sprintf("n%d", i), user: "u_many", at: minute(30, 2*i), win: int64(100 * (i + 1))})
	}
	return rounds
}

var sprintTop = []boardRow{
	{1, "u_many", "31000"}, {2, "u_123", "5250"}, {3, "u_z_high", "1200"}, {4, "u_a_low", "1200"}, {5, "u_z_early", "800"},
	{6, "u_a_late", "800"},
	{7, "u_quick", "700"}, {8, "u_id_1", "200"}, {9, "u_id_2", "200"}, {10, "u_stake", "150"},
}

func testFile(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(content)
}

// startSprint runs a server whose only contest is the example, with the time that the events tell.
func startSprint(t *testing.T) *web {
	t.Helper()
	shipped, err := os.ReadFile(filepath.Join("..", "..", "..", "rules", "examples", "contest.yaml"))
	require.NoError(t, err)
	require.Equal(t, testFile(t, "sprint/contest.yaml"), string(shipped), "the example is what ships")
	rules, err := filepath.Abs(filepath.Join("testdata", "sprint"))
	require.NoError(t, err)
	return newWeb(t, startDev(t, "LAUREL_CLOCK=event", "LAUREL_RULES="+rules), "k")
}

// waitForTop waits until the board shows exactly these rows.
func waitForTop(t *testing.T, w *web, want []boardRow) *boardPage {
	t.Helper()
	var page *boardPage
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		page = w.board(t, sprint, "top=100")
		assert.Equal(c, want, page.Top)
		assert.False(c, page.Stale)
	}, patience, waitStep)
	require.Equal(t, int64(len(want)), page.Total)
	return page
}

// TestSprintFromEventsToBoard is the example contest from its first event to its frozen end, as a customer would try it.
func TestSprintFromEventsToBoard(t *testing.T) {
	t.Parallel()
	w := startSprint(t)
	for _, name := range []string{"event-game.json", "event-wallet.json"} {
		got := w.post(t, testFile(t, "events/"+name))
		require.Equal(t, http.StatusAccepted, got.status, got.body)
		require.JSONEq(t, `{"accepted":true}`, got.body)
	}
	waitForTop(t, w, []boardRow{{1, "u_123", "250"}})
	first := w.board(t, sprint, "top=100&me=u_123")
	require.Equal(t, json.Number("0"), first.Me.Delta, "nothing was read before")

	burst := inBatch(sprintBurst())
	require.Equal(t, http.StatusAccepted, w.post(t, burst).status)
	waitForTop(t, w, sprintTop)
	page := w.board(t, sprint, "top=100&me=u_123")
	require.Greater(t, page.Revision, first.Revision)
	require.Equal(t, int64(2), *page.Me.Pos)
	require.Equal(t, [3]json.Number{"5250", "5000", "25750"}, [3]json.Number{page.Me.Score, page.Me.Delta, page.Me.ToNext})
	outside := w.board(t, sprint, "top=3&me=x_short")
	require.Nil(t, outside.Me.Pos, "who has no standing has no place")
	require.Equal(t, sprintTop[:3], outside.Top)

	require.Eventually(t, func() bool { return w.board(t, sprint, "top=1").Status == "live" }, patience, waitStep)
	checkRepeat(t, w, burst)
	checkTournaments(t, w)
	checkConflict(t, w)
	checkEnd(t, w)
}

// checkRepeat posts what the server has already: all of it is known and the board stays as it is, to the byte.
func checkRepeat(t *testing.T, w *web, burst string) {
	t.Helper()
	before := w.get(t, "/v1/leaderboards/"+sprint+"?top=100")
	got := w.post(t, burst)
	require.Equal(t, http.StatusAccepted, got.status, got.body)
	var results struct {
		Accepted, Duplicate, Rejected int
		Results                       []struct{ Status string }
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &results))
	require.Equal(t, []int{0, len(sprintBurst()), 0}, []int{results.Accepted, results.Duplicate, results.Rejected})
	for _, one := range results.Results {
		require.Equal(t, "duplicate", one.Status)
	}
	for _, name := range []string{"event-game.json", "event-wallet.json"} {
		got := w.post(t, testFile(t, "events/"+name))
		require.Equal(t, http.StatusAccepted, got.status)
		require.JSONEq(t, `{"accepted":true,"duplicate":true}`, got.body, "who sends again learns that it is durable")
	}
	mark := sprintRound{id: "mark", user: "u_mark", at: 40 * time.Minute, win: 100}
	require.Equal(t, before.header.Get("ETag"), w.get(t, "/v1/leaderboards/"+sprint+"?top=100").header.Get("ETag"))
	unchanged, err := w.call(t.Context(), http.MethodGet, "/v1/leaderboards/"+sprint+"?top=100", "", before.header.Get("ETag"))
	require.NoError(t, err)
	require.Equal(t, http.StatusNotModified, unchanged.status)
	require.Empty(t, unchanged.body)
	require.Equal(t, withoutTime(t, before.body), withoutTime(t, w.get(t, "/v1/leaderboards/"+sprint+"?top=100").body))
	require.Equal(t, http.StatusAccepted, w.post(t, mark.String()).status)
	waitForTop(t, w, append(append([]boardRow{}, sprintTop...), boardRow{11, "u_mark", "100"}))
	changed, err := w.call(t.Context(), http.MethodGet, "/v1/leaderboards/"+sprint+"?top=100", "", before.header.Get("ETag"))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, changed.status)
	require.NotEqual(t, before.header.Get("ETag"), changed.header.Get("ETag"))
}

// withoutTime leaves the time of the reading out of an answer.
func withoutTime(t *testing.T, body string) string {
	t.Helper()
	var page boardPage
	require.NoError(t, json.Unmarshal([]byte(body), &page))
	require.NotEmpty(t, page.AsOf)
	return string(bytes.ReplaceAll([]byte(body), []byte(page.AsOf), []byte("now")))
}

func checkTournaments(t *testing.T, w *web) {
	t.Helper()
	type tournament struct{ ID, Start, End, Type, Status string }
	list := func(query string) (found []tournament) {
		got := w.get(t, "/v1/tournaments"+query)
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.NoError(t, json.Unmarshal([]byte(got.body), &found))
		return found
	}
	want := []tournament{{sprint, "2025-10-25T18:00:00Z", "2025-10-25T19:00:00Z", "best_n_rounds", "live"}}
	require.Equal(t, want, list("?market=DE&brand=X"))
	require.Equal(t, want, list(""))
	require.Empty(t, list("?market=TR&brand=X"))
}

// checkConflict uses an event id again for something else.
func checkConflict(t *testing.T, w *web) {
	t.Helper()
	other := sprintRound{id: "cap", user: "u_123", at: 15 * time.Minute, win: 9900}
	got := w.post(t, other.String())
	require.Equal(t, http.StatusConflict, got.status, got.body)
	code, field := failureOf(t, got)
	require.Equal(t, []string{"failed_precondition", "event_id"}, []string{code, field})
	mixed := w.post(t, inBatch([]sprintRound{other, {id: "mark2", user: "u_mark", at: 41 * time.Minute, win: 100}}))
	require.Equal(t, http.StatusAccepted, mixed.status, mixed.body)
	require.Contains(t, mixed.body, `"rejected":1`)
	waitForTop(t, w, append(append([]boardRow{}, sprintTop[:9]...), boardRow{10, "u_mark", "200"}, boardRow{11, "u_stake", "150"}))
}

// checkEnd lets the clock run past the window: what comes after it does not count, and the standings are frozen with all that came before.
func checkEnd(t *testing.T, w *web) {
	t.Helper()
	before := w.board(t, sprint, "top=100")
	require.Equal(t, http.StatusAccepted, w.post(t, sprintRound{id: "after", user: "u_stake", at: time.Hour, win: 5000}.String()).status)
	require.Equal(t, http.StatusAccepted, w.post(t, sprintRound{id: "long after", user: "u_stake", at: 72 * time.Hour, win: 5000}.String()).
		status)
	require.Eventually(t, func() bool { return w.board(t, sprint, "top=1").Status == "final" }, patience, waitStep)
	require.Equal(t, before.Top, w.board(t, sprint, "top=100").Top)
}

func failureOf(t *testing.T, got *answer) (code, field string) {
	t.Helper()
	var said struct {
		Error struct {
			Code, Message string
			Details       struct{ Field string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &said), got.body)
	require.NotEmpty(t, said.Error.Message)
	return said.Error.Code, said.Error.Details.Field
}

// TestSameEventFromManyCallersAtOnce is one event in a thousand requests at once: one score, and nobody can tell whose request was first.
func TestSameEventFromManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	const callers = 1000
	w := startSprint(t)
	body := sprintRound{id: "once", user: "u_once", at: 10 * time.Minute, win: 300}.String()
	answers, failures := make([]*answer, callers), make([]error, callers)
	var together sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		together.Go(func() {
			<-start
			// A machine may be so busy that the server waits in vain for a request and hangs up: who has no answer asks again.
			for range 10 {
				if answers[i], failures[i] = w.call(t.Context(), http.MethodPost, "/v1/events", body, ""); failures[i] == nil {
					return
				}
			}
		})
	}
	close(start)
	together.Wait()
	first := 0
	for i, got := range answers {
		require.NoError(t, failures[i])
		require.Equal(t, http.StatusAccepted, got.status, got.body)
		if got.body == "{\"accepted\":true}\n" {
			first++
			continue
		}
		require.Equal(t, "{\"accepted\":true,\"duplicate\":true}\n", got.body)
	}
	require.LessOrEqual(t, first, 1)
	require.Equal(t, http.StatusAccepted, w.post(t, sprintRound{id: "then", user: "u_once", at: 11 * time.Minute, win: 100}.String()).status)
	waitForTop(t, w, []boardRow{{1, "u_once", "400"}})
}

// TestBadEventsAreRefusedByField sends what a broken or hostile sender might; the clock is the real one, so a date can lie in the future.
func TestBadEventsAreRefusedByField(t *testing.T) {
	t.Parallel()
	w := newWeb(t, startDev(t), "k")
	event := func(replace, by string) string {
		text := `{"event_id":"e1","name":"round_end","ts":"2025-10-25T18:11:37Z","user_id":"u1","game":{"id":"g_1"},"bet":{"amount_minor":100,"currency":"EUR"},"win":{"amount_minor":250,"multiplier":2.5}}`
		require.Contains(t, text, replace)
		return strings.Replace(text, replace, by, 1)
	}
	bad := []struct{ what, body, field string }{
		{"duplicate key", event(`"user_id":"u1"`, `"user_id":"u1","user_id":"u2"`), "user_id"},
		{"duplicate key inside", event(`"amount_minor":100`, `"amount_minor":100,"amount_minor":1`), "bet.amount_minor"},
		{"NaN", event(`2.5`, `NaN`), "win.multiplier"},
		{"1e400", event(`2.5`, `1e400`), "win.multiplier"},
		{"1e400 as an amount", event(`250`, `1e400`), "win.amount_minor"},
		{"2^63", event(`250`, `9223372036854775808`), "win.amount_minor"},
		{"less than nothing", event(`250`, `-1`), "win.amount_minor"},
		{"empty id", event(`"e1"`, `""`), "event_id"},
		{"no id", event(`"event_id":"e1",`, ``), "event_id"},
		{"1 MB id", event(`"e1"`, `"`+strings.Repeat("e", 1<<20)+`"`), "event_id"},
		{"unknown name", event(`round_end`, `round_ends`), "name"},
		{"unknown field", event(`"game"`, `"gamble":1,"game"`), "gamble"},
		{"future date", event(`2025-10-25`, `2125-10-25`), "ts"},
		{"no date", event(`2025-10-25T18:11:37Z`, `yesterday`), "ts"},
		{"bad UTF-8", event(`"u1"`, "\"u\xff\""), "user_id"},
		{"half a surrogate", event(`"u1"`, `"u\ud800"`), "user_id"},
		{"no player", event(`"user_id":"u1",`, ``), "user_id"},
		{"no such currency", event(`"EUR"`, `"EUX"`), "bet.currency"},
	}
	for _, one := range bad {
		got := w.post(t, one.body)
		require.Equal(t, http.StatusBadRequest, got.status, "%s: %s", one.what, got.body)
		code, field := failureOf(t, got)
		assert.Equal(t, "invalid_argument", code, one.what)
		assert.Equal(t, one.field, field, "%s: %s", one.what, got.body)
		assert.Less(t, len(got.body), 4096, one.what)
	}
	for _, body := range []string{"", "{", "[]", "null", "\xff", `{"events":[]}`, `{"events":{}}`} {
		got := w.post(t, body)
		require.Equal(t, http.StatusBadRequest, got.status, "%q: %s", body, got.body)
	}
	got := w.post(t, event(`2025-10-25`, `2025-10-25`))
	require.Equal(t, http.StatusAccepted, got.status, got.body)
	require.JSONEq(t, `{"accepted":true}`, got.body, "nothing of the above took the id")
}
