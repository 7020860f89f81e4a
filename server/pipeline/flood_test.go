package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// flood has cutEvents events meet cutContests contests in which none of them counts, and returns how many events each batch had.
func (p *process) flood(t *testing.T, first ...*laurelv1.Event) (batches []int) {
	t.Helper()
	for i := range cutContests {
		yaml := "kind: Contest\nid: c" + fmt.Sprint(i) + "\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\n" +
			"scoring: {formula: \"log(win.amount)\"}\nleaderboard: {type: sum}\n"
		_, _, err := p.catalog.Publish(t.Context(), catalog.Publication{Yaml: yaml, By: "test"})
		require.NoError(t, err)
	}
	require.NoError(t, p.contests.Sync(t.Context()))
	if len(first) > 0 {
		p.send(t, first...)
		p.fold(t)
	}
	win := int64(len(first)) * 100 // the logarithm of 0 is an error
	for from := 0; from < cutEvents; from += 1000 {
		events := make([]*laurelv1.Event, 0, 1000)
		for i := from; i < from+1000; i++ {
			events = append(events, spin{id: fmt.Sprint(i), user: fmt.Sprint("u", i%cutPlayers), at: at(i % 3600), bet: 100, win: win}.event())
		}
		p.send(t, events...)
	}
	p.readable(t, cutEvents+len(first))
	p.pipeline.Scored = func(_ time.Duration, events int) { batches = append(batches, events) }
	p.fold(t)
	return batches
}

// readable waits until all events can be read at once, whatever other tests of the same server have open.
func (p *process) readable(t *testing.T, events int) {
	t.Helper()
	partitions := make([]int, p.journal.Partitions())
	for i := range partitions {
		partitions[i] = i
	}
	require.Eventually(t, func() bool {
		records, _, err := p.journal.Read(t.Context(), partitions, make(journal.Positions, len(partitions)), events+1)
		return err == nil && len(records) == events
	}, 30*time.Second, 5*time.Millisecond)
}

// TestBatchIsCutAtItsDeadLetters sends events that no contest can score: a batch of all of them would take too long to be ever committed.
func TestBatchIsCutAtItsDeadLetters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		require.Len(t, p.flood(t), 2, "the batch was cut in two")
		letters, err := s.Ent().DeadLetter.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, cutContests*cutEvents, letters, "each event is buried once for each contest")
	})
}

// TestBatchIsCutAtItsLateEvents plays history in for contests that have closed.
func TestBatchIsCutAtItsLateEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		closing := spin{id: "past the grace", user: "a", at: at(4000), bet: 100, win: 100}.event()
		require.Len(t, p.flood(t, closing), 2, "the batch was cut in two")
		late, err := s.Ent().LateEvent.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, cutContests*cutEvents, late, "each event is recorded once for each contest")
	})
}
