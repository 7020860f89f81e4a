package telemetry

import "time"

// stage is a part of the way of an event whose time is measured. Another one is a line here, one in stageNames, and a method that observes
// it.
type stage int

const (
	stageIngest stage = iota
	stageRule
	stageBoard
	stagePush
	stageCount
)

// stageNames are the stages as Prometheus and the Pulse call them. A process tells the others its latencies in this order.
var stageNames = [stageCount]string{stageIngest: "ingest", stageRule: "rule", stageBoard: "board", stagePush: "push"}

// observe counts n durations of d each in a stage.
func (t *Telemetry) observe(s stage, d time.Duration, n int) { t.latency[s].observe(d, n) }

// percentiles are what is shown of the latencies of a stage in one second, in microseconds; all 0 when it did nothing.
type percentiles struct{ p50, p95, p99 int64 }

func (c *counts) percentiles() percentiles {
	return percentiles{c.quantile(0.5), c.quantile(0.95), c.quantile(0.99)}
}
