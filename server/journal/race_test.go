package journal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOverlappingAppendsInOtherOrderDoNotFail has two callers send the same events in opposite order. A third one holds the event in the
// middle, so that each of the two stands between its first event and its last: writers that took their rows in the order of
// their calls would now wait for each other, and the database would end one of them.
func TestOverlappingAppendsInOtherOrderDoNotFail(t *testing.T) {
	t.Parallel()
	s, url := openPostgres(t)
	j := open(t, s)
	middle := begin(t, url)
	_, err := j.insertPostgres(t.Context(), middle, postgresAppendAny, []Entry{entry("m", "1")}, 1, noFloor)
	require.NoError(t, err)

	type answer struct {
		statuses []Status
		err      error
	}
	answers := make(chan answer, 2)
	forth := []Entry{entry("a", "1"), entry("m", "1"), entry("z", "1")}
	back := []Entry{entry("z", "1"), entry("m", "1"), entry("a", "1")}
	for _, entries := range [][]Entry{forth, back} {
		go func() {
			statuses, err := j.Append(t.Context(), entries, 1)
			answers <- answer{statuses, err}
		}()
	}
	require.Eventually(t, func() bool {
		var waiting int
		err := s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "+
			"wait_event_type = 'Lock'").Scan(&waiting)
		return err == nil && waiting == 2
	}, 20*time.Second, 5*time.Millisecond, "both callers have begun and wait")
	require.NoError(t, middle.Rollback())
	appended := 0
	for range 2 {
		got := <-answers
		require.NoError(t, got.err)
		for _, status := range got.statuses {
			require.Contains(t, []Status{Appended, Duplicate}, status)
			if status == Appended {
				appended++
			}
		}
	}
	require.Equal(t, 3, appended, "each event is new for one of the two callers")
}
