package telemetry

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

const (
	// subBits sets the fineness: 2^subBits buckets a power of two.
	subBits = 3
	// maxExponent bounds what is told apart: 2^maxExponent µs is about 134 s; anything longer counts as that.
	maxExponent = 27
	// buckets is the length of a histogram.
	buckets = (maxExponent-subBits+1)<<subBits + 1
)

// counts are a histogram's buckets: totals, or what they grew by.
type counts [buckets]uint64

// histogram counts durations in logarithmic buckets. The zero value is ready.
type histogram struct {
	count [buckets]atomic.Uint64
	// sumMicros is the sum of all observed durations.
	sumMicros atomic.Uint64
}

// observe counts n durations of d each; a negative d counts as zero, which a clock set back may cause.
func (h *histogram) observe(d time.Duration, n int) {
	if n <= 0 {
		return
	}
	micros := uint64(max(d, 0) / time.Microsecond)
	h.count[bucketOf(micros)].Add(uint64(n))
	h.sumMicros.Add(micros * uint64(n))
}

// read copies the totals.
func (h *histogram) read(into *counts) {
	for i := range h.count {
		into[i] = h.count[i].Load()
	}
}

// bucketOf gives the bucket whose bound is the least one not below micros.
func bucketOf(micros uint64) int {
	if micros <= 1<<subBits {
		return int(micros)
	}
	micros = min(micros, 1<<maxExponent) - 1
	shift := bits.Len64(micros) - 1 - subBits
	return shift<<subBits + int(micros>>shift) + 1
}

// boundMicros gives the upper bound, inclusive, of a bucket in microseconds.
func boundMicros(bucket int) uint64 {
	if bucket <= 1<<subBits {
		return uint64(bucket)
	}
	bucket--
	shift := bucket>>subBits - 1
	return uint64(bucket&(1<<subBits-1)+1<<subBits+1) << shift
}

// grown gives what a histogram counted since its last reading, and remembers this one.
func (h *histogram) grown(last *counts) (by counts) {
	for i := range h.count {
		total := h.count[i].Load()
		by[i] = total - last[i]
		last[i] = total
	}
	return by
}

// add counts what another process counted.
func (c *counts) add(other *counts) {
	for i := range c {
		c[i] += other[i]
	}
}

// quantile gives the bound below which share (0 to 1) of what was counted lies, in microseconds; 0 when nothing was counted.
func (c *counts) quantile(share float64) int64 {
	var total uint64
	for _, n := range c {
		total += n
	}
	if total == 0 {
		return 0
	}
	need := uint64(math.Ceil(float64(total) * share))
	var seen uint64
	for i, n := range c {
		seen += n
		if seen >= need {
			return int64(boundMicros(i))
		}
	}
	return int64(boundMicros(buckets - 1))
}
