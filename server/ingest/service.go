package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// MaxBatch bounds the events of one call.
	MaxBatch = 1000
	// DefaultLagLimit is how many events may wait for the fold before new ones are refused.
	DefaultLagLimit = 200_000
	// lagInterval is how often the backlog is counted.
	lagInterval = 500 * time.Millisecond
	// retryWhenLagging and retryWhenUnavailable are the delays callers are told.
	retryWhenLagging     = 2 * time.Second
	retryWhenUnavailable = time.Second
	// unwritableFor is how long events that could not be stored are held against a server. Who sends nothing to a server that isn't ready
	// would never learn that it can store again.
	unwritableFor = 10 * time.Second
)

// Result is what became of one event.
type Result struct {
	Status laurelv1.EventStatus
	// Field and Reason say why the event was rejected.
	Field, Reason string
	// Conflict tells that the id is taken by other content, TooOld that the event happened before the horizon.
	Conflict, TooOld bool
}

// Lagging says that scoring is too far behind to take more events now.
type Lagging struct {
	Backlog    int64
	RetryAfter time.Duration
}

// Error says what the caller should do.
func (e *Lagging) Error() string {
	return fmt.Sprintf("%d events wait to be scored, which is the limit: retry in %s", e.Backlog, e.RetryAfter)
}

// Unavailable says that the database can't be written now. Nothing is known of the events; they may be sent again.
type Unavailable struct {
	RetryAfter time.Duration
	Err        error
}

// Error says what the caller should do, without details of the database.
func (e *Unavailable) Error() string {
	return fmt.Sprintf("events can't be stored now: retry in %s", e.RetryAfter)
}

// Unwrap returns the cause.
func (e *Unavailable) Unwrap() error { return e.Err }

// Config is what a Service needs.
type Config struct {
	Journal  *journal.Journal
	Registry *event.Registry
	// Currencies are those in which amounts may be; nil means those of ISO 4217.
	Currencies func() *money.Currencies
	// Writers is how many transactions may be in flight; 1 on SQLite.
	Writers int
	// LagLimit is how many events may wait for the fold; 0 means DefaultLagLimit.
	LagLimit int
	// FutureLimit is how far ahead of Now an event may be dated; negative means any time.
	FutureLimit time.Duration
	// Horizon is how old an event may be; nil means any age, as long as no key was dropped.
	Horizon *Horizon
	Now     func() time.Time
	// Observe is told of each call: how long it took and what became of its events.
	Observe func(took time.Duration, accepted, duplicates, rejected int)
	// Conflict is told of each refused re-use of an event id.
	Conflict func()
	// TooOld is told of each event that is refused since it happened before the horizon.
	TooOld func()
	// Lag is told of the backlog: the age of its oldest event and its size.
	Lag func(age time.Duration, events int64)
	Log *slog.Logger
}

// Service accepts events.
type Service struct {
	Config
	committer *committer
	backlog   atomic.Int64
	age       atomic.Int64
	refused   atomic.Pointer[refusal]
}

// refusal is why and when the database refused to store events.
type refusal struct {
	why string
	at  time.Time
}

// NewService returns a service; call Run before use.
func NewService(config Config) *Service {
	if config.LagLimit == 0 {
		config.LagLimit = DefaultLagLimit
	}
	return &Service{Config: config, committer: newCommitter(config.Journal, config.Now, config.Writers)}
}

// Run commits what is accepted and watches the backlog until ctx ends; then it finishes what was accepted and returns.
func (s *Service) Run(ctx context.Context) {
	done := s.committer.start()
	ticker := time.NewTicker(lagInterval)
	defer ticker.Stop()
	for {
		s.measureLag(ctx)
		select {
		case <-ctx.Done():
			s.committer.stop()
			<-done
			return
		case <-ticker.C:
		}
	}
}

func (s *Service) measureLag(ctx context.Context) {
	events, oldest, err := s.Journal.Backlog(ctx, s.LagLimit+1)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.WarnContext(ctx, "backlog unknown", "error", err.Error())
		}
		return
	}
	s.backlog.Store(events)
	age := time.Duration(0)
	if oldest > 0 {
		age = max(0, s.Now().Sub(time.UnixMicro(oldest)))
	}
	s.age.Store(int64(age))
	s.Lag(age, events)
}

// Behind returns how long ago the oldest event arrived that is not folded yet, as last measured; 0 when all are.
func (s *Service) Behind() time.Duration { return time.Duration(s.age.Load()) }

