package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// maxStaleRetries bounds how often a batch is folded again because contests changed under it.
	maxStaleRetries = 10
	// maxRows bounds the state rows that one batch may touch, and maxEffects its dead letters, late and emitted events; a batch that has more
	// is cut there.
	maxRows, maxEffects = 100_000, 100_000
	// maxEmitted bounds the emitted events of a batch, which are appended at once; the event that passes it has room for what it emits.
	maxEmitted = journal.MaxAppend * 3 / 4
	// slowBatch is what a batch may take before the next one is half as large.
	slowBatch = 2 * time.Second
	// maxStrikes is how often a single event may fail to be committed, for another reason than a database that is away, before it is buried.
	maxStrikes = 3
	// maxGather bounds how long a lane waits for more events after a batch that was not full, for each lane of the process: they share its
	// processors.
	maxGather = 12 * time.Millisecond
	// cycleTime bounds one batch.
	cycleTime = 30 * time.Second
	// minBackoff and maxBackoff bound the pause after a failure.
	minBackoff, maxBackoff = 50 * time.Millisecond, time.Second
	// flushInterval is how often a lane without events of its own stores how far it got.
	flushInterval = time.Second
	// cacheBytes bounds the rows kept by all lanes of a process together.
	cacheBytes = 144 << 20
)

// lane is some partitions with one goroutine and one transaction a batch. No lane waits for another.
type lane struct {
	*Pipeline
	number  int
	scratch *fold.Scratch
	cache   *fold.Cache
	// held are the partitions and what is stored of each; partitions are their numbers in order, and positions how far each is folded.
	held       map[int]journal.Holding
	partitions []int
	positions  journal.Positions
	// size is how many events the next batch may have; strikes counts the failures of a single event, suspect.
	size, strikes int
	suspect       fold.Place
	// took is how long the last batch took, and light tells that it was not full.
	took  time.Duration
	light bool
	// unsure tells that a commit may or may not have happened, so that what is stored must be read before the next one.
	unsure  bool
	flushed time.Time

	// mu guards what the heartbeat hands over: what the lane holds from its next batch on, and what it is to give back.
	mu      sync.Mutex
	offered map[int]journal.Holding
	leaving []int
	// kick wakes the lane when something was handed over.
	kick chan struct{}
}

func (p *Pipeline) newLane(number int) *lane {
	cache := fold.NewCache(cacheBytes / p.Lanes)
	return &lane{
		Pipeline: p, number: number, cache: cache, scratch: fold.NewScratch(&Tables, cache), held: map[int]journal.Holding{},
		positions: make(journal.Positions, p.Journal.Partitions()), size: p.Batch, kick: make(chan struct{}, 1),
	}
}

// run folds until ctx ends. A cycle that has begun finishes, so that its commit is not in doubt.
func (l *lane) run(ctx context.Context) {
	backoff := minBackoff
	for ctx.Err() == nil {
		folded, err := l.cycleOnce(ctx)
		switch {
		case err != nil:
			if ctx.Err() == nil && !errors.Is(err, journal.ErrFenced) {
				l.Log.WarnContext(ctx, "batch not folded, will be tried again", "lane", l.number, "events", l.size, "error", err.Error(), "retry_in",
					backoff.String())
			}
			pause(ctx, backoff, l.kick, nil)
			backoff = min(2*backoff, maxBackoff)
		case folded == 0:
			backoff = minBackoff
			pause(ctx, pollInterval, l.kick, l.feed.grown())
		default:
			backoff = minBackoff
			l.gather(ctx)
		}
	}
}

// gather waits a while after a batch that was not full, so that the next one carries more: a transaction costs much the same whether it has
// ten events or a hundred. A lane that has a lot to do waits for nothing.
func (l *lane) gather(ctx context.Context) {
	if wait := min(l.took, time.Duration(l.Lanes)*maxGather); l.light && wait > 0 {
		pause(ctx, wait, l.kick, nil)
	}
}

// cycleOnce gives up on a database that does not answer.
func (l *lane) cycleOnce(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cycleTime)
	defer cancel()
	return l.cycle(ctx)
}

