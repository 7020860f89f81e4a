package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryLeftIsTheLeastOfWhatIsSaid(t *testing.T) {
	t.Parallel()
	const machine = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n"
	for _, each := range []struct {
		name                  string
		machine, limit, using string
		goLimit, want         int64
	}{
		{"nobody says", "", "", "", math.MaxInt64, unknownMemory},
		{"the machine", machine, "max\n", "5\n", math.MaxInt64, 8_000_000 << 10},
		{"the container", machine, "2000000000\n", "500000000\n", math.MaxInt64, 1_500_000_000},
		{"a container that is full", machine, "2000000000\n", "2000000001\n", math.MaxInt64, 0},
		{"GOMEMLIMIT", machine, "2000000000\n", "500000000\n", 1 << 30, 1 << 30},
	} {
		files := map[string]string{machineMemory: each.machine, groupLimit: each.limit, groupUse: each.using}
		require.Equal(t, each.want, memoryLeft(each.goLimit, func(name string) string { return files[name] }), each.name)
	}
	require.Equal(t, 1<<30, roomOf(4<<30))
	require.Equal(t, leastRoom, roomOf(0))
	require.GreaterOrEqual(t, refoldRoom(), leastRoom)
}
