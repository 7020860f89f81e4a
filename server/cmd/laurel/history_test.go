package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
)

// TestHistoryIsImported has a file that is older than the horizon: it is refused by name, and comes in as history, once.
func TestHistoryIsImported(t *testing.T) {
	t.Parallel()
	at := startDev(t, "LAUREL_HORIZON_DAYS=30")
	file, into := filepath.Join(t.TempDir(), "events.jsonl"), filepath.Join(t.TempDir(), "report.json")
	var text strings.Builder
	for i := range 3 {
		fmt.Fprintf(&text, `{"event_id":"e%d","name":"login","ts":%q,"user_id":"u"}`+"\n", i, time.Now().AddDate(0, 0, -29-i).UTC().
			Format(time.RFC3339))
	}
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))

	_, err := runIngest(t.Context(), t, "--url="+at, "--report="+into, file)
	require.ErrorIs(t, err, errNotAllAccepted)
	r := report(t, into)
	require.Equal(t, []int64{1, 0, 2}, []int64{r.Events.Accepted, r.Events.Duplicates, r.Events.Rejected})
	require.Equal(t, "ts", r.Rejections[0].Field, "as the file names it")
	require.Contains(t, r.Rejections[0].Reason, "30 days")
	require.Contains(t, r.Rejections[0].Reason, "laurel ingest --history")
	require.Equal(t, int64(2), r.Rejections[0].FirstLine)

	for _, want := range [][]int64{{3, 0, 0}, {0, 3, 0}} {
		_, err = runIngest(t.Context(), t, "--url="+at, "--history", "--report="+into, file)
		require.NoError(t, err)
		r = report(t, into)
		require.True(t, r.History)
		require.Equal(t, want, []int64{r.Events.Accepted, r.Events.Duplicates, r.Events.Rejected})
	}

	metrics, err := newWeb(t, at, "k").call(t.Context(), http.MethodGet, "/metrics", "", "")
	require.NoError(t, err)
	require.Contains(t, metrics.body, "laurel_events_too_old_total 2\n")
	require.Contains(t, metrics.body, "laurel_events_rejected_total 2\n")
}

// TestTheHorizonIsOneForAllProcesses: who names none follows the one that the database has.
func TestTheHorizonIsOneForAllProcesses(t *testing.T) {
	t.Parallel()
	database := "LAUREL_DATABASE_URL=" + postgres(t).URL("postgres")
	days := func(at string, ago int) int {
		body := fmt.Sprintf(`{"event_id":"e%d-%d","event_name":"login","ts":%q,"user_id":"u"}`, ago, time.Now().UnixNano(),
			time.Now().AddDate(0, 0, -ago).UTC().Format(time.RFC3339))
		got, err := newWeb(t, at, "k").call(t.Context(), http.MethodPost, "/v1/events", body, "")
		require.NoError(t, err)
		return got.status
	}
	first := startDev(t, database)
	require.Equal(t, []int{http.StatusAccepted, http.StatusBadRequest}, []int{days(first, 399), days(first, 401)}, "the default")
	second := startDev(t, database, "LAUREL_HORIZON_DAYS=10")
	require.Equal(t, []int{http.StatusAccepted, http.StatusBadRequest}, []int{days(second, 9), days(second, 11)})
	require.Eventually(t, func() bool { return days(first, 11) == http.StatusBadRequest }, patience, 100*time.Millisecond)
	third := startDev(t, database)
	require.Equal(t, http.StatusBadRequest, days(third, 11))
}

// TestARunOfHistoryIsGoneOnAsOne: half a file must not come in as history and half of it live.
func TestARunOfHistoryIsGoneOnAsOne(t *testing.T) {
	t.Parallel()
	down := true
	server, url := receive(t, func(call int) error {
		if down && call > 3 {
			return connect.NewError(connect.CodeInternal, errors.New("broke"))
		}
		return nil
	})
	file := jsonlOf(t, 500)
	_, err := runIngest(t.Context(), t, "--url="+url, "--batch=100", "--history", file)
	require.ErrorContains(t, err, "300 rows are done")
	down = false
	_, err = runIngest(t.Context(), t, "--url="+url, "--batch=100", file)
	require.ErrorContains(t, err, "begun with --history: go on like that, or start anew with --no-resume")
	_, err = runIngest(t.Context(), t, "--url="+url, "--batch=100", "--history", file)
	require.NoError(t, err)
	require.Len(t, server.ids, 500)
	require.Equal(t, 500, server.history)
}
