package telemetry

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// maxShownUnrated bounds the contests that a Pulse names.
const maxShownUnrated = 100

// unrated counts, by contest, the events that did not count since there is no rate of their day. Contests leave it when they are final, so
// it has no more of them than may be open at once.
type unrated struct {
	mu     sync.Mutex
	events map[string]int64
}

var unratedDesc = prometheus.NewDesc("laurel_events_without_rate_total",
	"Events that did not count in a contest that is not final, since no rate of their day and currency was published before they were folded.",
	[]string{"contest"}, nil)

// EventsWithoutRate counts events that did not count in a contest since there is no rate of their day.
func (t *Telemetry) EventsWithoutRate(contestID string, events int64) {
	u := &t.unrated
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.events == nil {
		u.events = map[string]int64{}
	}
	u.events[contestID] += events
}

// ForgetContest ends what is counted for a contest that is over.
func (t *Telemetry) ForgetContest(contestID string) {
	t.unrated.mu.Lock()
	defer t.unrated.mu.Unlock()
	delete(t.unrated.events, contestID)
}

func (u *unrated) read() map[string]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.events)
}

// WithoutRate shows the contests that left out most events since there is no rate of their day, as this process counted since it started.
func (t *Telemetry) WithoutRate() []*laurelv1.EventsWithoutRate {
	var list []*laurelv1.EventsWithoutRate
	for id, events := range t.unrated.read() {
		list = append(list, &laurelv1.EventsWithoutRate{ContestId: id, Events: events})
	}
	slices.SortFunc(list, func(a, b *laurelv1.EventsWithoutRate) int {
		return cmp.Or(cmp.Compare(b.GetEvents(), a.GetEvents()), cmp.Compare(a.GetContestId(), b.GetContestId()))
	})
	return list[:min(len(list), maxShownUnrated)]
}

// CountUnread has Prometheus ask how many published definitions in use this process can't read.
func (t *Telemetry) CountUnread(count func() int) {
	t.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "laurel_definitions_unread", Help: "Published definitions in use that this version can't read; contests among them take no events.",
	}, func() float64 { return float64(count()) }))
}
