package memory

import "hash/maphash"

// firstIndexBits is the logarithm of the slots of an empty board's index.
const firstIndexBits = 4

// index finds a player's handle by user id: open addressing with linear probing. A slot holds 32 bits of hash and the handle, so
// that growing reads no record and nearly every probe ends without reading a stranger's. Slots are in hash order, which makes
// growing one pass forward through both tables. Players never leave a board, so there is no deletion.
type index struct {
	arena *arena
	seed  maphash.Seed
	slots []uint64
	bits  uint
	used  int
}

func newIndex(a *arena) index {
	return index{arena: a, seed: maphash.MakeSeed(), slots: make([]uint64, 1<<firstIndexBits), bits: firstIndexBits}
}

func (x *index) hash(user string) uint32 {
	return uint32(maphash.String(x.seed, user))
}

// home is the slot a search begins at. Reading it ahead for many players overlaps their waits for memory.
func (x *index) home(hash uint32) uint64 {
	return x.slots[hash>>(32-x.bits)]
}

// likely is the handle whose record find will read first, or 0.
func (x *index) likely(hash uint32) handle {
	mask := len(x.slots) - 1
	for i := int(hash >> (32 - x.bits)); ; i = (i + 1) & mask {
		slot := x.slots[i]
		if slot == 0 || uint32(slot>>32) == hash {
			return handle(uint32(slot))
		}
	}
}

func (x *index) find(user string, hash uint32) (handle, bool) {
	mask := len(x.slots) - 1
	for i := int(hash >> (32 - x.bits)); ; i = (i + 1) & mask {
		slot := x.slots[i]
		if slot == 0 {
			return 0, false
		}
		if uint32(slot>>32) == hash && string(x.arena.user(handle(uint32(slot)))) == user {
			return handle(uint32(slot)), true
		}
	}
}

// add records a player who is not in the index.
func (x *index) add(hash uint32, h handle) {
	if 4*(x.used+1) > 3*len(x.slots) {
		x.grow()
	}
	x.put(uint64(hash)<<32 | uint64(h))
	x.used++
}

func (x *index) put(slot uint64) {
	mask := len(x.slots) - 1
	i := int(uint32(slot>>32) >> (32 - x.bits))
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = slot
}

func (x *index) grow() {
	old := x.slots
	x.bits++
	x.slots = make([]uint64, 1<<x.bits)
	for _, slot := range old {
		if slot != 0 {
			x.put(slot)
		}
	}
}
