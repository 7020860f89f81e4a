package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// DefaultBatch is how many events a batch holds at most.
	DefaultBatch = 5000
	// pollInterval is how often the journal is asked for events of other processes.
	pollInterval = 50 * time.Millisecond
	// renewEvery is how often the lease is renewed.
	renewEvery = journal.LeaseDuration / 4
	// maxStaleRetries bounds how often a batch is folded again because contests changed under it.
	maxStaleRetries = 10
	// maxUnpublished bounds the committed batches that wait to be put on the boards.
	maxUnpublished = 4
	// maxHits bounds the rounds, dead letters and late events of one batch over all contests; a batch whose events meet many contests is cut there.
	maxHits = 100_000
	// cycleTime bounds one batch, and releaseTime giving the partitions back at the end.
	cycleTime, releaseTime = 30 * time.Second, 5 * time.Second
	// minBackoff and maxBackoff bound the pause after a failure.
	minBackoff, maxBackoff = 50 * time.Millisecond, time.Second
)

// Config is what a Pipeline needs.
type Config struct {
	Store    *store.Store
	Journal  *journal.Journal
	Contests *contest.Service
	Boards   *board.Keeper
	// EventClock is moved by the events; nil with any other clock.
	EventClock *contest.EventClock
	// Owner names this process in leases.
	Owner string
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
	Tracer trace.Tracer
	Log    *slog.Logger
}

// Pipeline folds the partitions it owns.
type Pipeline struct {
	Config
	lease   *journal.Lease
	renewAt time.Time
	cursor  int64
	cache   *cache
	publish chan published
	owner   atomic.Bool
}

// New returns a pipeline; call Run.
func New(config Config) *Pipeline {
	if config.Batch == 0 {
		config.Batch = DefaultBatch
	}
	return &Pipeline{Config: config, cache: newCache(), publish: make(chan published, maxUnpublished)}
}

// Folds reports whether this process folds, so that its boards get what is committed; another one may, while this one stands by.
func (p *Pipeline) Folds() bool { return p.owner.Load() }

// Run folds until ctx ends, then publishes what is committed and gives its partitions back.
func (p *Pipeline) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() { defer close(done); p.publishAll(context.WithoutCancel(ctx)) }()
	backoff := minBackoff
	for ctx.Err() == nil {
		folded, err := p.cycleOnce(ctx)
		switch {
		case err == nil && folded > 0:
			backoff = minBackoff
			continue
		case err == nil:
			backoff = minBackoff
			p.rest(ctx, pollInterval)
		default:
			p.forget()
			if ctx.Err() == nil {
				p.Log.WarnContext(ctx, "batch not folded, will be tried again", "error", err.Error(), "retry_in", backoff.String())
			}
			p.rest(ctx, backoff)
			backoff = min(2*backoff, maxBackoff)
		}
	}
	close(p.publish)
	<-done
	p.release(context.WithoutCancel(ctx))
}

// cycleOnce lets a cycle that has begun finish when the server goes down, so that its commit is never in doubt, and gives up on a
// database that does not answer.
func (p *Pipeline) cycleOnce(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cycleTime)
	defer cancel()
	return p.cycle(ctx)
}

// cycle folds one batch and returns how many events it had.
func (p *Pipeline) cycle(ctx context.Context) (int, error) {
	if err := p.renew(ctx); err != nil || len(p.lease.Held) == 0 {
		return 0, err
	}
	records, err := p.Journal.Read(ctx, p.lease.Partitions(), p.cursor, p.Batch)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	ctx, span := p.Tracer.Start(ctx, "pipeline.batch", trace.WithAttributes(attribute.Int("laurel.events", len(records))))
	defer span.End()
	for range maxStaleRetries {
		err = p.fold(ctx, records)
		if !errors.Is(err, contest.ErrStale) {
			break
		}
		p.cache.clear()
		if err := p.Contests.Sync(ctx); err != nil {
			return 0, err
		}
	}
	if err != nil {
		span.RecordError(err)
		return 0, err
	}
	return len(records), nil
}

// fold takes one batch through the stages.
func (p *Pipeline) fold(ctx context.Context, records []journal.Record) error {
	b := p.newBatch(records)
	start := p.Now()
	b.score()
	if err := b.stand(ctx); err != nil {
		return err
	}
	p.Scored(p.Now().Sub(start), len(b.records))
	if err := b.commit(ctx); err != nil {
		b.distrustBoards(err)
		return err
	}
	p.cursor = b.end
	for partition := range p.lease.Cursors {
		p.lease.Cursors[partition] = max(p.lease.Cursors[partition], b.end)
	}
	p.publish <- b.published()
	if b.closed() {
		return p.Contests.Sync(ctx)
	}
	return nil
}

// renew keeps the lease. What was cached for other partitions is dropped when they change.
func (p *Pipeline) renew(ctx context.Context) error {
	now := p.Now()
	if p.lease != nil && now.Before(p.renewAt) {
		return nil
	}
	lease, changed, err := p.Journal.Claim(ctx, p.Owner, p.lease, now)
	if err != nil {
		return err
	}
	if changed {
		p.cache.clear()
		// Whoever folded before may have died between a commit and its boards, so each is read from standings once.
		if len(lease.Held) > 0 {
			for _, c := range p.Contests.Set().All() {
				p.Boards.Distrust(c.ID)
			}
		}
		p.owner.Store(len(lease.Held) > 0)
		p.Log.InfoContext(ctx, "partitions claimed", "partitions", len(lease.Held), "owner", p.Owner)
	}
	p.lease, p.cursor, p.renewAt = lease, lease.Lowest(), now.Add(renewEvery)
	return nil
}

// forget drops everything that a failed batch may have touched; the next cycle claims and reads anew.
func (p *Pipeline) forget() {
	p.cache.clear()
	p.renewAt = time.Time{}
}

func (p *Pipeline) release(ctx context.Context) {
	if p.lease == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	if err := p.Journal.Release(ctx, p.lease); err != nil {
		p.Log.WarnContext(ctx, "partitions not released; they come free when the lease runs out", "error", err.Error())
	}
}

// rest waits for events of this process, or for the time given.
func (p *Pipeline) rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.Journal.Woken():
	case <-timer.C:
	}
}

// CatchUp folds everything that is in the journal now. Tests and verbs that must not race the fold use it instead of Run.
func (p *Pipeline) CatchUp(ctx context.Context) error {
	done := make(chan struct{})
	go func() { defer close(done); p.publishAll(context.WithoutCancel(ctx)) }()
	defer func() { close(p.publish); <-done; p.publish = make(chan published, maxUnpublished) }()
	for {
		folded, err := p.cycle(ctx)
		if err != nil {
			p.forget()
			return fmt.Errorf("fold: %w", err)
		}
		if folded == 0 {
			return nil
		}
	}
}