// cycle folds one batch and returns how many events it had.
func (l *lane) cycle(ctx context.Context) (int, error) {
	if err := l.takeOver(ctx); err != nil {
		return 0, err
	}
	if len(l.partitions) == 0 {
		return 0, nil
	}
	events, end, err := l.next(ctx)
	if err != nil {
		return 0, err
	}
	if len(events) == 0 {
		l.positions = end
		return 0, l.flush(ctx)
	}
	start := l.Now()
	full := len(events) == l.size
	err = l.fold(ctx, events, end)
	l.took = l.Now().Sub(start)
	l.light = !full
	l.adjust(events, l.took, err)
	if err != nil {
		return 0, err
	}
	return len(events), nil
}

// next returns the lane's next events: from what the process has read for all its lanes, or, when this lane is too far behind that, from
// the journal.
func (l *lane) next(ctx context.Context) ([]fold.Event, journal.Positions, error) {
	events, end, found := l.feed.next(l.number, l.partitions, l.positions, l.size)
	if found {
		return events, end, nil
	}
	return read(ctx, l.Journal, l.partitions, l.positions, l.size)
}

// fold takes events through the program and commits what they did. A batch that met contests which have changed is folded again.
func (l *lane) fold(ctx context.Context, events []fold.Event, end journal.Positions) (err error) {
	ctx, span := l.Tracer.Start(ctx, "pipeline.batch", trace.WithAttributes(attribute.Int("laurel.events", len(events)),
		attribute.Int("laurel.lane", l.number)))
	defer span.End()
	for range maxStaleRetries {
		if err = l.foldOnce(ctx, events, end); !errors.Is(err, catalog.ErrStale) {
			break
		}
		if err = l.Contests.Sync(ctx); err != nil {
			break
		}
	}
	if err != nil {
		span.RecordError(err)
	}
	return err
}

func (l *lane) foldOnce(ctx context.Context, events []fold.Event, end journal.Positions) (err error) {
	defer func() {
		if value := recover(); value != nil {
			l.Log.ErrorContext(ctx, "panic in a batch", "lane", l.number, "panic", value, "stack", string(debug.Stack()))
			l.scratch.Discard()
			l.unsure, err = true, fmt.Errorf("panic: %v", value)
		}
	}()
	start := l.Now()
	b := l.newBatch(events, end)
	if l.strikes >= maxStrikes && len(b.events) == 1 && b.events[0].Place == l.suspect {
		b.bury(&b.events[0], stageCommit, errUncommittable)
		b.events = nil
	}
	if err := b.fold(ctx); err != nil {
		l.scratch.Discard()
		return err
	}
	l.Scored(l.Now().Sub(start), len(b.events))
	moves := l.moves(b.end)
	if err := b.commit(ctx, moves); err != nil {
		l.scratch.Discard()
		l.unsure = !errors.Is(err, catalog.ErrStale) // one that lost a partition finds out which, and goes on with the others
		return err
	}
	l.publish <- b.published()
	l.scratch.Adopt()
	l.stored(moves, b.end)
	if b.clock.closes() {
		return l.Contests.Sync(ctx)
	}
	return nil
}

var errUncommittable = errors.New("what the event touches can't be read or stored; the log has the reason")

// adjust makes batches smaller when they are slow or fail, down to the one event that does it, and larger again when they go well. So none
// is repeated unchanged for ever.
func (l *lane) adjust(batch []fold.Event, took time.Duration, err error) {
	events := len(batch)
	switch {
	case err == nil && took <= slowBatch:
		l.size, l.strikes = min(2*l.size, l.Batch), 0
	case err == nil:
		l.size, l.strikes = max(1, events/2), 0
	// it says nothing of the events
	case errors.Is(err, catalog.ErrStale), errors.Is(err, journal.ErrFenced), errors.Is(err, context.Canceled):
	case events > 1:
		l.size = max(1, events/2)
	case !store.IsUnavailable(err) && !errors.Is(err, fold.ErrNewer):
		if at := batch[0].Place; at != l.suspect {
			l.suspect, l.strikes = at, 0 // the lane holds other partitions than before
		}
		l.size, l.strikes = 1, l.strikes+1
	}
}

// moves are how far a transaction takes the lane's partitions.
func (l *lane) moves(to journal.Positions) []journal.Move {
	moves := make([]journal.Move, len(l.partitions))
	for i, partition := range l.partitions {
		h := l.held[partition]
		moves[i] = journal.Move{Partition: partition, Epoch: h.Epoch, From: h.Cursor, Cursor: to[partition],
			Published: min(max(h.Published, l.shown.at(partition)), to[partition])}
	}
	return moves
}

