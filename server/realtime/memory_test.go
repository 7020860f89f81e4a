//go:build !race

// The race detector keeps books about memory in memory, so what it shows is not what a socket costs.

package realtime_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/realtime"
)

// TestMemoryOfASocket wants a socket that watches a board to cost at most 8 kB, its two goroutines' stacks among it.
func TestMemoryOfASocket(t *testing.T) {
	const sockets, most = 4000, 8 << 10
	for name, token := range map[string]func(int) string{
		"anonymous": anonymous,
		"player":    func(i int) string { return fmt.Sprint("player:p", i%100) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *realtime.Config) { c.Limits.SocketsPerAddress = sockets })
			w.run(t)
			scores := map[string]int64{}
			for i := range 100 {
				scores[fmt.Sprint("p", i)] = int64(i)
			}
			w.score(t, scores)
			before := inUse()
			written := crowd(t, w, sockets, 10, token)
			<-written.reached
			bytes := (inUse() - before) / sockets
			t.Logf("%d bytes a socket", bytes)
			require.LessOrEqual(t, bytes, int64(most))
		})
	}
}

// inUse gives the bytes of heap and stacks after a collection, or rather two: what a pool held goes with the second.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}
