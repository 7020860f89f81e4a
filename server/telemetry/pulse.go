package telemetry

import (
	"sync"
	"sync/atomic"

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
}

// point is one closed second.
type point struct {
	second                                 int64
	accepted, duplicates, rejected, folded int64
	lagMillis, sockets                     int64
	ingestP95, ruleP95, boardP95, pushP95  int64
}

// totals are everything counted since the start.
type totals struct {
	accepted, duplicates, rejected, folded int64
	ingest, rule, board, push              counts
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
	second := p.current.Load()
	if now <= second {
		return
	}
	p.put(t.takePoint(second))
	second = max(second+1, now-PulseSeconds)
	for ; second < now; second++ {
		p.put(point{second: second, lagMillis: t.figures.lagMicros.Load() / 1000, sockets: t.figures.sockets.Load()})
	}
	p.current.Store(now)
}

func (p *pulse) put(at point) {
	p.ring[at.second%PulseSeconds] = at
}

// takePoint reads the totals and gives what they grew by since the last time. Callers hold the lock.
func (t *Telemetry) takePoint(second int64) point {
	last, f := &t.pulse.last, &t.figures
	at := point{
		second:     second,
		accepted:   grown(&last.accepted, f.accepted.Load()),
		duplicates: grown(&last.duplicates, f.duplicates.Load()),
		rejected:   grown(&last.rejected, f.rejected.Load()),
		folded:     grown(&last.folded, f.folded.Load()),
		lagMillis:  f.lagMicros.Load() / 1000,
		sockets:    f.sockets.Load(),
	}
	at.ingestP95 = p95(&last.ingest, &t.ingest)
	at.ruleP95 = p95(&last.rule, &t.rule)
	at.boardP95 = p95(&last.board, &t.board)
	at.pushP95 = p95(&last.push, &t.push)
	return at
}

// grown gives how much a total grew and remembers it.
func grown(last *int64, total int64) int64 {
	by := total - *last
	*last = total
	return by
}

// p95 gives the 95th percentile of what a histogram counted since the last reading, in microseconds, and remembers the reading.
func p95(last *counts, h *histogram) int64 {
	var now counts
	h.read(&now)
	micros := quantileSince(last, &now, 0.95)
	*last = now
	return micros
}

// Pulse gives the last closed seconds, oldest first: at most the given number, at most PulseSeconds, and none from before the start.
// 0 or less means 120. The running second is left out, because half a second looks like a fall.
func (t *Telemetry) Pulse(seconds int) []*laurelv1.PulsePoint {
	if seconds <= 0 {
		seconds = 120
	}
	t.closeSecond()
	p := &t.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	current := p.current.Load()
	from := max(current-int64(min(seconds, PulseSeconds)), p.first)
	points := make([]*laurelv1.PulsePoint, 0, current-from)
	for second := from; second < current; second++ {
		points = append(points, p.ring[second%PulseSeconds].message())
	}
	return points
}

func (at point) message() *laurelv1.PulsePoint {
	return &laurelv1.PulsePoint{
		Second:          at.second,
		Accepted:        at.accepted,
		Duplicates:      at.duplicates,
		Rejected:        at.rejected,
		Folded:          at.folded,
		LagMs:           at.lagMillis,
		IngestP95Micros: at.ingestP95,
		RuleP95Micros:   at.ruleP95,
		BoardP95Micros:  at.boardP95,
		PushP95Micros:   at.pushP95,
		Sockets:         at.sockets,
	}
}
