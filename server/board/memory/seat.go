package memory

import "math/bits"

// together is how many players are looked up side by side: enough for the processor to overlap their waits for memory, and few enough
// for their seats to lie on the stack.
const together = 32

// few is how many players are too few for searches side by side to be faster than one after the other.
const few = 4

// seat is where a player is to be found: the key, the chunk that it belongs to and its floor there.
type seat struct {
	user string
	key
	chunk int
	floor search
	hash  uint32
	// touched keeps what was read ahead, so that the reading isn't left out as useless.
	touched uint64
}

// find looks the seats' users up; one who is not on the board gets handle 0. Like locate it goes in passes, each of which waits for memory
// in one place only and does little besides, so that the processor overlaps the waits of many players: a million players don't fit its
// caches, and the waits are nearly all of the cost.
func (r *ranking) find(seats []seat) {
	for i := range seats {
		seats[i].hash = r.index.hash(seats[i].user)
	}
	for i := range seats {
		seats[i].touched = r.index.home(seats[i].hash)
	}
	for i := range seats {
		seats[i].touched = r.arena.touch(r.index.likely(seats[i].hash))
	}
	for i := range seats {
		s := &seats[i]
		s.key = key{}
		if h, known := r.index.find(s.user, s.hash); known {
			s.key = r.arena.key(h)
		}
	}
}

// locate finds the chunk that each seat's key belongs to, and the key's floor there. Unless they are few, all searches make a step before
// one makes its next.
func (o *order) locate(seats []seat) {
	if len(seats) < few {
		for i := range seats {
			s := &seats[i]
			s.chunk = o.chunkOf(&s.key, 0)
			s.floor.at = floorOf(o.keys(s.chunk), &s.key)
		}
		return
	}
	for i := range seats {
		seats[i].floor = search{rest: len(o.firsts)}
	}
	for range bits.Len(uint(len(o.firsts) - 1)) {
		for i := range seats {
			s := &seats[i]
			s.floor.step(o.firsts, &s.key)
		}
	}
	for i := range seats {
		s := &seats[i]
		s.chunk = o.chunkAt(s.floor.at, &s.key)
		s.floor = search{rest: o.sizes.of(s.chunk)}
	}
	for range bits.Len(chunkCap - 1) {
		for i := range seats {
			s := &seats[i]
			s.floor.step(o.chunks[s.chunk][:], &s.key)
		}
	}
}

// place counts from 1; the seat's key is in the order and was located.
func (o *order) place(s *seat) int64 {
	return o.sizes.before(s.chunk) + int64(o.settle(o.keys(s.chunk), s.floor.at, &s.key)) + 1
}
