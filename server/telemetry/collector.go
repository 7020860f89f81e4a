package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Exported bounds lie on every half power of two between these two, in microseconds: 16 µs to 67 s.
const (
	firstBoundMicros = 1 << 4
	lastBoundMicros  = 1 << 26
)

// collector hands the figures to Prometheus when it asks, so that counting costs nothing more.
type collector struct{ t *Telemetry }

// series is one number and how it is read.
type series struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(*Telemetry) float64
}

func describe(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, nil, nil)
}

// stageSeconds are the latencies of all stages.
var stageSeconds = prometheus.NewDesc("laurel_stage_seconds",
	"Time that a stage took: ingest, a call until its events are durable; rule, scoring a batch; board, an update of the rank store; push, "+
		"an event's arrival to a socket.",
	[]string{"stage"}, nil)

func numbers() []series {
	counter := func(name, help string, read func(*figures) int64) series {
		return series{describe(name, help), prometheus.CounterValue, func(t *Telemetry) float64 { return float64(read(&t.figures)) }}
	}
	gauge := func(name, help string, read func(*figures) float64) series {
		return series{describe(name, help), prometheus.GaugeValue, func(t *Telemetry) float64 { return read(&t.figures) }}
	}
	return []series{
		counter("laurel_events_accepted_total", "Events accepted as new.", func(f *figures) int64 { return f.accepted.Load() }),
		counter("laurel_events_duplicate_total", "Events acknowledged as duplicates.", func(f *figures) int64 { return f.duplicates.Load() }),
		counter("laurel_events_rejected_total", "Events refused; a body that can't be read, or is no batch, counts as one.",
			func(f *figures) int64 { return f.rejected.Load() }),
		counter("laurel_events_folded_total", "Events folded.", func(f *figures) int64 { return f.folded.Load() }),
		counter("laurel_dead_letters_total", "Events that could not be scored.", func(f *figures) int64 { return f.deadLetters.Load() }),
		counter("laurel_event_conflicts_total", "Refused re-uses of event ids.", func(f *figures) int64 { return f.conflicts.Load() }),
		counter("laurel_events_too_old_total", "Events refused since they happened before the horizon.",
			func(f *figures) int64 { return f.tooOld.Load() }),
		counter("laurel_event_keys_dropped_total", "Keys of events that were dropped since the horizon has passed them.",
			func(f *figures) int64 { return f.keysDropped.Load() }),
		counter("laurel_sockets_slow_total", "Times a socket's queue was full.", func(f *figures) int64 { return f.slowSockets.Load() }),
		gauge("laurel_journal_lag_seconds", "Age of the oldest event not folded.",
			func(f *figures) float64 { return float64(f.lagMicros.Load()) / 1e6 }),
		gauge("laurel_journal_lag_events", "Events not folded.", func(f *figures) float64 { return float64(f.lagEvents.Load()) }),
		gauge("laurel_sockets", "Open sockets.", func(f *figures) float64 { return float64(f.sockets.Load()) }),
	}
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	out <- stageSeconds
	out <- unratedDesc
	for _, n := range numbers() {
		out <- n.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for i, name := range stageNames {
		out <- constHistogram(stageSeconds, &c.t.latency[i], name)
	}
	for id, events := range c.t.unrated.read() {
		out <- prometheus.MustNewConstMetric(unratedDesc, prometheus.CounterValue, float64(events), id)
	}
	for _, n := range numbers() {
		out <- prometheus.MustNewConstMetric(n.desc, n.kind, n.read(c.t))
	}
}

// constHistogram gives a histogram's totals cumulated at the exported bounds, in seconds.
func constHistogram(desc *prometheus.Desc, h *histogram, label string) prometheus.Metric {
	var now counts
	h.read(&now)
	sum := float64(h.sumMicros.Load()) / 1e6
	cumulated := make(map[float64]uint64)
	var seen uint64
	for i, n := range now {
		seen += n
		if bound := boundMicros(i); exported(bound) {
			cumulated[float64(bound)/1e6] = seen
		}
	}
	return prometheus.MustNewConstHistogram(desc, seen, sum, cumulated, label)
}

// exported reports whether a bound is 2^k or 1.5 × 2^k within the exported range.
func exported(boundMicros uint64) bool {
	if boundMicros < firstBoundMicros || boundMicros > lastBoundMicros {
		return false
	}
	for boundMicros&1 == 0 {
		boundMicros >>= 1
	}
	return boundMicros == 1 || boundMicros == 3
}

// runtimeCollectors are the figures of the Go runtime and of the process.
func runtimeCollectors() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
}
