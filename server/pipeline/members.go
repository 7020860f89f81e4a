package pipeline

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// maxDoubt bounds the events that are looked at, in one reading, to find the boards that a dead process may have left behind; when there
	// are more, all boards are read anew.
	maxDoubt = 50_000
	// boardsWait is how long boards may lack what was folded before they count as behind.
	boardsWait = 3 * time.Second
	// beatTime bounds one heartbeat.
	beatTime = 3 * time.Second
)

// keepMembership gives heartbeats until ctx ends, and hands the lanes what this process is to fold.
func (p *Pipeline) keepMembership(ctx context.Context) {
	ticker := time.NewTicker(journal.HeartbeatInterval)
	defer ticker.Stop()
	for {
		if err := p.beat(ctx); err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "heartbeat failed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// laneOf is the lane that folds a partition.
func (p *Pipeline) laneOf(partition int) int { return partition % len(p.lanes) }

// beat gives one heartbeat and hands the lanes what they hold from now on.
func (p *Pipeline) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	share, err := p.members.Beat(ctx)
	why := store.WhyUnwritable(err)
	p.unwritable.Store(&why)
	if err != nil {
		return err
	}
	if err := p.watchBoards(ctx); err != nil {
		return err
	}
	if !sameHoldings(p.share, share) {
		p.Log.InfoContext(ctx, "partitions held", "partitions", len(share.Held), "processes", share.Alive, "process", p.members.ID())
		for partition, h := range share.Held {
			if before, known := p.share.Held[partition]; !known || before.Epoch != h.Epoch {
				p.doubt(ctx, partition, h.Published, h.Cursor)
			}
		}
		after, lanes := make(journal.Positions, p.Journal.Partitions()), map[int]bool{}
		for partition, h := range share.Held {
			after[partition], lanes[p.laneOf(partition)] = h.Cursor, true
		}
		p.feed.restart(slices.Sorted(maps.Keys(share.Held)), after, len(lanes))
	}
	if !p.Shared && len(share.Held) > 0 && !p.owner.Load() {
		for _, c := range p.Contests.Set().All() {
			p.Boards.Distrust(c.ID) // boards of this process have nothing of what another one folded
		}
	}
	p.share = share
	p.owner.Store(len(share.Held) > 0)
	p.leads.Store(share.Leads)
	for i, l := range p.lanes {
		mine := func(partition int) bool { return p.laneOf(partition) == i }
		held := map[int]journal.Holding{}
		for partition, h := range share.Held {
			if mine(partition) {
				held[partition] = h
			}
		}
		l.offer(held, slices.DeleteFunc(slices.Clone(share.Surplus), func(partition int) bool { return !mine(partition) }))
	}
	return nil
}

// watchBoards notes which partitions have been folded further than boards show for longer than boardsWait, whichever process folds them.
func (p *Pipeline) watchBoards(ctx context.Context) error {
	stored, err := p.Journal.Holdings(ctx, p.Journal.All())
	if err != nil {
		return err
	}
	now, behind := p.Now(), false
	for partition, h := range stored {
		seen, known := p.unshown[partition]
		switch {
		case h.Published >= h.Cursor:
			delete(p.unshown, partition)
		case !known || seen.published != h.Published:
			p.unshown[partition] = unshown{h.Published, now}
		case now.Sub(seen.since) > boardsWait:
			behind = true
		}
	}
	p.behind.Store(behind)
	return nil
}

// unshown is since when boards show a partition up to a position though more of it is folded.
type unshown struct {
	published int64
	since     time.Time
}

func sameHoldings(a, b journal.Share) bool {
	return maps.EqualFunc(a.Held, b.Held, func(x, y journal.Holding) bool { return x.Epoch == y.Epoch })
}

// doubt has the boards read anew that may lack what was folded of a partition between two positions: those of the contests that its events
// there may count in.
func (p *Pipeline) doubt(ctx context.Context, partition int, from, to int64) {
	if from >= to {
		return
	}
	set := p.Contests.Set()
	after := make(journal.Positions, p.Journal.Partitions())
	after[partition] = from
	events, end, err := read(ctx, p.Journal, []int{partition}, after, maxDoubt)
	all := err != nil || end[partition] < to
	doubted := map[string]struct{}{}
	for i := range events {
		if events[i].Seq > to || events[i].Broken != nil {
			continue
		}
		for _, program := range set.Match(events[i].Event) {
			doubted[program.ContestID] = struct{}{}
		}
	}
	for _, c := range set.All() {
		if _, named := doubted[c.ID]; named || all {
			p.Boards.Distrust(c.ID)
		}
	}
}
