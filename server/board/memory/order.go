package memory

import (
	"cmp"
	"slices"
)

const (
	// chunkCap is the keys of a chunk, chosen so that a chunk fills an allocation size class (6 144 bytes) and moving
	// half of it costs less than the search that precedes it.
	chunkCap = 192
	// chunkLoad is the entries of a chunk after Load: room for growth before the first splits.
	chunkLoad = chunkCap * 3 / 4
	// chunkLow is the size below which a chunk is merged with a neighbour that has room.
	chunkLow = chunkCap / 4
)

// key is what a board is sorted by, ascending: negated units, then the first bytes of tie and user id, then the rest of them, which is
// read from the record only when all else is equal.
type key struct {
	neg    int64
	prefix [2]uint64
	handle handle
}

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
		if c := cmp.Compare(a.neg, b.neg); c != 0 {
			return c
		}
		if c := cmp.Compare(a.prefix[0], b.prefix[0]); c != 0 {
			return c
		}
		if c := cmp.Compare(a.prefix[1], b.prefix[1]); c != 0 {
			return c
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
	return x.neg < k.neg || x.neg == k.neg && o.tied(x, k)
}

// tied is before for keys with the same units.
func (o *order) tied(x, k *key) bool {
	if x.prefix[0] != k.prefix[0] {
		return x.prefix[0] < k.prefix[0]
	}
	if x.prefix[1] != k.prefix[1] {
		return x.prefix[1] < k.prefix[1]
	}
	return x.handle != k.handle && o.arena.compare(x.handle, k.handle) < 0
}

// chunkOf is the last chunk that begins at or before k, or the first one.
func (o *order) chunkOf(k *key) int {
	lo, hi := 0, len(o.firsts)
	for hi-lo > 1 {
		mid := int(uint(lo+hi) >> 1)
		if o.before(k, &o.firsts[mid]) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// offset counts the keys of a chunk placed before k.
func (o *order) offset(ci int, k *key) int {
	return o.search(ci, k, o.guess(ci, k))
}

// search is offset with a first guess, from which it goes in doubling steps: in memory that is not cached, each step of a plain
// binary search waits for another line.
func (o *order) search(ci int, k *key, guess int) int {
	c := o.chunks[ci]
	lo, hi := 0, o.sizes.of(ci)
	for step := 1; guess >= lo && guess < hi; step <<= 1 {
		if o.before(&c[guess], k) {
			lo = guess + 1
			guess += step
		} else {
			hi = guess
			guess -= step
		}
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if o.before(&c[mid], k) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// guess is where in a chunk k would be if the units were spread evenly over the chunk. It reads nothing of the chunk.
func (o *order) guess(ci int, k *key) int {
	first := o.firsts[ci].neg
	if ci+1 == len(o.firsts) || k.neg <= first {
		return 0
	}
	size, span := o.sizes.of(ci), o.firsts[ci+1].neg-first
	return min(size-1, int(float64(size)*float64(k.neg-first)/float64(span)))
}

// insert puts in a key that is not there.
func (o *order) insert(k key) {
	ci := o.chunkOf(&k)
	if o.sizes.of(ci) == chunkCap {
		o.split(ci)
		ci = o.chunkOf(&k)
	}
	i := o.offset(ci, &k)
	o.chunks[ci].insert(o.sizes.of(ci), i, k)
	o.sizes.add(ci, 1)
	if i == 0 {
		o.firsts[ci] = k
	}
}

// remove takes out a key that is there.
func (o *order) remove(k key) {
	ci := o.chunkOf(&k)
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
		for _, k := range o.chunks[ci][i:o.sizes.of(ci)] {
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
