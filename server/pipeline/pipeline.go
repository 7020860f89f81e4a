package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// DefaultBatch is how many events a batch holds at most.
	DefaultBatch = 5000
	// DefaultLanesPostgres is how many batches may be folded at once on Postgres.
	DefaultLanesPostgres = 4
	// DefaultLanesSQLite is the same for SQLite, which has one writer.
	DefaultLanesSQLite = 1
	// pollInterval is how often the journal is asked for events of other processes.
	pollInterval = 50 * time.Millisecond
	// readInterval is the pause after a reading of the journal that was not full, so that the next one finds more.
	readInterval = 4 * time.Millisecond
	// leaveTime bounds giving the partitions back at the end.
	leaveTime = 5 * time.Second
)

// Config is what a Pipeline needs.
type Config struct {
	Store    *store.Store
	Journal  *journal.Journal
	Contests *contest.Service
	Boards   *board.Keeper
	// EventClock is moved by the events, in one lane, since their order is the clock; nil with any other clock.
	EventClock *contest.EventClock
	// Role is where the pipeline says what part it has; nil means that only the pipeline itself is asked.
	*Role
	// Host names this process for people.
	Host string
	// Shared tells that processes share their boards, so that each may fold some partitions; else one folds all and the others stand by.
	Shared bool
	// Lanes is how many batches may be folded at once; 0 means the default of the database.
	Lanes int
	// Batch is how many events a batch holds at most; 0 means DefaultBatch.
	Batch int
	Now   func() time.Time
	// Changed is told of each board a batch changed, with the arrival of its oldest event in microseconds.
	Changed func(contestID string, oldestIngestMicros int64)
	// Scored is told how long a batch took to score and how many events it had.
	Scored func(took time.Duration, events int)
	// Ranked is told how long the boards took to apply a batch.
	Ranked func(took time.Duration)
	// Buried is told of each new dead letter.
	Buried func()
	// Unrated is told, after the commit, of a contest and how many events of the batch did not count in it since there is no rate of their
	// day; nil means that nobody wants to know.
	Unrated func(contestID string, events int64)
	Tracer  trace.Tracer
	Log     *slog.Logger
}

// Pipeline folds the partitions that this process owns.
type Pipeline struct {
	Config
	members *journal.Member
	lanes   []*lane
	feed    *feed
	publish chan published
	shown   shown
	// share and unshown belong to the heartbeat.
	share   journal.Share
	unshown map[int]unshown
}

// New returns a pipeline; call Run.
func New(config Config) *Pipeline {
	if config.Role == nil {
		config.Role = &Role{}
	}
	if config.Batch == 0 {
		config.Batch = DefaultBatch
	}
	if config.Lanes == 0 {
		config.Lanes = DefaultLanesPostgres
		if config.Store.Dialect() == store.SQLite {
			config.Lanes = DefaultLanesSQLite
		}
	}
	if config.EventClock != nil {
		config.Lanes = 1
	}
	p := &Pipeline{
		Config: config, members: config.Journal.Join(config.Host, !config.Shared || config.EventClock != nil),
		feed: newFeed(config.Journal, config.Batch), publish: make(chan published, maxUnpublished), shown: shown{positions: map[int]int64{}},
		unshown: map[int]unshown{},
	}
	for number := range config.Lanes {
		p.lanes = append(p.lanes, p.newLane(number))
	}
	return p
}

// Process names this process in the database, with a name that no other run has.
func (p *Pipeline) Process() string { return p.members.ID() }

// Run folds until ctx ends, then publishes what is committed and gives its partitions back.
//
//	heartbeat ─► partitions of this process, shared among its lanes
//	reader    ─► feed
//	lane      ─► feed ─► batch: program, one transaction, cursors included ─► publish
//	publisher ─► boards, sockets
func (p *Pipeline) Run(ctx context.Context) {
	published := make(chan struct{})
	go func() { defer close(published); p.publishAll(context.WithoutCancel(ctx)) }()
	// outlives the lanes: a batch that is under way must not lose its partitions
	membership, leave := context.WithCancel(context.WithoutCancel(ctx))
	var alive, folding sync.WaitGroup
	alive.Go(func() { p.keepMembership(membership) })
	folding.Go(func() { p.read(ctx) })
	for _, l := range p.lanes {
		folding.Go(func() { l.run(ctx) })
	}
	folding.Wait()
	leave()
	alive.Wait()
	close(p.publish)
	<-published
	p.leave(context.WithoutCancel(ctx))
}

// read fills the feed until ctx ends.
func (p *Pipeline) read(ctx context.Context) {
	backoff := minBackoff
	for ctx.Err() == nil {
		if full := p.feed.full(); full != nil {
			pause(ctx, pollInterval, full, nil)
			continue
		}
		reading, cancel := context.WithTimeout(ctx, cycleTime)
		events, err := p.feed.fill(reading)
		cancel()
		switch {
		case err != nil:
			if ctx.Err() == nil {
				p.Log.WarnContext(ctx, "journal not read, will be tried again", "error", err.Error(), "retry_in", backoff.String())
			}
			pause(ctx, backoff, nil, nil)
			backoff = min(2*backoff, maxBackoff)
		case events == 0:
			backoff = minBackoff
			pause(ctx, pollInterval, p.Journal.Woken(), nil)
		default:
			backoff = minBackoff
			if events < p.Batch {
				pause(ctx, readInterval, nil, nil)
			}
		}
	}
}

// pause waits for one of two signs, either of which may be nil, or for the time given.
func pause(ctx context.Context, wait time.Duration, sign, other <-chan struct{}) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-sign:
	case <-other:
	case <-timer.C:
	}
}

// leave stores how far each lane got and gives its partitions back.
func (p *Pipeline) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	for _, l := range p.lanes {
		if err := p.members.GiveBack(ctx, l.moves(l.positions)); err != nil {
			p.Log.WarnContext(ctx, "partitions not given back; they come free when the lease runs out", "lane", l.number, "error", err.Error())
		}
	}
	if err := p.members.Leave(ctx); err != nil {
		p.Log.WarnContext(ctx, "process still on the list of those that are alive, until its lease runs out", "error", err.Error())
	}
}

// CatchUp folds everything that is in the journal now. Tests and verbs that must not race the fold use it instead of Run.
func (p *Pipeline) CatchUp(ctx context.Context) error {
	if err := p.beat(ctx); err != nil {
		return fmt.Errorf("fold: %w", err)
	}
	return p.foldAll(ctx)
}

// foldAll folds until nothing is left to read.
func (p *Pipeline) foldAll(ctx context.Context) error {
	done := make(chan struct{})
	go func() { defer close(done); p.publishAll(context.WithoutCancel(ctx)) }()
	defer func() { close(p.publish); <-done; p.publish = make(chan published, maxUnpublished) }()
	for {
		read, err := p.feed.fill(ctx)
		if err != nil {
			return fmt.Errorf("fold: %w", err)
		}
		folded := 0
		for _, l := range p.lanes {
			events, err := l.catchUp(ctx)
			if err != nil {
				return fmt.Errorf("fold: %w", err)
			}
			folded += events
		}
		if read+folded == 0 {
			return nil
		}
	}
}

// catchUp folds what the feed has for the lane.
func (l *lane) catchUp(ctx context.Context) (folded int, err error) {
	for {
		events, err := l.cycle(ctx)
		if folded += events; events == 0 || err != nil {
			return folded, err
		}
	}
}
