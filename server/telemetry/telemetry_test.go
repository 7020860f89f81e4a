package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/telemetry"
)

func scrape(t *testing.T, figures *telemetry.Telemetry) map[string]string {
	t.Helper()
	answer := httptest.NewRecorder()
	figures.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	lines := make(map[string]string)
	for line := range strings.Lines(answer.Body.String()) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), " "); found && !strings.HasPrefix(line, "#") {
			lines[name] = value
		}
	}
	return lines
}

func TestScrapeShowsEveryFigure(t *testing.T) {
	t.Parallel()
	figures := telemetry.New(time.Now)
	figures.ObserveIngest(16*time.Microsecond, 5, 4, 3)
	figures.ObserveIngest(time.Second, 0, 0, 0)
	figures.ObserveRule(time.Millisecond, 7)
	figures.ObserveBoard(time.Millisecond)
	figures.ObservePush(96*time.Microsecond, 20)
	figures.SetLag(2500*time.Millisecond, 99)
	figures.SocketOpened()
	figures.SocketSlow()
	figures.DeadLetter()
	figures.Conflict()
	figures.Conflict()
	figures.TooOld()
	figures.KeysDropped(6)

	lines := scrape(t, figures)
	for name, value := range map[string]string{
		"laurel_events_accepted_total":                             "5",
		"laurel_events_duplicate_total":                            "4",
		"laurel_events_rejected_total":                             "3",
		"laurel_events_folded_total":                               "7",
		"laurel_dead_letters_total":                                "1",
		"laurel_event_conflicts_total":                             "2",
		"laurel_events_too_old_total":                              "1",
		"laurel_event_keys_dropped_total":                          "6",
		"laurel_sockets":                                           "1",
		"laurel_sockets_slow_total":                                "1",
		"laurel_journal_lag_seconds":                               "2.5",
		"laurel_journal_lag_events":                                "99",
		`laurel_stage_seconds_count{stage="ingest"}`:               "2",
		`laurel_stage_seconds_sum{stage="ingest"}`:                 "1.000016",
		`laurel_stage_seconds_bucket{stage="ingest",le="1.6e-05"}`: "1",
		`laurel_stage_seconds_bucket{stage="ingest",le="+Inf"}`:    "2",
		`laurel_stage_seconds_bucket{stage="push",le="6.4e-05"}`:   "0",
		`laurel_stage_seconds_bucket{stage="push",le="9.6e-05"}`:   "20",
		`laurel_stage_seconds_count{stage="rule"}`:                 "1",
		`laurel_stage_seconds_count{stage="board"}`:                "1",
	} {
		require.Equal(t, value, lines[name], name)
	}
	require.Contains(t, lines, "go_goroutines")
}

// TestEventsWithoutRateAreCountedByContest counts for contests, one of which ends.
func TestEventsWithoutRateAreCountedByContest(t *testing.T) {
	t.Parallel()
	figures := telemetry.New(time.Now)
	unread := 3
	figures.CountUnread(func() int { return unread })
	figures.EventsWithoutRate("b", 2)
	figures.EventsWithoutRate("a", 5)
	figures.EventsWithoutRate("over", 9)
	figures.EventsWithoutRate("b", 3)
	figures.ForgetContest("over")
	lines := scrape(t, figures)
	require.Equal(t, "5", lines[`laurel_events_without_rate_total{contest="a"}`])
	require.Equal(t, "5", lines[`laurel_events_without_rate_total{contest="b"}`])
	require.NotContains(t, lines, `laurel_events_without_rate_total{contest="over"}`)
	require.Equal(t, "3", lines["laurel_definitions_unread"])
	var named []string
	for _, one := range figures.WithoutRate() {
		named = append(named, one.GetContestId())
	}
	require.Equal(t, []string{"a", "b"}, named, "as many events, then by id")
}

func TestTwoEnginesShareNoFigure(t *testing.T) {
	t.Parallel()
	one, other := telemetry.New(time.Now), telemetry.New(time.Now)
	one.DeadLetter()
	require.Equal(t, "0", scrape(t, other)["laurel_dead_letters_total"])
}

func TestLogCarriesTraceAndNothingPersonal(t *testing.T) {
	t.Parallel()
	figures := telemetry.New(time.Now)
	ctx, span := figures.Tracer().Start(t.Context(), "fold")
	defer span.End()

	var out bytes.Buffer
	log := telemetry.NewLogger(&out, telemetry.LogSettings{})
	log.With("contest", "t_october_sprint").WithGroup("door").ErrorContext(ctx, "refused",
		"user_id", "u_123", "email", "a@example.org", "ip", "192.0.2.7", "token", "eyJ",
		"subject", &laurelv1.Hello{Token: "eyJ"}, "error", errors.New("too many"), slog.Group("inner", "player", "u_123"))
	require.NotContains(t, out.String(), "u_123")
	require.NotContains(t, out.String(), "example.org")
	require.NotContains(t, out.String(), "192.0.2.7")
	require.NotContains(t, out.String(), "eyJ")

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "t_october_sprint", line["contest"])
	door := line["door"].(map[string]any)
	require.Equal(t, "too many", door["error"])
	require.Equal(t, "[laurel.v1.Hello]", door["subject"])
	require.Equal(t, span.SpanContext().TraceID().String(), door["trace_id"])
	require.Len(t, door["trace_id"], 32)
}

func TestLogLevelAndText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, telemetry.LogSettings{Level: slog.LevelWarn, Text: true})
	log.Info("quiet")
	require.Empty(t, out.String())
	log.Warn("loud", "password", "hunter2")
	require.Contains(t, out.String(), "msg=loud")
	require.NotContains(t, out.String(), "hunter2")
}

func TestSpansReachTheCollector(t *testing.T) {
	t.Parallel()
	bodies := make(chan []byte, 4)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.URL.Path == "/v1/traces" {
			bodies <- body
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	defer collector.CloseClientConnections()

	figures := telemetry.New(time.Now)
	require.NoError(t, figures.StartTracing(t.Context(), telemetry.TraceSettings{Endpoint: collector.URL}))
	_, span := figures.Tracer().Start(t.Context(), "fold batch of t_october_sprint")
	require.True(t, span.IsRecording())
	span.End()
	require.NoError(t, figures.Close(context.WithoutCancel(t.Context())))
	require.Contains(t, string(<-bodies), "fold batch of t_october_sprint")
}

func TestTracingIsOffByDefault(t *testing.T) {
	t.Parallel()
	figures := telemetry.New(time.Now)
	require.NoError(t, figures.StartTracing(t.Context(), telemetry.TraceSettings{}))
	_, span := figures.Tracer().Start(t.Context(), "fold")
	require.False(t, span.IsRecording())
	require.NoError(t, figures.Close(t.Context()))
}

func TestTraceSettingsAreChecked(t *testing.T) {
	t.Parallel()
	figures := telemetry.New(time.Now)
	for _, endpoint := range []string{"127.0.0.1:4318", "ftp://host", "http://", "::"} {
		err := figures.StartTracing(t.Context(), telemetry.TraceSettings{Endpoint: endpoint})
		require.ErrorContains(t, err, "must be a URL such as http://127.0.0.1:4318", endpoint)
	}
	err := figures.StartTracing(t.Context(), telemetry.TraceSettings{Endpoint: "http://127.0.0.1:1", Ratio: 2})
	require.ErrorContains(t, err, "trace ratio")
}
