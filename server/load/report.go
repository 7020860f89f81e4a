package load

import (
	"fmt"
	"math/bits"
	"strings"
	"sync/atomic"
	"time"
)

// latencySubBits sets the fineness of latencies: 32 buckets a power of two, so a quantile is at most 3 % too high.
const latencySubBits = 5

// latencies counts durations in logarithmic buckets of microseconds. The zero value is ready; it is safe for concurrent use.
type latencies struct {
	buckets [(64 - latencySubBits) << latencySubBits]atomic.Int64
	count   atomic.Int64
	longest atomic.Int64
}

func (l *latencies) record(d time.Duration) {
	micros := max(0, d.Microseconds())
	l.buckets[latencyBucket(uint64(micros))].Add(1)
	l.count.Add(1)
	for {
		longest := l.longest.Load()
		if micros <= longest || l.longest.CompareAndSwap(longest, micros) {
			return
		}
	}
}

func latencyBucket(micros uint64) int {
	shift := max(0, bits.Len64(micros)-1-latencySubBits)
	return shift<<latencySubBits + int(micros>>shift)
}

// quantile returns the upper bound of the bucket below which a share of the durations lies; 0 when there are none.
func (l *latencies) quantile(share float64) time.Duration {
	need := int64(share*float64(l.count.Load())) + 1
	for i := range l.buckets {
		need -= l.buckets[i].Load()
		if need > 0 {
			continue
		}
		shift := max(0, i>>latencySubBits-1)
		bound := int64(i-shift<<latencySubBits+1)<<shift - 1
		return time.Duration(min(bound, l.longest.Load())) * time.Microsecond
	}
	return time.Duration(l.longest.Load()) * time.Microsecond
}

// Report is what a run found out. Latencies are in milliseconds.
type Report struct {
	Server   string  `json:"server"`
	Contest  string  `json:"contest"`
	Rate     int     `json:"rate_asked"`
	Batch    int     `json:"batch"`
	Workers  int     `json:"workers"`
	Players  int     `json:"players"`
	Sockets  int     `json:"sockets"`
	Seconds  float64 `json:"seconds"`
	Accepted int64   `json:"accepted"`
	// AcceptedPerSecond is the rate of taking in; ScoredPerSecond that of the whole way, the wait for the last events included.
	AcceptedPerSecond float64 `json:"accepted_per_second"`
	ScoredPerSecond   float64 `json:"scored_per_second"`
	// SlowestSecond is absent when no whole second lies between the first and the last.
	SlowestSecond *int64  `json:"slowest_second,omitempty"`
	DrainSeconds  float64 `json:"drain_seconds"`
	Duplicates    int64   `json:"duplicates"`
	Rejected      int64   `json:"rejected"`
	Busy          int64   `json:"busy_answers"`
	Errors        int64   `json:"errors"`
	FirstError    string  `json:"first_error,omitempty"`
	FirstReason   string  `json:"first_rejection,omitempty"`
	// Ingest is the time of a batch from when it was due, or sent when there is no rate, to its acknowledgement.
	Ingest Latency `json:"ingest_ms"`
	// Push is the time of a probe from before its POST to its arrival on a socket.
	Push        Latency `json:"event_to_socket_ms"`
	Probes      int64   `json:"probes"`
	Gaps        int64   `json:"socket_gaps"`
	LostSockets int64   `json:"lost_sockets"`
}

// Latency sums up durations, in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

func (l *latencies) report() Latency {
	if l.count.Load() == 0 {
		return Latency{}
	}
	millis := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Latency{
		Count: l.count.Load(), P50: millis(l.quantile(0.5)), P95: millis(l.quantile(0.95)), P99: millis(l.quantile(0.99)),
		Max: float64(l.longest.Load()) / 1000,
	}
}

func (r Latency) String() string {
	return fmt.Sprintf("p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, longest %.1f ms", r.P50, r.P95, r.P99, r.Max)
}

func (r *run) report(took, drained time.Duration, w *watchers) Report {
	accepted := r.counts.accepted.Load()
	report := Report{
		Server: strings.Join(r.URL, ","), Contest: r.Contest, Rate: r.Rate, Batch: r.Batch, Workers: r.Workers, Players: r.Players,
		Sockets: r.Sockets,
		Seconds: took.Seconds(), Accepted: accepted, AcceptedPerSecond: float64(accepted) / took.Seconds(),
		ScoredPerSecond: float64(accepted) / (took + drained).Seconds(), SlowestSecond: r.slowestSecond(took), DrainSeconds: drained.Seconds(),
		Duplicates: r.counts.duplicates.Load(), Rejected: r.counts.rejected.Load(), Busy: r.counts.busy.Load(), Errors: r.counts.errors.Load(),
		Ingest: r.ingest.report(), Push: r.push.report(), Probes: r.probes.count.Load(), Gaps: w.gaps.Load(), LostSockets: w.lost.Load(),
	}
	if text := r.counts.firstError.Load(); text != nil {
		report.FirstError = *text
	}
	if text := r.counts.firstReason.Load(); text != nil {
		report.FirstReason = *text
	}
	return report
}

// slowestSecond is the least number of events acknowledged in a whole second of the run, the first and the last left out; nil when that
// leaves none.
func (r *run) slowestSecond(took time.Duration) (slowest *int64) {
	last := min(int(took.Seconds()), len(r.counts.seconds)) - 1
	for second := 1; second < last; second++ {
		if events := int64(r.counts.seconds[second].Load()); slowest == nil || events < *slowest {
			slowest = &events
		}
	}
	return slowest
}

// String is the report as people read it in a terminal.
func (r Report) String() string {
	var text strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&text, "%-10s "+format+"\n", append([]any{name}, args...)...)
	}
	slowest := ""
	if r.SlowestSecond != nil {
		slowest = fmt.Sprintf(", in the slowest second %d", *r.SlowestSecond)
	}
	line("taken in", "%d events in %.1f s: %.0f/s%s", r.Accepted, r.Seconds, r.AcceptedPerSecond, slowest)
	if r.Sockets > 0 {
		line("whole way", "%.0f/s; the last event was on the board %.2f s after it was sent", r.ScoredPerSecond, r.DrainSeconds)
	}
	line("ingest", "%s, over %d batches of %d", r.Ingest, r.Ingest.Count, r.Batch)
	if r.Sockets > 0 {
		line("socket", "%s, over %d sightings of %d probes on %d sockets", r.Push, r.Push.Count, r.Probes, r.Sockets)
		line("sockets", "%d gaps healed, %d lost", r.Gaps, r.LostSockets)
	}
	line("not taken", "%d duplicates, %d rejected, %d busy answers, %d errors", r.Duplicates, r.Rejected, r.Busy, r.Errors)
	if r.FirstReason != "" {
		line("", "first rejection: %s", r.FirstReason)
	}
	if r.FirstError != "" {
		line("", "first error: %s", r.FirstError)
	}
	return text.String()
}