// Accept normalises the events of a source, makes the good ones durable, and returns a result for each, in order. The events are the
// caller's no more. Errors: *Lagging and *Unavailable concern the whole call; the caller may send the same events again.
func (s *Service) Accept(ctx context.Context, source string, events []*laurelv1.Event) ([]Result, error) {
	if source == event.SourceMain {
		source = ""
	}
	start := s.Now()
	if backlog := s.backlog.Load(); backlog > int64(s.LagLimit) {
		return nil, &Lagging{Backlog: backlog, RetryAfter: retryWhenLagging}
	}
	results := make([]Result, len(events))
	work := &request{entries: make([]journal.Entry, 0, len(events)), places: make([]int, 0, len(events))}
	buffer := make([]byte, 0, 192*len(events))
	seen := make(map[string]int, len(events))
	registry, oldest := s.Registry, s.oldest(source, start)
	if s.Currencies != nil {
		registry = registry.In(s.Currencies())
	}
	for i, e := range events {
		if problem := registry.Normalise(e, start, s.FutureLimit); problem != nil {
			results[i] = rejected(problem.Field, problem.Message)
			continue
		}
		if event.TsMicros(e) < oldest {
			results[i] = tooOld(*s.Horizon.current.Load(), start)
			s.TooOld()
			continue
		}
		e.Source = source
		from := len(buffer)
		var hash [16]byte
		buffer, hash = event.Content(buffer, e)
		entry := journal.EntryOf(e, hash, buffer[from:len(buffer):len(buffer)])
		if before, twice := seen[e.GetEventId()]; twice && work.entries[before].ContentHash == hash {
			work.repeats = append(work.repeats, repeat{place: i, of: work.places[before]})
			continue
		} else if twice {
			work.rivals = append(work.rivals, rival{repeat{place: i, of: work.places[before]}, entry})
			continue
		}
		seen[e.GetEventId()] = len(work.entries)
		work.entries = append(work.entries, entry)
		work.places = append(work.places, i)
	}
	if err := s.commit(ctx, work, results); err != nil {
		return nil, err
	}
	accepted, duplicates, refused := count(results)
	s.Observe(s.Now().Sub(start), accepted, duplicates, refused)
	return results, nil
}

func rejected(field, reason string) Result {
	return Result{Status: laurelv1.EventStatus_EVENT_STATUS_REJECTED, Field: field, Reason: reason}
}

// commit waits until the request's entries are durable and fills in their results.
func (s *Service) commit(ctx context.Context, work *request, results []Result) error {
	if len(work.entries) == 0 {
		return nil
	}
	statuses, err := s.committer.commit(ctx, work)
	if why := store.WhyUnwritable(err); why != "" {
		s.refused.Store(&refusal{why, s.Now()})
	}
	if err != nil {
		return unavailable(err)
	}
	if s.refused.Load() != nil {
		s.refused.Store(nil)
	}
	for i, status := range statuses {
		switch at := work.places[i]; status {
		case journal.Appended:
			results[at].Status = laurelv1.EventStatus_EVENT_STATUS_ACCEPTED
		case journal.Duplicate:
			results[at].Status = laurelv1.EventStatus_EVENT_STATUS_DUPLICATE
		case journal.Conflict:
			results[at] = rejected("event_id", "is already used by an event with different content; the first one stands, this one is kept for "+
				"review")
			results[at].Conflict = true
			s.Conflict()
		case journal.TooOld:
			h, err := s.Journal.HorizonNow(ctx)
			if err != nil {
				return unavailable(err)
			}
			results[at] = tooOld(h, s.Now())
			s.TooOld()
		}
	}
	for _, again := range work.repeats {
		results[again.place] = results[again.of]
		switch {
		case results[again.place].Conflict:
			s.Conflict()
		case results[again.place].TooOld:
			s.TooOld()
		default:
			results[again.place].Status = laurelv1.EventStatus_EVENT_STATUS_DUPLICATE
		}
	}
	return s.judgeRivals(ctx, work.rivals, results)
}

// judgeRivals fills in the results of events whose id stands in the call before, with other content. When that one was refused because of
// what the journal has, the rival may be a repeat of it.
func (s *Service) judgeRivals(ctx context.Context, rivals []rival, results []Result) error {
	var open []journal.Entry
	var places []int
	for i := range rivals {
		r := &rivals[i]
		if results[r.of].Conflict {
			open, places = append(open, r.entry), append(places, r.place)
		}
		results[r.place] = rejected("event_id", "stands twice in this batch with different content; give each event its own id")
	}
	if len(open) == 0 {
		return nil
	}
	held, err := s.Journal.Holds(ctx, open)
	if err != nil {
		return unavailable(err)
	}
	for i, place := range places {
		if held[i] {
			results[place] = Result{Status: laurelv1.EventStatus_EVENT_STATUS_DUPLICATE}
		}
	}
	return nil
}

// Unwritable says why the last events could not be stored, when that was lately and since the database can't be written; empty otherwise.
func (s *Service) Unwritable() string {
	if last := s.refused.Load(); last != nil && s.Now().Sub(last.at) < unwritableFor {
		return last.why
	}
	return ""
}

// unavailable tells callers to send again when the database was away.
func unavailable(err error) error {
	if store.IsUnavailable(err) {
		return &Unavailable{RetryAfter: retryWhenUnavailable, Err: err}
	}
	return err
}

func count(results []Result) (accepted, duplicates, refused int) {
	for i := range results {
		switch results[i].Status {
		case laurelv1.EventStatus_EVENT_STATUS_ACCEPTED:
			accepted++
		case laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
			duplicates++
		case laurelv1.EventStatus_EVENT_STATUS_REJECTED, laurelv1.EventStatus_EVENT_STATUS_UNSPECIFIED:
			refused++
		}
	}
	return accepted, duplicates, refused
}
