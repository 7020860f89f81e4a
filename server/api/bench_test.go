package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/api"
)

// fetch sends one request over a shared client and reads the answer.
func fetch(b *testing.B, client *http.Client, method, url string, body io.Reader, want int) {
	request, err := http.NewRequestWithContext(b.Context(), method, url, body)
	require.NoError(b, err)
	if body != nil {
		request.Header.Set("Authorization", "Bearer "+devKey)
	}
	response, err := client.Do(request)
	require.NoError(b, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(b, err)
	_ = response.Body.Close()
	require.Equal(b, want, response.StatusCode)
}

// BenchmarkPostEvents sends batches of 100 new events through the whole door into SQLite.
func BenchmarkPostEvents(b *testing.B) {
	server := setup(b)
	now := time.Now()
	var number atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for pb.Next() {
			events := make([]string, 100)
			for i := range events {
				events[i] = spin(fmt.Sprint("e_", number.Add(1)), now, "")
			}
			fetch(b, client, http.MethodPost, server.url+"/v1/events", strings.NewReader(`{"events":[`+strings.Join(events, ",")+`]}`),
				http.StatusAccepted)
		}
	})
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkPublicBoard reads the top 100 as strangers do: all but one reader a second share an answer.
func BenchmarkPublicBoard(b *testing.B) {
	server := setup(b, func(c *api.Config) { c.CallsPerSecond = 1_000_000 })
	server.publish(b, "c1", "")
	units := map[string]int64{}
	for i := range 10_000 {
		units[fmt.Sprint("u_", i)] = int64(i)
	}
	server.load(b, "c1", units)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for pb.Next() {
			fetch(b, client, http.MethodGet, server.url+"/v1/leaderboards/c1?top=100", nil, http.StatusOK)
		}
	})
}
