package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/laurelhq/laurel/server/journal"
)

const (
	// loadKept is the n of best_n_rounds in the contest that load publishes, and loadUnits are units a point (precision 2).
	loadKept, loadUnits = 20, 100
	// sightingsWait is how long the sockets may take to read the last frames, looked at every sightingsPoll.
	sightingsWait, sightingsPoll = 30 * time.Second, 20 * time.Millisecond
	// warmUpProbes come first and are not measured: after them the probe's player stands above those of earlier runs.
	warmUpProbes = loadKept
	// drainPartitions is how many partitions an installation has unless it was set otherwise.
	drainPartitions = journal.DefaultPartitions
	// drainTimeout bounds the wait for what was sent to be on the board.
	drainTimeout = 2 * time.Minute
)

// probeLog remembers when each probe was sent and what score its player has once it is counted. Each probe is a better round than the
// one before, so the score says exactly which probes are in it.
type probeLog struct {
	user  string
	base  int64
	sent  []time.Time
	units []int64
	count atomic.Int64
}

// newProbeLog starts above all scores that random rounds can reach, and above the probes of earlier runs.
func newProbeLog(run string, now time.Time, capacity int) *probeLog {
	const firstRun = 1_700_000_000
	return &probeLog{user: "probe_" + run, base: 1_000_000 + 10*(now.Unix()-firstRun), sent: make([]time.Time, capacity), units: make([]int64, capacity)}
}

// points of probe k, which are also the euro cents won with a stake of one euro.
func (p *probeLog) points(k int) int64 { return p.base + int64(k) }

// next registers a probe before it is sent and returns its number; false when the log is full.
func (p *probeLog) next(now time.Time) (k int, ok bool) {
	k = int(p.count.Load())
	if k == len(p.sent) {
		return 0, false
	}
	p.sent[k] = now
	for j := max(0, k-loadKept+1); j <= k; j++ {
		p.units[k] += p.points(j) * loadUnits
	}
	p.count.Store(int64(k) + 1)
	return k, true
}

// probe sends single events of the probe's player, a batch each, at an even pace. The first ones follow each other closely.
func (r *loadRun) probe(ctx context.Context, s *schedule) error {
	posters, batch := r.posters(), &loadBatch{}
	every := time.Second / time.Duration(r.Probes)
	for due := s.began; ; {
		k, ok := r.probes.next(r.now())
		if !ok {
			return nil
		}
		at := r.probes.sent[k]
		batch.reset()
		batch.add(loadRound{eventID: r.run + "-probe-" + strconv.Itoa(k), userID: r.probes.user, at: at, betMinor: 100, winMinor: r.probes.points(k)})
		answer, err := r.persist(ctx, posters.at(k), batch.body)
		if err != nil {
			return err
		}
		r.count(answer, r.now().Sub(s.began))
		if k < warmUpProbes {
			continue
		}
		due = due.Add(every)
		now := r.now()
		if due.Before(now) {
			due = now
		}
		if !due.Before(s.until) {
			return nil
		}
		if !pause(ctx, due.Sub(now)) {
			return nil
		}
	}
}

// drain sends one last event in each partition behind everything else and waits until the board shows them all. It returns how long
// that took from when the last batch was acknowledged: the time by which scoring lags behind taking in.
func (r *loadRun) drain(ctx context.Context, w *watchers, ended time.Time) (time.Duration, error) {
	batch, users := &loadBatch{}, map[string]bool{}
	for partition := range drainPartitions {
		user := ""
		for i := 0; user == "" || journal.PartitionOf(user, drainPartitions) != partition; i++ {
			user = fmt.Sprintf("last_%s_%d", r.run, i)
		}
		users[user] = true
		// One such round stands above all random ones and those of earlier runs, and below the probe's twenty, which must stay in sight.
		batch.add(loadRound{eventID: user, userID: user, at: r.now(), betMinor: 100, winMinor: r.probes.base + 500_000})
	}
	w.expect(users)
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if _, err := r.persist(ctx, r.posters().at(0), batch.body); err != nil {
		return 0, err
	}
	select {
	case at := <-w.drained:
		r.awaitSightings(ctx)
		return at.Sub(ended), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("not everything that was sent is on the board after %s", drainTimeout)
	}
}

// awaitSightings gives the other sockets a moment to read what one of them has seen; a socket that was lost never will.
func (r *loadRun) awaitSightings(ctx context.Context) {
	want := int64(r.Sockets) * max(0, r.probes.count.Load()-warmUpProbes)
	ticker := time.NewTicker(sightingsPoll)
	defer ticker.Stop()
	for deadline := r.now().Add(sightingsWait); r.push.count.Load() < want && r.now().Before(deadline); {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
