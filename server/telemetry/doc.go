// Package telemetry measures the engine: Prometheus metrics, the figures of the last ten minutes second by second (the Pulse), traces
// and logs.
//
// It owns its own registry, so that two engines in one process (tests) never share a figure, and nothing here is global. It never
// decides anything: no package reads a figure back to act on it, except that the studio shows the Pulse. Stage packages do not import
// it; they take small function hooks, and wire.go hands them the methods of Telemetry.
//
// Invariants: an observation neither allocates nor takes a lock, but for the first one of each second, which closes the second before.
// Personal data never becomes a label, and the log handler blanks the keys that carry it.
//
// A latency histogram is one array of atomic counters over logarithmic buckets (eight a power of two, so a quantile is at most an eighth
// too high). Prometheus reads its totals; the Pulse keeps the totals as of the last second's end and takes the difference. With Redis the
// processes of an installation exchange those differences once a second, and the Pulse shows their sum; Prometheus always asks each process
// for itself.
package telemetry
