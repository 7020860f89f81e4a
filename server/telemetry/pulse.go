package telemetry

import (
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// PulseSeconds is how many past seconds the Pulse keeps.
const PulseSeconds = 600

// pulse is a ring of the last seconds. A second is closed by the first observation or reading after it.
type pulse struct {
	// current is the second that is running, since 1970.
	current atomic.Int64

	mu sync.Mutex
	// first is the second in which the figures began.
	first int64
	ring  [PulseSeconds]point
	// last are the totals at the end of the second closed last.
	last totals
	// together are the figures of all processes; unused unless they are shared.
	together together
}

// point is one closed second.
type point struct {
	second                                 int64
	accepted, duplicates, rejected, folded int64
	lagMillis, sockets                     int64
	latency                                [stageCount]percentiles
}

// totals are everything counted since the start.
type totals struct {
	accepted, duplicates, rejected, folded int64
	latency                                [stageCount]counts
}

// start begins the ring at a second.
func (p *pulse) start(second int64) {
	p.first = second
	p.current.Store(second)
}

// closeSecond closes the seconds before the one that the clock shows. It costs one reading of the clock unless a second has ended.
func (t *Telemetry) closeSecond() {
	now := t.now().Unix()
	if now > t.pulse.current.Load() {
		t.closeUntil(now)
	}
}

// closeUntil writes the points of the seconds from the current one up to now, exclusive: what was counted since the last closing belongs
// to the first of them, and nothing was counted in the others, or one of those counts would have closed it.
func (t *Telemetry) closeUntil(now int64) {
	p := &t.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.current.Load()
	if now <= at {
		return
	}
	p.put(t.take(at))
	at = max(at+1, now-PulseSeconds)
	for ; at < now; at++ {
		p.put(&second{at: at, lagMillis: t.figures.lagMicros.Load() / 1000, sockets: t.figures.sockets.Load()})
	}
	p.current.Store(now)
}

func (p *pulse) put(s *second) {
	p.ring[s.at%PulseSeconds] = s.point()
	p.together.hand(s)
}

// take reads the totals and gives what they grew by since the last time. Callers hold the lock.
func (t *Telemetry) take(at int64) *second {
	last, f := &t.pulse.last, &t.figures
	taken := &second{
		at:         at,
		accepted:   grown(&last.accepted, f.accepted.Load()),
		duplicates: grown(&last.duplicates, f.duplicates.Load()),
		rejected:   grown(&last.rejected, f.rejected.Load()),
		folded:     grown(&last.folded, f.folded.Load()),
		lagMillis:  f.lagMicros.Load() / 1000,
		sockets:    f.sockets.Load(),
	}
	for i := range t.latency {
		taken.latency[i] = t.latency[i].grown(&last.latency[i])
	}
	return taken
}

// grown gives how much a total grew and remembers it.
func grown(last *int64, total int64) int64 {
	by := total - *last
	*last = total
	return by
}

// Pulse gives the last closed seconds, oldest first: at most the given number, at most PulseSeconds, and none from before the start. 0 or
// less means 120. The running second is left out, because half a second looks like a fall. The figures are those of all processes when they
// are shared (see Share); they then end a second or two earlier.
func (t *Telemetry) Pulse(seconds int) []*laurelv1.PulsePoint {
	if seconds <= 0 {
		seconds = 120
	}
	t.closeSecond()
	p := &t.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	current := p.current.Load()
	until, first := p.together.span(current, p.first)
	from := max(until-int64(min(seconds, PulseSeconds)), first)
	points := make([]*laurelv1.PulsePoint, 0, max(0, until-from))
	for at := from; at < until; at++ {
		points = append(points, p.shown(at).message())
	}
	return points
}

// shown is what all processes together did in a second, as far as that is known, else what this one did.
func (p *pulse) shown(at int64) point {
	for _, ring := range []*[PulseSeconds]point{&p.together.ring, &p.ring} {
		if known := ring[at%PulseSeconds]; known.second == at {
			return known
		}
	}
	return point{second: at}
}

func (at point) message() *laurelv1.PulsePoint {
	message := &laurelv1.PulsePoint{
		At:         &timestamppb.Timestamp{Seconds: at.second},
		Accepted:   at.accepted,
		Duplicates: at.duplicates,
		Rejected:   at.rejected,
		Folded:     at.folded,
		LagMs:      at.lagMillis,
		Sockets:    at.sockets,
	}
	for i, took := range at.latency {
		if took != (percentiles{}) {
			message.Stages = append(message.Stages, &laurelv1.StageLatency{Stage: stageNames[i], P50Micros: took.p50, P95Micros: took.p95,
				P99Micros: took.p99})
		}
	}
	return message
}
