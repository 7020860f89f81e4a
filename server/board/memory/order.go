package memory

import (
	"slices"
)

const (
	// chunkCap is the keys of a chunk. It fills an allocation size class (6 144 bytes) and lies between two costs: an update moves half of
	// two chunks, and a split takes a time that grows with the number of chunks.
	chunkCap = 192
	// chunkLoad is the entries of a chunk after Load: room for growth before the first splits.
	chunkLoad = chunkCap * 3 / 4
	// chunkLow is the size below which a chunk is merged with a neighbour that has room.
	chunkLow = chunkCap / 4
)

// chunk is a run of keys in order. How many it has is kept outside, since reading it here would be one more wait for memory.
type chunk [chunkCap]key

func (c *chunk) insert(size, i int, k key) {
	copy(c[i+1:size+1], c[i:size])
	c[i] = k
}

func (c *chunk) remove(size, i int) {
	copy(c[i:size-1], c[i+1:size])
}

// order is the sorted sequence of a board's players. There is always at least one chunk, and only a sole chunk may be empty.
type order struct {
	arena  *arena
	chunks []*chunk
	// firsts are the chunks' first keys, kept apart so that finding a chunk reads no chunk.
	firsts []key
	sizes  fenwick
}

func newOrder(a *arena) order {
	return order{arena: a, chunks: []*chunk{new(chunk)}, firsts: make([]key, 1), sizes: newFenwick([]int32{0})}
}

// fill replaces an empty order by the given keys, which it sorts.
func (o *order) fill(keys []key) {
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.words != b.words {
			return over(&a, &b) - over(&b, &a)
		}
		return o.arena.compare(a.handle, b.handle)
	})
	o.chunks, o.firsts = nil, nil
	var sizes []int32
	for run := range slices.Chunk(keys, chunkLoad) {
		c := new(chunk)
		copy(c[:], run)
		o.chunks = append(o.chunks, c)
		o.firsts = append(o.firsts, run[0])
		sizes = append(sizes, int32(len(run)))
	}
	o.sizes = newFenwick(sizes)
}

// before reports whether x is placed before k.
func (o *order) before(x, k *key) bool {
	if x.words != k.words {
		return over(k, x) == 1
	}
	return o.arena.compare(x.handle, k.handle) < 0
}

// keys are the keys of a chunk.
func (o *order) keys(ci int) []key { return o.chunks[ci][:o.sizes.of(ci)] }

// settle counts the keys placed before k, given k's floor among them. It reads records only when there are other keys with the same words.
func (o *order) settle(keys []key, floor int, k *key) int {
	switch {
	case len(keys) == 0 || keys[floor].handle == k.handle:
		return floor
	case keys[floor].words != k.words:
		return floor + 1 - over(&keys[floor], k)
	}
	lo, hi := 0, floor+1
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if o.before(&keys[mid], k) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// chunkAt is the last chunk that begins at or before k, or the first one, given k's floor among the first keys.
func (o *order) chunkAt(floor int, k *key) int {
	ci := o.settle(o.firsts, floor, k)
	if ci == len(o.firsts) || o.firsts[ci].handle != k.handle {
		ci--
	}
	return max(ci, 0)
}

// chunkOf is the chunk that k belongs to. The hint is where it was a moment ago, and may be wrong.
func (o *order) chunkOf(k *key, hint int) int {
	last := len(o.firsts) - 1
	if hint <= last && (hint == 0 || !o.before(k, &o.firsts[hint])) && (hint == last || o.before(k, &o.firsts[hint+1])) {
		return hint
	}
	return o.chunkAt(floorOf(o.firsts, k), k)
}

// offset counts the keys of a chunk placed before k.
func (o *order) offset(ci int, k *key) int {
	keys := o.keys(ci)
	return o.settle(keys, floorOf(keys, k), k)
}

// insert puts in a key that is not there. The hint, here and in remove, is as in chunkOf.
func (o *order) insert(k key, hint int) {
	ci := o.chunkOf(&k, hint)
	if o.sizes.of(ci) == chunkCap {
		o.split(ci)
		ci = o.chunkOf(&k, ci)
	}
	i := o.offset(ci, &k)
	o.chunks[ci].insert(o.sizes.of(ci), i, k)
	o.sizes.add(ci, 1)
	if i == 0 {
		o.firsts[ci] = k
	}
}

// remove takes out a key that is there.
func (o *order) remove(k key, hint int) {
	ci := o.chunkOf(&k, hint)
	c, size := o.chunks[ci], o.sizes.of(ci)
	i := o.offset(ci, &k)
	if i == size || c[i].handle != k.handle {
		panic("memory board: a player's key is not where the order says; the board is corrupt")
	}
	c.remove(size, i)
	o.sizes.add(ci, -1)
	if i == 0 && size > 1 {
		o.firsts[ci] = c[0]
	}
	if size-1 < chunkLow {
		o.merge(ci)
	}
}

// walk calls visit with the handles from the given rank on, until count are visited or the order ends.
func (o *order) walk(from, count int64, visit func(handle)) {
	ci, i := o.sizes.locate(from)
	for ; ci < len(o.chunks) && count > 0; ci, i = ci+1, 0 {
		for _, k := range o.keys(ci)[i:] {
			if count == 0 {
				return
			}
			visit(k.handle)
			count--
		}
	}
}

func (o *order) split(ci int) {
	c, right := o.chunks[ci], new(chunk)
	moved := copy(right[:], c[chunkCap/2:])
	o.chunks = slices.Insert(o.chunks, ci+1, right)
	o.firsts = slices.Insert(o.firsts, ci+1, right[0])
	o.sizes.split(ci, int32(moved))
}

// merge joins a small chunk with a neighbour if both fit well; an empty one always goes, unless it is the only one.
func (o *order) merge(ci int) {
	if len(o.chunks) == 1 {
		return
	}
	left := ci
	if ci == len(o.chunks)-1 || ci > 0 && o.sizes.of(ci-1) < o.sizes.of(ci+1) {
		left = ci - 1
	}
	n, m := o.sizes.of(left), o.sizes.of(left+1)
	if n+m > chunkLoad && n > 0 && m > 0 {
		return
	}
	a := o.chunks[left]
	copy(a[n:], o.chunks[left+1][:m])
	o.firsts[left] = a[0]
	o.chunks = slices.Delete(o.chunks, left+1, left+2)
	o.firsts = slices.Delete(o.firsts, left+1, left+2)
	o.sizes.merge(left)
}
