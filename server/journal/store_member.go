package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/laurelhq/laurel/server/store"
)

// LeaseDuration is how long a process counts as alive after its last heartbeat, and HeartbeatInterval how often it gives one. What a dead
// process owned has moved within the sum of the two and the time of a claim.
const (
	LeaseDuration     = 4 * time.Second
	HeartbeatInterval = 750 * time.Millisecond
)

const (
	// clockSlack is how much further ahead than LeaseDuration a heartbeat may lie; one beyond was written before the database's clock was set
	// back.
	clockSlack = time.Minute
	// remembered is how long the row of a dead process stays.
	remembered = time.Minute
	// claimWait bounds the wait for rows of a dead process, whose sessions are ended right before; the next heartbeat tries again.
	claimWait = 500 * time.Millisecond
)

// Member is this process among those that fold. A process is one member at a time.
type Member struct {
	journal *Journal
	// host is for people.
	host string
	// exclusive has one process own all partitions and the others stand by, because boards live in the process.
	exclusive bool
	mu        sync.Mutex
	// held are the epochs this member has claimed, and whether the partition was inherited. A row that names this process with another epoch
	// isn't known to be its own: the answer to a claim was lost, and so may be what was under way then.
	held map[int]Holding
}

// Join makes a member that goes by the name of the store's process; nothing is stored before its first heartbeat. host is for people, at
// most 128 bytes. With exclusive, one process owns all partitions while it is alive.
func (j *Journal) Join(host string, exclusive bool) *Member {
	return &Member{journal: j, host: host, exclusive: exclusive, held: map[int]Holding{}}
}

// ID names the member in the database. It is random, and new at each start.
func (m *Member) ID() string { return m.journal.store.Process() }

// Beat says that the process is alive, claims the free partitions up to its fair share, and returns what it owns. Call it every
// HeartbeatInterval. After an error nothing is known to have changed: what was owned is owned until another process takes it, which the
// epochs tell.
func (m *Member) Beat(ctx context.Context) (Share, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := m.sayAlive(ctx)
	if err != nil {
		return Share{}, err
	}
	l, err := m.look(ctx, m.journal.store.Spare(), now)
	if err != nil {
		return Share{}, err
	}
	if err := m.forgetDead(ctx, l); err != nil {
		return Share{}, err
	}
	if wanted := m.wanted(l); len(wanted) > 0 {
		if err := m.claim(ctx, l, wanted); err != nil {
			return Share{}, err
		}
	}
	return m.share(l), nil
}

// sayAlive stores the heartbeat and returns the database's time of it.
func (m *Member) sayAlive(ctx context.Context) (now int64, err error) {
	clock := m.journal.store.Dialect().ClockMicros()
	lease := strconv.FormatInt(LeaseDuration.Microseconds(), 10)
	err = m.journal.store.Spare().QueryRowContext(ctx, "INSERT INTO process (id, host, started_at, seen_until) VALUES ($1, $2, "+clock+", "+
		clock+" + "+lease+`)
		ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until RETURNING seen_until - `+lease, m.ID(), m.host).Scan(&now)
	if err != nil {
		return 0, fmt.Errorf("store heartbeat: %w", err)
	}
	return now, nil
}

// forgetDead deletes the rows of processes that are long dead.
func (m *Member) forgetDead(ctx context.Context, l look) error {
	for _, id := range l.gone {
		clock := m.journal.store.Dialect().ClockMicros()
		_, err := m.journal.store.Spare().
			ExecContext(ctx, fmt.Sprintf("DELETE FROM process WHERE id = $1 AND (seen_until < %[1]s - %[2]d OR seen_until > %[1]s + %[3]d)",
				clock, remembered.Microseconds(), (LeaseDuration+clockSlack).Microseconds()), id)
		if err != nil {
			return fmt.Errorf("forget dead process: %w", err)
		}
	}
	return nil
}

// claim takes the wanted partitions that nobody has taken since the look, and notes them there. Sessions of dead owners are ended first: a
// process that froze or was cut off may hold rows, locks and an unfinished append.
func (m *Member) claim(ctx context.Context, l look, wanted []partition) error {
	var ended error
	ending := map[string]struct{}{"": {}, m.ID(): {}}
	for i := range wanted {
		if _, done := ending[wanted[i].owner]; !done {
			ending[wanted[i].owner] = struct{}{}
			ended = errors.Join(ended, m.journal.store.EndProcess(ctx, wanted[i].owner))
		}
	}
	var got []partition
	err := m.journal.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if m.journal.store.Dialect() == store.Postgres {
			if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = "+strconv.FormatInt(claimWait.Milliseconds(), 10)); err != nil {
				return err
			}
		}
		if m.exclusive {
			if wanted, err = m.alone(ctx, tx, l); err != nil {
				return err
			}
		}
		got, err = m.take(ctx, tx, wanted)
		return err
	})
	if err != nil {
		return errors.Join(fmt.Errorf("claim partitions: %w", err), ended)
	}
	for _, p := range got {
		m.held[p.id] = Holding{Epoch: p.epoch}
		l.partitions[slices.IndexFunc(l.partitions, func(seen partition) bool { return seen.id == p.id })] = p
	}
	return nil
}

// alone looks again under a lock that those who claim all or nothing take in turn. l is brought up to date.
func (m *Member) alone(ctx context.Context, tx *store.Tx, l look) ([]partition, error) {
	if err := tx.LockExclusive(ctx, store.ClaimLock); err != nil {
		return nil, err
	}
	var now int64
	if err := tx.QueryRowContext(ctx, "SELECT "+m.journal.store.Dialect().ClockMicros()).Scan(&now); err != nil {
		return nil, err
	}
	fresh, err := m.look(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	copy(l.partitions, fresh.partitions)
	return m.wanted(fresh), nil
}

// take makes partitions this member's where owner and epoch are as they were seen, and returns them as they are then.
func (m *Member) take(ctx context.Context, tx *store.Tx, wanted []partition) ([]partition, error) {
	var got []partition
	for i := range wanted {
		w := &wanted[i]
		err := scanAll(ctx, tx, `UPDATE journal_partition SET owner = $1, epoch = epoch + 1 WHERE id = $2 AND owner = $3 AND epoch = $4
			RETURNING id, owner, epoch, cursor, published`, func(scan func(...any) error) error {
			var p partition
			if err := scan(&p.id, &p.owner, &p.epoch, &p.cursor, &p.published); err != nil {
				return err
			}
			got = append(got, p)
			return nil
		}, m.ID(), w.id, w.owner, w.epoch)
		if err != nil {
			return nil, err
		}
	}
	return got, nil
}

// GiveBack frees partitions at their last move so that another process may claim them at once; those that were lost meanwhile are left
// alone.
func (m *Member) GiveBack(ctx context.Context, moves []Move) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.journal.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := update(ctx, tx, "owner = '', epoch = epoch + 1, "+forward, moves, "")
		return err
	})
	if err != nil {
		return fmt.Errorf("give partitions back: %w", err)
	}
	for _, move := range moves {
		delete(m.held, move.Partition)
	}
	return nil
}

// Leave gives back everything that is still owned, at what was stored, and takes the process off the list of those that are alive.
func (m *Member) Leave(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.journal.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE journal_partition SET owner = '', epoch = epoch + 1 WHERE owner = $1", m.ID()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM process WHERE id = $1", m.ID())
		return err
	})
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	clear(m.held)
	return nil
}
