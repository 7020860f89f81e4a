package telemetry

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBucketHoldsItsValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Uint64Range(0, 1<<maxExponent).Draw(t, "micros")
		bucket := bucketOf(micros)
		require.LessOrEqual(t, micros, boundMicros(bucket))
		if bucket > 0 {
			require.Greater(t, micros, boundMicros(bucket-1))
		}
		// An eighth is the promised fineness.
		require.LessOrEqual(t, boundMicros(bucket)-micros, micros/(1<<subBits))
	})
}

func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	require.Equal(t, buckets-1, bucketOf(1<<63))
	require.Equal(t, uint64(1<<maxExponent), boundMicros(buckets-1))
	var h histogram
	h.observe(-time.Second, 1)
	h.observe(time.Hour, 2)
	h.observe(time.Millisecond, 0)
	h.observe(time.Millisecond, -3)
	var now counts
	h.read(&now)
	require.Equal(t, uint64(1), now[0])
	require.Equal(t, uint64(2), now[buckets-1])
}

func TestQuantileLiesWithinAnEighth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 1<<maxExponent), 1, 200).Draw(t, "micros")
		var h histogram
		var last counts
		h.observe(time.Minute, 5)
		h.grown(&last)
		for _, micros := range values {
			h.observe(time.Duration(micros)*time.Microsecond, 1)
		}
		by := h.grown(&last)
		slices.Sort(values)
		exact := values[(len(values)*95+99)/100-1]
		got := by.quantile(0.95)
		require.GreaterOrEqual(t, got, exact)
		require.LessOrEqual(t, got, exact+exact/8)
	})
}

func TestQuantileOfNothingIsZero(t *testing.T) {
	t.Parallel()
	var a counts
	require.Zero(t, a.quantile(0.95))
}
