package load

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/client"
)

func settingsFor(url string) Settings {
	return Settings{URL: []string{url}, Key: "key", Duration: time.Second, Batch: 20, Workers: 3, Players: 50, Probes: 50, Contest: "c"}
}

// TestAReportCountsWhatTheServerAnswered puts a small server under load, which knows what it said: nothing is counted twice or forgotten.
func TestAReportCountsWhatTheServerAnswered(t *testing.T) {
	t.Parallel()
	server, url := newFake(t)
	settings := settingsFor(url)
	settings.Rate = 2000
	var log strings.Builder
	report, err := Run(t.Context(), settings, time.Now, &log)
	require.NoError(t, err)
	require.Equal(t, "0 sockets watch c; sending for 1s\n", log.String())
	said, _ := server.said()
	require.Equal(t, said, told{
		accepted: report.Accepted, duplicates: report.Duplicates, rejected: report.Rejected, busy: report.Busy, errors: report.Errors,
		batches: report.Ingest.Count,
	})
	require.Positive(t, report.Accepted)
	require.Equal(t, "brand is not ours", report.FirstReason)
	require.Contains(t, report.FirstError, "status 500")
	require.LessOrEqual(t, report.Accepted+report.Duplicates+report.Rejected, int64(2000+20), "as many as were asked for")
	require.Zero(t, report.Probes)
	require.Zero(t, report.DrainSeconds)
}

// TestSocketsSeeEveryProbeOnce watches the board of the small server, which keeps some deltas from one of the sockets.
func TestSocketsSeeEveryProbeOnce(t *testing.T) {
	t.Parallel()
	server, url := newFake(t)
	settings := settingsFor(url)
	settings.Rate, settings.Sockets = 200, 3
	report, err := Run(t.Context(), settings, time.Now, io.Discard)
	require.NoError(t, err)
	said, gaps := server.said()
	require.Equal(t, said.probes, report.Probes)
	require.Positive(t, report.Probes)
	require.Equal(t, 3*report.Probes, report.Push.Count)
	require.Equal(t, said.accepted, report.Accepted)
	require.LessOrEqual(t, report.Gaps, gaps, "several deltas may be missing in one gap")
	require.Positive(t, report.Gaps)
	require.Zero(t, report.LostSockets)
	require.Contains(t, report.String(), "gaps healed, 0 lost\n")
}

func TestSettingsOutOfBoundsAreNamed(t *testing.T) {
	t.Parallel()
	require.NoError(t, settingsFor("http://x").Check())
	for name, change := range map[string]func(s *Settings, value int){
		"rate must be 0 to 1000000":       func(s *Settings, value int) { s.Rate = value },
		"batch must be 1 to":              func(s *Settings, value int) { s.Batch = value },
		"workers must be 1 to 256":        func(s *Settings, value int) { s.Workers = value },
		"players must be 1 to 10000000":   func(s *Settings, value int) { s.Players = value },
		"sockets must be 0 to 20000":      func(s *Settings, value int) { s.Sockets = value },
		"probes must be 1 to 100":         func(s *Settings, value int) { s.Probes = value },
		"duration must be 1s to 24h":      func(s *Settings, value int) { s.Duration = time.Duration(value) * time.Minute },
		`url must be like http://127.0.0`: func(s *Settings, _ int) { s.URL = append(s.URL, "localhost:8080") },
		"url names no server":             func(s *Settings, _ int) { s.URL = nil },
	} {
		for _, value := range []int{-1, 1 << 30} {
			s := settingsFor("http://x")
			change(&s, value)
			err := s.Check()
			require.ErrorContains(t, err, name)
			require.True(t, strings.HasPrefix(err.Error(), name))
			_, ran := Run(t.Context(), s, nil, nil)
			require.Equal(t, err, ran, "nothing is begun")
		}
	}
}

func TestServersTakeTurns(t *testing.T) {
	t.Parallel()
	s := Settings{URL: []string{"http://a/", "http://b"}, Key: "key", Sockets: 10, Workers: 4}
	for turn, url := range []string{"http://a", "http://b", "http://a", "http://b"} {
		require.Equal(t, client.Server{URL: url, Key: "key"}, s.server(turn))
	}
	require.Equal(t, 10+4*2+ownFiles, s.Files())
}
