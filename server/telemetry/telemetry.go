package telemetry

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Telemetry holds the figures of one engine. All methods may be called from many goroutines at once.
type Telemetry struct {
	now      func() time.Time
	registry *prometheus.Registry

	latency [stageCount]histogram
	figures figures
	unrated unrated
	pulse   pulse

	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// figures are the counters, which only grow, and the gauges.
type figures struct {
	accepted, duplicates, rejected, folded atomic.Int64
	deadLetters, conflicts, slowSockets    atomic.Int64
	tooOld, keysDropped                    atomic.Int64
	lagMicros, lagEvents, sockets          atomic.Int64
}

// New makes the figures of an engine, all zero, with tracing off. now is the wall clock, never a contest's clock.
func New(now func() time.Time) *Telemetry {
	t := &Telemetry{now: now, registry: prometheus.NewRegistry()}
	t.pulse.start(now().Unix())
	t.registry.MustRegister(collector{t})
	t.registry.MustRegister(runtimeCollectors()...)
	t.traceNothing()
	return t
}

// ObserveIngest counts one ingest call that took d from its first byte to the durable answer, and what became of its events.
func (t *Telemetry) ObserveIngest(d time.Duration, accepted, duplicates, rejected int) {
	t.closeSecond()
	t.observe(stageIngest, d, 1)
	t.figures.accepted.Add(int64(accepted))
	t.figures.duplicates.Add(int64(duplicates))
	t.figures.rejected.Add(int64(rejected))
}

// Refused counts n events that a door refused before ingest saw them. A body that can't be read, or is no batch, counts as one.
func (t *Telemetry) Refused(n int) {
	t.closeSecond()
	t.figures.rejected.Add(int64(n))
}

// ObserveRule counts one batch whose scoring took d, and the events folded by it.
func (t *Telemetry) ObserveRule(d time.Duration, events int) {
	t.closeSecond()
	t.observe(stageRule, d, 1)
	t.figures.folded.Add(int64(events))
}

// ObserveBoard counts one update of the rank store that took d.
func (t *Telemetry) ObserveBoard(d time.Duration) {
	t.closeSecond()
	t.observe(stageBoard, d, 1)
}

// ObservePush counts n sockets that were told of an event d after it had arrived.
func (t *Telemetry) ObservePush(d time.Duration, n int) {
	t.closeSecond()
	t.observe(stagePush, d, n)
}

// SetLag sets the age of the oldest event not folded and how many are not.
func (t *Telemetry) SetLag(d time.Duration, events int64) {
	t.closeSecond()
	t.figures.lagMicros.Store(int64(max(d, 0) / time.Microsecond))
	t.figures.lagEvents.Store(events)
}

// SocketOpened counts a socket as open.
func (t *Telemetry) SocketOpened() {
	t.closeSecond()
	t.figures.sockets.Add(1)
}

// SocketClosed counts a socket as closed.
func (t *Telemetry) SocketClosed() {
	t.closeSecond()
	t.figures.sockets.Add(-1)
}

// SocketSlow counts a time that a socket's queue was full and its frames gave way to a snapshot.
func (t *Telemetry) SocketSlow() { t.figures.slowSockets.Add(1) }

// DeadLetter counts an event that could not be scored.
func (t *Telemetry) DeadLetter() { t.figures.deadLetters.Add(1) }

// Conflict counts a refused re-use of an event id.
func (t *Telemetry) Conflict() { t.figures.conflicts.Add(1) }

// TooOld counts an event that was refused since it happened before the horizon.
func (t *Telemetry) TooOld() { t.figures.tooOld.Add(1) }

// KeysDropped counts keys of events that were dropped since the horizon has passed them.
func (t *Telemetry) KeysDropped(keys int64) { t.figures.keysDropped.Add(keys) }

// Registry is where other packages' collectors are registered by wire.go.
func (t *Telemetry) Registry() *prometheus.Registry { return t.registry }

// Handler answers Prometheus' scrapes.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes})
}

// maxScrapes bounds concurrent scrapes; more answer 503.
const maxScrapes = 4

// Close sends what spans are left and stops tracing.
func (t *Telemetry) Close(ctx context.Context) error {
	return t.stopTracing(ctx)
}
