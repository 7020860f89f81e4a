package memory

import (
	"math/bits"
	"slices"
)

// fenwick keeps the sizes of the chunks as partial sums: node i (from 1) sums the lowbit(i) chunks that end with chunk i-1.
// Source: P. Fenwick, "A new data structure for cumulative frequency tables", 1994.
type fenwick struct {
	sizes []int32
	sums  []int64
	total int64
}

func newFenwick(sizes []int32) fenwick {
	f := fenwick{sizes: sizes}
	f.build()
	return f
}

// build makes the sums anew in one pass. Splits and merges come at most once in tens of updates, which pays for it.
func (f *fenwick) build() {
	n := len(f.sizes)
	if cap(f.sums) < n+1 {
		f.sums = make([]int64, n+1, n+1+n/4)
	}
	f.sums = f.sums[:n+1]
	f.total = 0
	for i, size := range f.sizes {
		f.sums[i+1] = int64(size)
		f.total += int64(size)
	}
	for i := 1; i <= n; i++ {
		if above := i + i&-i; above <= n {
			f.sums[above] += f.sums[i]
		}
	}
}

// of is the size of a chunk.
func (f *fenwick) of(chunk int) int { return int(f.sizes[chunk]) }

// split moves entries of a chunk to a new one after it.
func (f *fenwick) split(chunk int, moved int32) {
	f.sizes[chunk] -= moved
	f.sizes = slices.Insert(f.sizes, chunk+1, moved)
	f.build()
}

// merge joins a chunk with the one after it.
func (f *fenwick) merge(chunk int) {
	f.sizes[chunk] += f.sizes[chunk+1]
	f.sizes = slices.Delete(f.sizes, chunk+1, chunk+2)
	f.build()
}

func (f *fenwick) add(chunk int, delta int32) {
	f.sizes[chunk] += delta
	f.total += int64(delta)
	for i := chunk + 1; i < len(f.sums); i += i & -i {
		f.sums[i] += int64(delta)
	}
}

// before sums the sizes of the chunks before the given one.
func (f *fenwick) before(chunk int) int64 {
	sum := int64(0)
	for i := chunk; i > 0; i &= i - 1 {
		sum += f.sums[i]
	}
	return sum
}

// locate finds the chunk that holds the entry of a rank, and the entry's offset in it. A rank beyond the end gives a chunk beyond the end.
func (f *fenwick) locate(rank int64) (chunk int, offset int64) {
	at := 0
	for step := 1 << (bits.Len(uint(len(f.sums))) - 1); step > 0; step >>= 1 {
		if next := at + step; next < len(f.sums) && f.sums[next] <= rank {
			at = next
			rank -= f.sums[next]
		}
	}
	return at, rank
}
