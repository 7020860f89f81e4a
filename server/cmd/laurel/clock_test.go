package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

const (
	// aheadBy is how wrong a clock is, and skewedWindow how long the contest still runs when it is published.
	aheadBy      = 2 * time.Hour
	skewedWindow = 4 * time.Second
	// skewedPlayers are enough to be in partitions of both processes.
	skewedPlayers = 32
)

// safeLog is a log that a test reads while a server writes it.
type safeLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestClockTwoHoursAheadEndsNothing runs two processes on one installation, one of which has a clock two hours ahead. Both take events and
// fold, and the contest ends when its window does, with the rounds that came in time at either.
func TestClockTwoHoursAheadEndsNothing(t *testing.T) {
	t.Parallel()
	database, redis, said := postgres(t), redistest.Start(t), &safeLog{}
	shared := func(s *server) {
		s.storage = storage{DatabaseURL: database.URL("postgres"), RedisURL: "redis://" + redis.Addr}
	}
	right := newWeb(t, startServer(t, "real", nil, shared), "k")
	wrong := newWeb(t, startServer(t, "real", nil, shared, func(s *server) {
		s.wall, s.logTo = func() time.Time { return time.Now().Add(aheadBy) }, said
	}), "k")
	require.Eventually(t, func() bool {
		got := wrong.get(t, "/readyz")
		return got.status == http.StatusServiceUnavailable && strings.Contains(got.body, "ahead of the database's: set it right")
	}, patience, waitStep)
	require.Contains(t, said.String(), "this machine's clock is too far from the database's")
	require.Equal(t, http.StatusOK, right.get(t, "/readyz").status)

	end := time.Now().Add(skewedWindow).UTC().Truncate(time.Second)
	catalog := laurelv1connect.NewCatalogServiceClient(wrong.client, wrong.at+"/rpc", connect.WithInterceptors(bearer("k")))
	_, err := catalog.PublishDefinition(t.Context(), &laurelv1.PublishDefinitionRequest{Yaml: fmt.Sprintf(
		"kind: Contest\nid: skewed\nwindow: {start: %s, end: %s, tz: UTC, grace_seconds: 0}\nleaderboard: {type: count}\n",
		end.Add(-time.Hour).Format(time.RFC3339), end.Format(time.RFC3339))})
	require.NoError(t, err)

	both := []*web{right, wrong}
	for _, w := range both {
		require.Eventually(t, func() bool { return w.get(t, "/v1/leaderboards/skewed?top=1").status == http.StatusOK }, patience, waitStep,
			"both know it")
	}

	// rounds of each player: acknowledged before the end, and posted before anybody called the contest final
	inTime, sent := map[string]int64{}, map[string]int64{}
	for number := 0; ; number++ {
		w, user := both[number%2], fmt.Sprintf("u%02d", number/2%skewedPlayers)
		if w.board(t, "skewed", "top=1").Status == "final" {
			require.False(t, time.Now().Before(end), "it is not final before its end")
			break
		}
		sent[user]++
		playSkewed(t, w, user, number, end)
		if time.Now().Before(end) {
			inTime[user]++
		}
	}
	playSkewed(t, wrong, "late", 0, end)
	checkSkewed(t, right, inTime, sent)
	checkSkewed(t, wrong, inTime, sent)
}

// playSkewed posts a round that lies in the window of the contest, whenever it is posted.
func playSkewed(t *testing.T, w *web, user string, number int, end time.Time) {
	t.Helper()
	got := w.post(t, fmt.Sprintf(`{"event_id":"%s-%d","event_name":"round_end","ts":"%s","user_id":%q,"market":"DE","brand":"X","game":{"id":"g_1","provider":"Hacksaw"},
		"bet":{"amount_minor":100,"currency":"EUR"},"win":{"amount_minor":100,"currency":"EUR"},"round":{"id":"r-%s-%d","state":"ended","duration_ms":1000}}`,
		user, number, end.Add(-time.Second).Format(time.RFC3339), user, user, number))
	require.Equal(t, http.StatusAccepted, got.status, got.body)
}

// checkSkewed wants a final board with every round that was in time, and none that wasn't sent in time.
func checkSkewed(t *testing.T, w *web, inTime, sent map[string]int64) {
	t.Helper()
	require.Eventually(t, func() bool { return w.board(t, "skewed", "top=1").Status == "final" }, patience, waitStep)
	rows, stale := w.wholeBoard(t, "skewed")
	require.False(t, stale)
	scores := map[string]int64{}
	for _, row := range rows {
		score, err := row.Score.Int64()
		require.NoError(t, err)
		scores[row.User] = score
		require.LessOrEqual(t, score, sent[row.User], row.User)
	}
	require.NotEmpty(t, inTime)
	for user, count := range inTime {
		require.GreaterOrEqual(t, scores[user], count, "what was acknowledged to %s before the end counts", user)
	}
}
