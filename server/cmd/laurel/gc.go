package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// Boards of a million players are large and long-lived, so that the runtime's own 100 per cent would spend more memory on garbage than on
// them: there it is gcPercent. A server that holds little may gather gcRoom bytes of garbage all the same, so that it need not collect
// several times a second.
const (
	gcPercent = 40
	gcRoom    = 64 << 20
)

// paceGC sets how much garbage may gather after each collection, unless GOGC says it.
var paceGC = sync.OnceFunc(func() {
	if _, chosen := os.LookupEnv("GOGC"); chosen {
		return
	}
	percent := gcPercent
	debug.SetGCPercent(percent)
	afterEachCollection(func(live uint64) {
		if next := gcPercentFor(live); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
	})
})

// gcStep is what the percentage is rounded up to, since setting it stops the world for a moment.
const gcStep = 10

// gcPercentFor is the percentage for so many bytes that are in use.
func gcPercentFor(live uint64) int {
	percent := gcRoom * 100 / max(live, 1<<20)
	return max(gcPercent, int(percent+gcStep-1)/gcStep*gcStep)
}

// afterEachCollection calls do, by one goroutine, with the bytes of the heap that are in use.
func afterEachCollection(do func(live uint64)) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var collected func(*sentinel)
	collected = func(s *sentinel) {
		metrics.Read(sample)
		do(sample[0].Value.Uint64())
		runtime.SetFinalizer(s, collected)
	}
	runtime.SetFinalizer(&sentinel{}, collected)
}

// sentinel is garbage, so that its finalizer runs after each collection.
type sentinel struct{ _ *byte }