// stored notes what a transaction has stored: the moves as they were then, since boards may show more by now.
func (l *lane) stored(moves []journal.Move, end journal.Positions) {
	for _, move := range moves {
		h := l.held[move.Partition]
		h.Cursor, h.Published = move.Cursor, move.Published
		l.held[move.Partition] = h
	}
	l.positions = end
	l.flushed = l.Now()
}

// flush stores how far an idle lane got, at most once in flushInterval: others count from there what waits to be folded, and what boards
// may lack.
func (l *lane) flush(ctx context.Context) error {
	if l.Now().Sub(l.flushed) < flushInterval {
		return nil
	}
	l.ask()
	moves := l.moves(l.positions)
	if !slices.ContainsFunc(moves, func(m journal.Move) bool { return m.Cursor > m.From || m.Published > l.held[m.Partition].Published }) {
		return nil
	}
	err := l.Store.FoldTx(ctx, func(ctx context.Context, tx *store.Tx) error { return l.Journal.Advance(ctx, tx, moves) })
	if err != nil {
		l.unsure = true
		return err
	}
	l.stored(moves, l.positions)
	return nil
}

// ask has the publisher note how far boards are, when that isn't known: they may have been healed since the lane's last batch, or since the
// last one of the process that had its partitions before. Nothing waits for a publisher that is busy.
func (l *lane) ask() {
	if !slices.ContainsFunc(l.partitions, func(partition int) bool { return l.shown.at(partition) < l.positions[partition] }) {
		return
	}
	select {
	case l.publish <- published{partitions: l.partitions, end: slices.Clone(l.positions)}:
	default:
	}
}

// offer hands over what the lane holds from its next batch on.
func (l *lane) offer(held map[int]journal.Holding, leaving []int) {
	l.mu.Lock()
	l.offered, l.leaving = held, leaving
	l.mu.Unlock()
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// takeOver takes what was offered, between two batches, and gives back what others should have.
func (l *lane) takeOver(ctx context.Context) error {
	l.mu.Lock()
	offered, leaving := l.offered, l.leaving
	l.offered, l.leaving = nil, nil
	l.mu.Unlock()
	if l.unsure {
		if err := l.recall(ctx); err != nil {
			return err
		}
	}
	if offered != nil {
		l.hold(offered)
	}
	if len(leaving) > 0 {
		return l.giveBack(ctx, leaving)
	}
	return nil
}

// hold takes the partitions of a heartbeat. One that is still held goes on where it is.
func (l *lane) hold(offered map[int]journal.Holding) {
	held := make(map[int]journal.Holding, len(offered))
	for partition, h := range offered {
		if before, known := l.held[partition]; known && before.Epoch == h.Epoch {
			held[partition] = before
			continue
		}
		held[partition], l.positions[partition] = h, h.Cursor
		l.shown.reset(partition, h.Published)
	}
	for partition, before := range l.held {
		if held[partition].Epoch != before.Epoch {
			l.cache.Clear() // somebody else may have changed what was kept of it
		}
	}
	l.settle(held)
}

func (l *lane) settle(held map[int]journal.Holding) {
	l.held, l.partitions = held, slices.Sorted(maps.Keys(held))
}

// recall reads what is stored of the lane's partitions, after a commit that may or may not have happened.
func (l *lane) recall(ctx context.Context) error {
	stored, err := l.Journal.Holdings(ctx, l.partitions)
	if err != nil {
		return err
	}
	held := map[int]journal.Holding{}
	for partition, before := range l.held {
		now := stored[partition]
		if now.Epoch != before.Epoch {
			l.cache.Clear()
			continue
		}
		if now.Cursor != before.Cursor {
			l.cache.Clear() // it did happen
			l.doubt(ctx, partition, before.Cursor, now.Cursor)
			l.positions[partition] = now.Cursor
		}
		held[partition] = now
	}
	l.settle(held)
	l.unsure = false
	return nil
}

// giveBack lets go of partitions, when boards have what was folded of them.
func (l *lane) giveBack(ctx context.Context, leaving []int) error {
	l.drain(ctx)
	var moves []journal.Move
	for _, move := range l.moves(l.positions) {
		if slices.Contains(leaving, move.Partition) {
			moves = append(moves, move)
		}
	}
	held := maps.Clone(l.held)
	for _, move := range moves {
		delete(held, move.Partition)
	}
	l.cache.Clear()
	l.settle(held)
	return l.members.GiveBack(ctx, moves)
}
