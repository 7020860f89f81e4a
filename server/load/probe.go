package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/laurelhq/laurel/server/journal"
)

const (
	// keptRounds is the n of best_n_rounds in the contest that load publishes, and pointUnits are units a point (precision 2).
	keptRounds, pointUnits = 20, 100
	// sightingsWait is how long the sockets may take to read the last frames, looked at every sightingsPoll.
	sightingsWait, sightingsPoll = 30 * time.Second, 20 * time.Millisecond
	// partitions is how many partitions an installation has unless it was set otherwise.
	partitions = journal.DefaultPartitions
	// probePlayers send the probes in turn, one in each partition, so that what is measured is the way through all of them and through every
	// lane.
	probePlayers = partitions
	// boardTimeout bounds the wait for the first rounds and the last ones to be on the board.
	boardTimeout = 2 * time.Minute
)

// probeLog remembers when each probe was sent and what score its player has once it is counted. Each round of a player is better than
// the one before, so his score says exactly which of his probes are in it. Probe k is of player k modulo probePlayers.
type probeLog struct {
	users [probePlayers]string
	base  int64
	sent  []time.Time
	units []int64
	count atomic.Int64
}

// sighting is the score at which a frame shows a probe's player.
type sighting struct {
	player int
	units  int64
}

// newProbeLog starts above all scores that random rounds can reach, and above the probes of earlier runs.
func newProbeLog(run string, now time.Time, capacity int) *probeLog {
	const firstRun = 1_700_000_000
	log := &probeLog{base: 1_000_000 + 10*(now.Unix()-firstRun), sent: make([]time.Time, capacity), units: make([]int64, capacity)}
	for partition := range log.users {
		log.users[partition] = userIn(partition, "probe_"+run)
	}
	return log
}

// userIn makes a player of a partition.
func userIn(partition int, prefix string) string {
	for i := 0; ; i++ {
		if user := prefix + "_" + strconv.Itoa(i); journal.PartitionOf(user, partitions) == partition {
			return user
		}
	}
}

// points of a player's round, which are also the euro cents won with a stake of one euro. The first keptRounds rounds are his warm-up.
func (p *probeLog) points(round int) int64 { return p.base + int64(round) }

// user is the player of probe k.
func (p *probeLog) user(k int) string { return p.users[k%probePlayers] }

// round is the number of probe k among its player's rounds.
func (p *probeLog) round(k int) int { return keptRounds + k/probePlayers }

// last is what one round must win to stand above the players of earlier runs and below this run's probes, which must stay in sight.
func (p *probeLog) last() int64 { return keptRounds * p.base }

// next registers a probe before it is sent and returns its number; false when the log is full.
func (p *probeLog) next(now time.Time) (k int, ok bool) {
	k = int(p.count.Load())
	if k == len(p.sent) {
		return 0, false
	}
	p.sent[k] = now
	for round := p.round(k) - keptRounds + 1; round <= p.round(k); round++ {
		p.units[k] += p.points(round) * pointUnits
	}
	p.count.Store(int64(k) + 1)
	return k, true
}

// warmUp brings the probes' players above those of earlier runs and waits until the sockets know their rows. It is neither measured nor
// counted.
func (r *run) warmUp(ctx context.Context, w *watchers) error {
	batch, users := &callBody{}, map[string]bool{}
	for player, user := range r.probes.users {
		users[user] = true
		for round := range keptRounds {
			id := fmt.Sprintf("%s-warm-%d-%d", r.id, player, round)
			batch.add(played{eventID: id, userID: user, at: r.now(), betMinor: 100, winMinor: r.probes.points(round)})
		}
	}
	if _, err := r.onBoard(ctx, w, batch, users); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	return nil
}

// probe sends single events of the probes' players, a batch each, at an even pace.
func (r *run) probe(ctx context.Context, s *schedule) error {
	posters, batch := r.posters(), &callBody{}
	every := time.Second / time.Duration(r.Probes)
	for due := s.began; ; {
		k, ok := r.probes.next(r.now())
		if !ok {
			return nil
		}
		batch.reset()
		batch.add(played{
			eventID: r.id + "-probe-" + strconv.Itoa(k), userID: r.probes.user(k), at: r.probes.sent[k],
			betMinor: 100, winMinor: r.probes.points(r.probes.round(k)),
		})
		answer, err := r.persist(ctx, posters.at(k), batch.body)
		if err != nil {
			return err
		}
		r.count(answer, r.now().Sub(s.began))
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
func (r *run) drain(ctx context.Context, w *watchers, ended time.Time) (time.Duration, error) {
	batch, users := &callBody{}, map[string]bool{}
	for partition := range partitions {
		user := userIn(partition, "last_"+r.id)
		users[user] = true
		batch.add(played{eventID: user, userID: user, at: r.now(), betMinor: 100, winMinor: r.probes.last()})
	}
	at, err := r.onBoard(ctx, w, batch, users)
	if err != nil {
		return 0, err
	}
	r.awaitSightings(ctx)
	return at.Sub(ended), nil
}

// onBoard sends a batch and returns when the scout has seen its players.
func (r *run) onBoard(ctx context.Context, w *watchers, batch *callBody, users map[string]bool) (time.Time, error) {
	w.expect(users)
	ctx, cancel := context.WithTimeout(ctx, boardTimeout)
	defer cancel()
	answer, err := r.persist(ctx, r.posters().at(0), batch.body)
	if err != nil {
		return time.Time{}, err
	}
	if answer.GetRejected() > 0 {
		return time.Time{}, fmt.Errorf("the server refused %d events: %s", answer.GetRejected(), firstReason(answer))
	}
	select {
	case at := <-w.arrived:
		return at, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return time.Time{}, ctx.Err()
		}
		return time.Time{}, fmt.Errorf("not everything that was sent is on the board after %s", boardTimeout)
	}
}

// awaitSightings gives the other sockets a moment to read what one of them has seen; a socket that was lost never will.
func (r *run) awaitSightings(ctx context.Context) {
	want := int64(r.Sockets) * r.probes.count.Load()
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
