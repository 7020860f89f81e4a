package memory

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// ranking is one board. Its methods other than tryApply expect the caller to hold the lock.
type ranking struct {
	mu sync.RWMutex
	// retired says that the board was replaced or dropped: a writer that still has it must look for its successor.
	retired   bool
	positions journal.Positions
	arena     *arena
	index     index
	order     order
}

func newRanking() *ranking {
	a := &arena{}
	return &ranking{arena: a, index: newIndex(a), order: newOrder(a)}
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
	if b.Partition < len(r.positions) && b.Seq <= r.positions[b.Partition] {
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
	for entries := range slices.Chunk(b.Entries, together) {
		if err := r.put(entries); err != nil {
			return 0, err
		}
	}
	for len(r.positions) <= b.Partition {
		r.positions = append(r.positions, 0)
	}
	r.positions[b.Partition] = b.Seq
	return board.Applied, nil
}

// put writes up to together entries. Unless they are few it looks all of them up first, where they are and where they go, so that waits
// overlap; as each entry moves keys, what it finds is only a hint when an entry's turn comes.
func (r *ranking) put(entries []board.Entry) error {
	var room [2][together]seat
	from, to := room[0][:len(entries)], room[1][:len(entries)]
	for i := range entries {
		from[i].user = entries[i].UserID
		to[i].key = entryKey(&entries[i])
	}
	r.find(from)
	if len(entries) >= few {
		r.order.locate(from)
		r.order.locate(to)
	}
	for i := range entries {
		if err := r.move(&entries[i], &from[i], &to[i]); err != nil {
			return err
		}
	}
	return nil
}

// move writes one entry, whose player may have come onto the board since the seats were found.
func (r *ranking) move(e *board.Entry, from, to *seat) error {
	h, known := from.handle, from.handle != 0
	if !known {
		h, known = r.index.find(e.UserID, from.hash)
	}
	if known {
		if r.arena.holds(h, e.Units, e.Tie) {
			return nil
		}
		r.order.remove(r.arena.key(h), from.chunk)
		r.arena.set(h, e.Units, e.Tie)
	} else {
		var err error
		if h, err = r.arena.add(e.UserID, e.Units, e.Tie); err != nil {
			return err
		}
		r.index.add(from.hash, h)
	}
	r.order.insert(r.arena.key(h), to.chunk)
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
func (r *ranking) behind(positions journal.Positions) bool {
	for partition, seq := range r.positions {
		if seq > 0 && (partition >= len(positions) || positions[partition] < seq) {
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
		rows = append(rows, board.Row{Entry: board.Entry{Units: unitsOf(r.arena.key(h).words[0])}, Place: from + int64(len(rows)) + 1})
	})
	whole, start := string(text), 0
	for i := range rows {
		tail := whole[start:ends[i]]
		rows[i].Tie, rows[i].UserID = tail[:r.arena.tieBytes], tail[r.arena.tieBytes:]
		start = ends[i]
	}
	return rows
}

// rank reads the rows of some players; one who is not there keeps place 0.
func (r *ranking) rank(users []string) []board.Row {
	rows := make([]board.Row, len(users))
	var ties strings.Builder
	ties.Grow(len(users) * r.arena.tieBytes)
	var room [together]seat
	for done := 0; done < len(users); done += together {
		seats := room[:min(together, len(users)-done)]
		for i := range seats {
			seats[i].user = users[done+i]
		}
		r.find(seats)
		r.order.locate(seats)
		for i := range seats {
			s, row := &seats[i], &rows[done+i]
			row.UserID = s.user
			if s.handle != 0 {
				row.Units, row.Place = unitsOf(s.words[0]), r.order.place(s)
				ties.Write(r.arena.tail(s.handle)[:r.arena.tieBytes])
				row.Tie = ties.String()[ties.Len()-r.arena.tieBytes:]
			}
		}
	}
	return rows
}
