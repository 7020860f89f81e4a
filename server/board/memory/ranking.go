package memory

import (
	"fmt"
	"sync"

	"github.com/laurelhq/laurel/server/board"
)

// ranking is one board. Its methods other than tryApply expect the caller to hold the lock.
type ranking struct {
	mu sync.RWMutex
	// retired says that the board was replaced or dropped: a writer that still has it must look for its successor.
	retired   bool
	positions map[int]int64
	arena     *arena
	index     index
	order     order
}

func newRanking(positions map[int]int64) *ranking {
	a := &arena{}
	return &ranking{positions: positions, arena: a, index: newIndex(a), order: newOrder(a)}
}

// tieBytes is the length of the board's tie-breaks, which its first player decides.
func (r *ranking) tieBytes(first board.Entry) int {
	if r.index.used == 0 {
		return len(first.Tie)
	}
	return r.arena.tieBytes
}

// tryApply applies a batch under the board's lock; done is false when the board was retired meanwhile.
func (r *ranking) tryApply(b board.Batch) (result board.Result, done bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.retired {
		return 0, false, nil
	}
	result, err = r.apply(b)
	return result, true, err
}

// apply writes a batch unless its partition is already past it.
func (r *ranking) apply(b board.Batch) (board.Result, error) {
	if last, known := r.positions[b.Partition]; known && b.Seq <= last {
		return board.Skipped, nil
	}
	if len(b.Entries) > 0 {
		tieBytes := r.tieBytes(b.Entries[0])
		for _, e := range b.Entries {
			if err := e.Check(tieBytes); err != nil {
				return 0, err
			}
		}
		r.arena.tieBytes = tieBytes
	}
	for _, e := range b.Entries {
		if err := r.put(e); err != nil {
			return 0, err
		}
	}
	r.positions[b.Partition] = b.Seq
	return board.Applied, nil
}

func (r *ranking) put(e board.Entry) error {
	hash := r.index.hash(e.UserID)
	h, known := r.index.find(e.UserID, hash)
	if known {
		if r.arena.holds(h, e.Units, e.Tie) {
			return nil
		}
		r.order.remove(r.arena.key(h))
		r.arena.set(h, e.Units, e.Tie)
	} else {
		var err error
		if h, err = r.arena.add(e.UserID, e.Units, e.Tie); err != nil {
			return err
		}
		r.index.add(hash, h)
	}
	r.order.insert(r.arena.key(h))
	return nil
}

// stage adds a player to a board that is being loaded, whose order is filled at the end.
func (r *ranking) stage(e board.Entry) (key, error) {
	r.arena.tieBytes = r.tieBytes(e)
	if err := e.Check(r.arena.tieBytes); err != nil {
		return key{}, err
	}
	hash := r.index.hash(e.UserID)
	if _, known := r.index.find(e.UserID, hash); known {
		return key{}, fmt.Errorf("user %q comes twice; a board has one entry for each player", e.UserID)
	}
	h, err := r.arena.add(e.UserID, e.Units, e.Tie)
	if err != nil {
		return key{}, err
	}
	r.index.add(hash, h)
	return r.arena.key(h), nil
}

// behind reports whether the board has applied a batch that positions don't cover.
func (r *ranking) behind(positions map[int]int64) bool {
	for partition, seq := range r.positions {
		if loaded, known := positions[partition]; !known || loaded < seq {
			return true
		}
	}
	return false
}

// page reads rows by rank. Their strings are cut from one text, so that a page costs three allocations and not two a row.
func (r *ranking) page(from, count int64) []board.Row {
	count = max(0, min(count, r.order.sizes.total-from))
	rows := make([]board.Row, 0, count)
	ends := make([]int, 0, count)
	var text []byte
	r.order.walk(from, count, func(h handle) {
		text = append(text, r.arena.tail(h)...)
		ends = append(ends, len(text))
		rows = append(rows, board.Row{Entry: board.Entry{Units: -r.arena.key(h).neg}, Place: from + int64(len(rows)) + 1})
	})
	whole, start := string(text), 0
	for i := range rows {
		tail := whole[start:ends[i]]
		rows[i].Tie, rows[i].UserID = tail[:r.arena.tieBytes], tail[r.arena.tieBytes:]
		start = ends[i]
	}
	return rows
}

// fewUsers is how many users Rank looks up without allocating room for the search.
const fewUsers = 8

// rank reads the rows of some players; one who is not there keeps place 0.
func (r *ranking) rank(users []string) []board.Row {
	rows := make([]board.Row, len(users))
	var few [fewUsers]seat
	seats := few[:]
	if len(users) > fewUsers {
		seats = make([]seat, len(users))
	}
	seats = seats[:len(users)]
	r.seat(users, seats)
	ties := make([]byte, 0, len(users)*r.arena.tieBytes)
	for i := range seats {
		rows[i].UserID = users[i]
		if s := &seats[i]; s.handle != 0 {
			rows[i].Units = -s.neg
			rows[i].Place = r.order.sizes.before(s.chunk) + int64(r.order.search(s.chunk, &s.key, s.guess)) + 1
			ties = append(ties, r.arena.tail(s.handle)[:r.arena.tieBytes]...)
		}
	}
	whole := string(ties)
	for i := range rows {
		if rows[i].Place > 0 {
			rows[i].Tie, whole = whole[:r.arena.tieBytes], whole[r.arena.tieBytes:]
		}
	}
	return rows
}

// seat is where a player is to be found: the key, the chunk that holds it and the index in the chunk to look at first.
type seat struct {
	key
	chunk, guess int
	hash         uint32
	touched      uint64
}

// seat looks players up in passes, each of which waits for memory in one place only, so that the processor overlaps
// the waits of many players: a million players don't fit its caches, and the waits are nearly all of the cost.
func (r *ranking) seat(users []string, seats []seat) {
	for i, user := range users {
		seats[i].hash = r.index.hash(user)
		seats[i].touched = r.index.home(seats[i].hash)
	}
	for i, user := range users {
		seats[i].handle, _ = r.index.find(user, seats[i].hash)
	}
	for i := range seats {
		s := &seats[i]
		if s.handle == 0 {
			continue
		}
		s.key = r.arena.key(s.handle)
		s.chunk = r.order.chunkOf(&s.key)
		s.guess = r.order.guess(s.chunk, &s.key)
		s.touched = r.order.chunks[s.chunk][s.guess].prefix[0]
	}
}
