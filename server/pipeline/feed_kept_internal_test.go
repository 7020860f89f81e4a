package pipeline

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// filled is a feed for two lanes of one partition each, which has read what was appended; each event has a body of some bytes.
func filled(t *testing.T, readings, events, size int) *feed {
	t.Helper()
	j, err := journal.Open(t.Context(), storetest.Open(t, store.SQLite), 2)
	require.NoError(t, err)
	f := newFeed(j, events)
	f.restart([]int{0, 1}, make(journal.Positions, 2), 2)
	for reading := range readings {
		entries := make([]journal.Entry, events)
		for i := range entries {
			entries[i] = journal.Entry{EventID: fmt.Sprint(reading, " ", i), UserID: fmt.Sprint("u", i), Body: bytes.Repeat([]byte{255}, size)}
		}
		_, err := j.Append(t.Context(), entries, 1)
		require.NoError(t, err)
		for read := 1; read > 0; {
			read, err = f.fill(t.Context())
			require.NoError(t, err)
		}
	}
	return f
}

// TestFeedKeepsWhatALaneStillNeeds has one lane take everything and the other nothing, and then the other as well.
func TestFeedKeepsWhatALaneStillNeeds(t *testing.T) {
	t.Parallel()
	const readings, events = 5, 20
	f := filled(t, readings, events, 1)
	take := func(lane int) (got int) {
		for positions := make(journal.Positions, 2); ; {
			events, end, found := f.next(lane, []int{lane}, positions, 7)
			require.True(t, found, "it is in the feed")
			got, positions = got+len(events), end
			if len(events) == 0 {
				return got
			}
		}
	}
	first := take(0)
	require.Len(t, f.chunks, readings, "the other lane has taken none of them")
	require.Equal(t, readings*events, first+take(1))
	require.Len(t, f.chunks, 1, "nobody needs what all have taken")
	require.Equal(t, len(f.chunks[0].events), f.events)
}

// TestFeedKeepsSoManyBytes has no lane take anything of large events, and then one lane.
func TestFeedKeepsSoManyBytes(t *testing.T) {
	t.Parallel()
	const size, events = 200_000, 40
	f := filled(t, 4, events, size)
	require.LessOrEqual(t, f.bytes, keptBytes)
	require.Less(t, f.events, 4*events)
	for i := range f.chunks {
		require.Less(t, f.chunks[i].bytes, journal.MaxRead+size)
	}
	require.NotNil(t, f.full(), "nothing more is read")
	taken, _, found := f.next(0, []int{0}, f.chunks[0].after, 1000)
	require.True(t, found)
	require.Less(t, len(taken)*size, journal.MaxRead+size)

	all, at := 0, make(journal.Positions, 2)
	for {
		records, end, err := f.journal.Read(t.Context(), []int{0, 1}, at, 1000)
		require.NoError(t, err)
		if all, at = all+len(records), end; len(records) == 0 {
			break
		}
		require.Less(t, len(records)*size, journal.MaxRead+size)
	}
	require.Equal(t, 4*events, all)
}
