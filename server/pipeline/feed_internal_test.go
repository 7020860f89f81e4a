package pipeline

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// feedPartitions is how many partitions the journal of these tests has, feedPlayers how many players share them, and feedWorlds how many
// worlds one check sees: they are quick, and what goes wrong is rare.
const feedPartitions, feedPlayers, feedWorlds = 6, 20, 10

// feedWorld is a feed, the lanes that take from it, and a list of everything that was appended.
type feedWorld struct {
	*rapid.T
	journal *journal.Journal
	store   *store.Store
	feed    *feed
	lanes   []*feedLane
	// all is the journal in the order of positions, by partition; stored is what the database says of each partition, at or behind what its
	// lane has taken.
	all    [feedPartitions][]int64
	stored journal.Positions
	// head is the last position of the journal, and events counts those of all worlds, so that each has an id of its own.
	head   int64
	events *int
}

// feedLane is a lane as the feed knows it.
type feedLane struct {
	number     int
	partitions []int
	positions  journal.Positions
}

// TestFeedIsLikeTheJournal has lanes take from a feed at random moments: it is behind them, or they behind it, chunks are dropped,
// partitions come and go with cursors of their own. Each lane gets every record of its partitions once and in order, and none waits for
// ever.
func TestFeedIsLikeTheJournal(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	j, err := journal.Open(t.Context(), s, feedPartitions)
	require.NoError(t, err)
	events := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range feedWorlds {
			w := &feedWorld{T: rt, journal: j, store: s, events: &events}
			w.begin()
			for range rapid.IntRange(1, 60).Draw(rt, "steps") {
				w.step()
			}
			w.finish()
		}
	})
}

// begin starts behind what earlier worlds have left in the journal.
func (w *feedWorld) begin() {
	require.NoError(w, w.store.Read().QueryRowContext(context.Background(), "SELECT coalesce(max(id), 0) FROM journal_event").Scan(&w.head))
	w.stored = journal.Uniform(feedPartitions, w.head)
	lanes := rapid.IntRange(1, 4).Draw(w.T, "lanes")
	w.feed = newFeed(w.journal, rapid.IntRange(1, 6).Draw(w.T, "limit"))
	for number := range lanes {
		w.lanes = append(w.lanes, &feedLane{number: number, positions: slices.Clone(w.stored)})
	}
	w.share()
}

func (w *feedWorld) step() {
	switch rapid.IntRange(0, 9).Draw(w.T, "what") {
	case 0, 1, 2:
		w.append(rapid.IntRange(1, 12).Draw(w.T, "events"))
	case 3, 4, 5:
		w.fill()
	case 6, 7, 8:
		w.take(rapid.SampledFrom(w.lanes).Draw(w.T, "lane"))
	default:
		w.share()
	}
}

// append adds events; players decide the partitions, and some worlds have few of them.
func (w *feedWorld) append(count int) {
	players := rapid.IntRange(1, feedPlayers).Draw(w.T, "players")
	entries := make([]journal.Entry, count)
	for i := range entries {
		*w.events++
		user := fmt.Sprint("u", rapid.IntRange(1, players).Draw(w.T, "player"))
		entries[i] = journal.Entry{EventID: fmt.Sprint("e", *w.events), UserID: user, Body: []byte{1}}
	}
	_, err := w.journal.Append(context.Background(), entries, 1)
	require.NoError(w, err)
	rows, err := w.store.Read().QueryContext(context.Background(), "SELECT id, partition FROM journal_event WHERE id > $1 ORDER BY id", w.head)
	require.NoError(w, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var seq int64
		var partition int
		require.NoError(w, rows.Scan(&seq, &partition))
		w.all[partition], w.head = append(w.all[partition], seq), seq
	}
	require.NoError(w, rows.Err())
}

func (w *feedWorld) fill() (events int) {
	if w.feed.full() != nil {
		return 0
	}
	events, err := w.feed.fill(context.Background())
	require.NoError(w, err)
	return events
}

// take has a lane take events as it does in a cycle, and checks that they are the next ones.
func (w *feedWorld) take(l *feedLane) (events []fold.Event) {
	if len(l.partitions) == 0 {
		return nil
	}
	limit := rapid.IntRange(1, 8).Draw(w.T, "batch")
	events, end, found := w.feed.next(l.number, l.partitions, l.positions, limit)
	if !found {
		var err error
		events, end, err = read(context.Background(), w.journal, l.partitions, l.positions, limit)
		require.NoError(w, err)
	}
	require.LessOrEqual(w, len(events), limit)
	var got [feedPartitions][]int64
	for _, e := range events {
		got[e.Partition] = append(got[e.Partition], e.Seq)
	}
	for p := range feedPartitions {
		if !slices.Contains(l.partitions, p) {
			require.Empty(w, got[p], "partition %d is not the lane's", p)
			require.Equal(w, l.positions[p], end[p])
			continue
		}
		require.GreaterOrEqual(w, end[p], l.positions[p], "partition %d goes back", p)
		require.Equal(w, w.between(p, l.positions[p], end[p]), got[p], "partition %d from %d to %d, found in the feed: %v", p, l.positions[p],
			end[p], found)
	}
	l.positions = end
	return events
}

func (w *feedWorld) between(partition int, after, end int64) (seqs []int64) {
	for _, seq := range w.all[partition] {
		if seq > after && seq <= end {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// share has the process hold other partitions than before. What a lane has taken is stored by and by, so the feed may start again behind
// it; what the process does not hold is folded by another one.
func (w *feedWorld) share() {
	var held []int
	for p := range feedPartitions {
		l := w.lanes[p%len(w.lanes)]
		had := slices.Contains(l.partitions, p)
		if had && rapid.Bool().Draw(w.T, "stored") {
			w.stored[p] = l.positions[p]
		}
		if rapid.IntRange(0, 3).Draw(w.T, "held") > 0 {
			held = append(held, p)
			if !had {
				w.elsewhere(p)
				l.positions[p] = w.stored[p]
			}
		}
	}
	taking := 0
	for _, l := range w.lanes {
		l.partitions = nil
		for _, p := range held {
			if p%len(w.lanes) == l.number {
				l.partitions = append(l.partitions, p)
			}
		}
		if len(l.partitions) > 0 {
			taking++
		}
	}
	w.feed.restart(held, w.stored, taking)
}

// elsewhere has another process fold some of a partition.
func (w *feedWorld) elsewhere(partition int) {
	open := w.between(partition, w.stored[partition], 1<<62)
	if count := rapid.IntRange(0, len(open)).Draw(w.T, "folded elsewhere"); count > 0 {
		w.stored[partition] = open[count-1]
	}
}

// finish has everybody go on until the lanes have everything of their partitions.
func (w *feedWorld) finish() {
	for idle := 0; idle < 2; idle++ {
		if w.fill() > 0 {
			idle = -1
		}
		for _, l := range w.lanes {
			for len(w.take(l)) > 0 {
				idle = -1
			}
		}
	}
	for _, l := range w.lanes {
		for _, p := range l.partitions {
			require.Empty(w, w.between(p, l.positions[p], 1<<62), "lane %d waits for ever for partition %d, with the feed at %v of %v", l.number, p,
				w.feed.end, w.feed.partitions)
		}
	}
}
