package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/laurelhq/laurel/server/journal"
)

const (
	// maxQueued bounds the requests that wait for a transaction; a caller beyond them waits to get in.
	maxQueued = 1024
	// commitTimeout bounds one transaction.
	commitTimeout = 30 * time.Second
)

// errStopped is what callers get that come while the server goes down; they may send the same events to the next one.
var errStopped = &Unavailable{RetryAfter: retryWhenUnavailable, Err: errors.New("ingest is shutting down")}

// request is the entries of one call.
type request struct {
	entries []journal.Entry
	// places are where the entries stand in the call.
	places []int
	// repeats are the events of the call that say the same as an entry. What becomes of them depends on what becomes of it.
	repeats []repeat
	// rivals are the events of the call that have the id of an entry and say something else.
	rivals []rival
	done   chan outcome
}

// repeat is the place in a call of an event that stands there twice, and that of the first.
type repeat struct{ place, of int }

// rival is an event that stands behind another one of its id.
type rival struct {
	repeat
	entry journal.Entry
}

type outcome struct {
	statuses []journal.Status
	err      error
}

// committer gathers concurrent requests into transactions. There is no timer: a transaction starts as soon as a writer is
// free and takes whatever has come by then, so that a lone caller waits for nobody and a crowd shares.
type committer struct {
	journal *journal.Journal
	now     func() time.Time
	writers int
	queue   chan *request
	stopped chan struct{}
	once    sync.Once
	// finished is closed when no writer is left, so that a request which comes after the last one has an answer too.
	finished chan struct{}
}

func newCommitter(j *journal.Journal, now func() time.Time, writers int) *committer {
	return &committer{journal: j, now: now, writers: max(1, writers), queue: make(chan *request, maxQueued), stopped: make(chan struct{}),
		finished: make(chan struct{})}
}

// start runs the writers, once; the channel closes when they have finished after stop.
func (c *committer) start() <-chan struct{} {
	var writers sync.WaitGroup
	for range c.writers {
		writers.Go(c.write)
	}
	go func() { writers.Wait(); close(c.finished) }()
	return c.finished
}

func (c *committer) stop() { c.once.Do(func() { close(c.stopped) }) }

// commit hands a request in and waits for its outcome. When ctx ends first the request may still become durable.
func (c *committer) commit(ctx context.Context, r *request) ([]journal.Status, error) {
	r.done = make(chan outcome, 1)
	select {
	case c.queue <- r:
	case <-c.stopped:
		return nil, errStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case o := <-r.done:
		return o.statuses, o.err
	case <-c.finished:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case o := <-r.done:
		return o.statuses, o.err
	default:
		return nil, errStopped
	}
}

func (c *committer) write() {
	var left *request // taken from the queue but too large for the last transaction
	for {
		if left == nil {
			select {
			case left = <-c.queue:
			default:
				select {
				case left = <-c.queue:
				case <-c.stopped:
					c.refuseRest()
					return
				}
			}
		}
		var group []*request
		group, left = c.gather(left)
		c.append(group)
	}
}

// refuseRest answers requests that slipped in while the writers stopped.
func (c *committer) refuseRest() {
	for {
		select {
		case r := <-c.queue:
			r.done <- outcome{err: errStopped}
		default:
			return
		}
	}
}

// gather takes what is waiting, up to the size of a transaction.
func (c *committer) gather(first *request) (group []*request, left *request) {
	group = append(group, first)
	size := len(first.entries)
	for {
		select {
		case r := <-c.queue:
			if size += len(r.entries); size > journal.MaxAppend {
				return group, r
			}
			group = append(group, r)
		default:
			return group, nil
		}
	}
}

// append writes a group in one transaction. Each request gets the answers that it would get if they came one after the other, whatever
// ids they share.
func (c *committer) append(group []*request) {
	var entries []journal.Entry
	for _, r := range group {
		entries = append(entries, r.entries...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	statuses, err := c.journal.Append(ctx, entries, c.now().UnixMicro())
	for _, r := range group {
		if err != nil {
			r.done <- outcome{err: err}
			continue
		}
		r.done <- outcome{statuses: statuses[:len(r.entries):len(r.entries)]}
		statuses = statuses[len(r.entries):]
	}
}
