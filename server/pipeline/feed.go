package pipeline

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
)

const (
	// maxChunks bounds the readings of the journal that are kept for lanes that are slower than the fastest, keptBatches their events, in
	// batches, and keptBytes what these take in the journal. Decoded, an event takes three times as much, and one whose payload is a long list
	// twenty times.
	maxChunks, keptBatches, keptBytes = 256, 8, 4 * journal.MaxRead
)

// feed is what one reader has read of the journal for all lanes of the process. A lane takes its events from it while it is near the end,
// and reads by itself when it is so far behind that they were dropped; so a slow lane holds up neither the reader nor another lane.
type feed struct {
	journal *journal.Journal
	limit   int

	mu sync.Mutex
	// partitions are those that are read, and end is how far.
	partitions []int
	end        journal.Positions
	chunks     []chunk
	// events is how many events the chunks have, and bytes what these take in the journal.
	events, bytes int
	// first is the number of the oldest chunk kept; taken is, by lane, the number of the first chunk that it has not taken as a whole.
	first int
	taken map[int]int
	// taking is how many lanes take from the feed.
	taking int
	// generation grows when the partitions change: what was being read then is thrown away.
	generation int
	// news is closed when there is more to take, room when a lane has taken something.
	news, room chan struct{}
}

// chunk is one reading: everything of the feed's partitions above after and up to end.
type chunk struct {
	after, end journal.Positions
	events     []fold.Event
	bytes      int
}

func newFeed(j *journal.Journal, limit int) *feed {
	return &feed{journal: j, limit: limit, taken: map[int]int{}, news: make(chan struct{}), room: make(chan struct{})}
}

// restart has the feed read some partitions above positions for a number of lanes, and forget what it has.
func (f *feed) restart(partitions []int, after journal.Positions, lanes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.partitions, f.end, f.taking = slices.Clone(partitions), slices.Clone(after), lanes
	f.first, f.chunks, f.events, f.bytes = f.first+len(f.chunks), nil, 0, 0
	clear(f.taken)
	f.generation++
	f.signal(&f.room)
}

// grown is closed when there is more to take than now.
func (f *feed) grown() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.news
}

func (f *feed) signal(sign *chan struct{}) {
	close(*sign)
	*sign = make(chan struct{})
}

// fill reads the next chunk and returns how many events it has.
func (f *feed) fill(ctx context.Context) (int, error) {
	f.mu.Lock()
	partitions, after, generation := f.partitions, f.end, f.generation
	f.mu.Unlock()
	if len(partitions) == 0 {
		return 0, nil
	}
	events, end, err := read(ctx, f.journal, partitions, after, f.limit)
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if generation != f.generation || slices.Equal(after, end) {
		return 0, nil
	}
	f.end = end
	if last := len(f.chunks) - 1; len(events) == 0 && last >= 0 {
		f.chunks[last].end = end // what others fold is not read again and again
	} else {
		c := chunk{after: after, end: end, events: events}
		for i := range events {
			c.bytes += events[i].Size
		}
		f.chunks = append(f.chunks, c)
		f.events, f.bytes = f.events+len(events), f.bytes+c.bytes
	}
	for len(f.chunks) > maxChunks || (len(f.chunks) > 1 && (f.events > keptBatches*f.limit || f.bytes > keptBytes)) {
		f.drop()
	}
	f.signal(&f.news)
	return len(events), nil
}

// drop drops the oldest chunk. Callers hold the lock.
func (f *feed) drop() {
	f.events, f.bytes = f.events-len(f.chunks[0].events), f.bytes-f.chunks[0].bytes
	f.chunks, f.first = slices.Delete(f.chunks, 0, 1), f.first+1
}

// full returns a channel that is closed when there may be room for another chunk, or nil when there is room now: when what the fastest lane
// has not taken is less than a batch, and than a reading may be, so that a reader which finds little each time still gathers a lot for
// lanes that are busy.
func (f *feed) full() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	fastest := f.first
	for _, taken := range f.taken {
		fastest = max(fastest, taken)
	}
	waiting, bytes := 0, 0
	for i := max(0, fastest-f.first); i < len(f.chunks); i++ {
		waiting, bytes = waiting+len(f.chunks[i].events), bytes+f.chunks[i].bytes
	}
	if waiting < f.limit && bytes < journal.MaxRead && f.first+len(f.chunks)-fastest < maxChunks {
		return nil
	}
	return f.room
}

// next returns up to limit events of a lane's partitions above its positions, no more than a reading may have, and how far those go. found
// is false when the feed no longer, or not yet, has what comes right after the positions.
func (f *feed) next(lane int, partitions []int, after journal.Positions,
	limit int) (events []fold.Event, end journal.Positions, found bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end = slices.Clone(after)
	covers := func(a, b journal.Positions) bool { // whether b lies at or below a in the lane's partitions
		return !slices.ContainsFunc(partitions, func(p int) bool { return b[p] > a[p] })
	}
	if !f.reads(partitions) || (len(f.chunks) == 0 && !covers(end, f.end)) {
		return nil, nil, false
	}
	room := journal.MaxRead
	for i := range f.chunks {
		c := &f.chunks[i]
		if !covers(end, c.end) {
			if !covers(end, c.after) {
				return nil, nil, false
			}
			var full bool
			if events, full = c.take(partitions, end, events, limit, &room); full {
				return events, end, true
			}
		}
		f.taken[lane] = f.first + i + 1 // one that the lane was past already as well: it may have read on by itself
	}
	for len(f.chunks) > 1 && len(f.taken) == f.taking && f.first < slices.Min(slices.Collect(maps.Values(f.taken))) {
		f.drop() // nobody needs it any more
	}
	f.signal(&f.room)
	return events, end, true
}

// take adds the chunk's events of some partitions above end to those given, and moves end. It reports whether there are more of them than
// the limit, or the room in bytes, lets it take.
func (c *chunk) take(partitions []int, end journal.Positions, events []fold.Event, limit int, room *int) (taken []fold.Event, full bool) {
	for at := range c.events {
		e := &c.events[at]
		if e.Seq <= end[e.Partition] || !slices.Contains(partitions, e.Partition) {
			continue
		}
		if len(events) == limit || *room <= 0 {
			return events, true
		}
		*room -= e.Size
		events = append(events, *e)
		end[e.Partition] = e.Seq
	}
	for _, p := range partitions {
		end[p] = max(end[p], c.end[p])
	}
	return events, false
}

// reads reports whether the feed reads all of some partitions.
func (f *feed) reads(partitions []int) bool {
	return !slices.ContainsFunc(partitions, func(p int) bool { return !slices.Contains(f.partitions, p) })
}

// read returns up to limit events of partitions above the positions, decoded, and how far those go.
func read(ctx context.Context, j *journal.Journal, partitions []int, after journal.Positions,
	limit int) ([]fold.Event, journal.Positions, error) {
	records, end, err := j.Read(ctx, partitions, after, limit)
	if err != nil {
		return nil, nil, err
	}
	events := make([]fold.Event, len(records))
	for i := range records {
		events[i] = fold.Decode(&records[i])
	}
	return events, end, nil
}
