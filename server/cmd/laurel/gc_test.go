package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGarbageMayGather(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 6400, 16 << 20: 400, 64 << 20: 100, 100 << 20: 70, 160 << 20: gcPercent, 8 << 30: gcPercent} {
		require.Equal(t, want, gcPercentFor(live), "%d bytes in use", live)
	}
}

// TestGarbageIsPacedAfterEachCollection has one collection after another tell what is in use.
func TestGarbageIsPacedAfterEachCollection(t *testing.T) {
	t.Parallel()
	told := make(chan uint64, 100)
	afterEachCollection(func(live uint64) {
		select {
		case told <- live:
		default:
		}
	})
	for range 3 {
		require.Eventually(t, func() bool {
			runtime.GC()
			select {
			case live := <-told:
				return live > 0
			default:
				return false
			}
		}, time.Minute, time.Millisecond)
	}
}
