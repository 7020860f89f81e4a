package journal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// partition is a row of journal_partition.
type partition struct {
	id                       int
	owner                    string
	epoch, cursor, published int64
}

// look is who was alive and who owned what at one moment.
type look struct {
	// alive are the ids of the processes that are alive, in order; gone those that have been dead for long enough to be forgotten.
	alive, gone []string
	// partitions are in order of their ids.
	partitions []partition
}

func (m *Member) look(ctx context.Context, on rowsReader, now int64) (l look, err error) {
	err = scanAll(ctx, on, "SELECT id, seen_until FROM process ORDER BY id", func(scan func(...any) error) error {
		var id string
		var until int64
		if err := scan(&id, &until); err != nil {
			return err
		}
		switch {
		case id == m.ID(): // added below, whatever became of the row meanwhile
		case until > now && until <= now+(LeaseDuration+clockSlack).Microseconds():
			l.alive = append(l.alive, id)
		case until > now || until < now-remembered.Microseconds():
			l.gone = append(l.gone, id)
		}
		return nil
	})
	if err != nil {
		return look{}, fmt.Errorf("read processes: %w", err)
	}
	l.alive = append(l.alive, m.ID())
	slices.Sort(l.alive)
	err = scanAll(ctx, on, "SELECT id, owner, epoch, cursor, published FROM journal_partition ORDER BY id",
		func(scan func(...any) error) error {
			var p partition
			if err := scan(&p.id, &p.owner, &p.epoch, &p.cursor, &p.published); err != nil {
				return err
			}
			l.partitions = append(l.partitions, p)
			return nil
		})
	if err != nil {
		return look{}, fmt.Errorf("read partitions: %w", err)
	}
	return l, nil
}

// mine reports whether a partition is this member's by an epoch it knows.
func (m *Member) mine(p *partition) bool {
	known, ok := m.held[p.id]
	return ok && p.owner == m.ID() && p.epoch == known.Epoch
}

// free reports whether a partition has no owner that is alive. One that names this process with an epoch it doesn't know is free for it.
func (m *Member) free(l *look, p *partition) bool {
	return !m.mine(p) && (p.owner == m.ID() || !slices.Contains(l.alive, p.owner))
}

// fair is how many partitions the member at a place in the order of ids should own: an equal part, and one more for the first while there
// is a rest.
func (m *Member) fair(l *look, place int) int {
	all, count := len(l.partitions), len(l.alive)
	if m.exclusive {
		return all
	}
	part := all / count
	if place < all%count {
		part++
	}
	return part
}

// wanted are the partitions to claim. Members that look at the same time want different ones: each leaves those before it in order their
// part. A member that owns all or nothing wants nothing while another process that is alive owns one.
func (m *Member) wanted(l look) []partition {
	var free []partition
	owned := map[string]int{}
	for i := range l.partitions {
		switch p := &l.partitions[i]; {
		case m.free(&l, p):
			free = append(free, *p)
		case m.exclusive && p.owner != m.ID():
			return nil
		default:
			owned[p.owner]++
		}
	}
	if m.exclusive {
		return free
	}
	for place, id := range l.alive {
		room := min(max(0, m.fair(&l, place)-owned[id]), len(free))
		if id == m.ID() {
			return free[:room]
		}
		free = free[room:]
	}
	return nil
}

// share is what this member owns by a look at the rows.
func (m *Member) share(l look) Share {
	s, held := Share{Held: map[int]Holding{}, Alive: len(l.alive)}, map[int]Holding{}
	var ids []int
	for i := range l.partitions {
		p := &l.partitions[i]
		if m.mine(p) {
			held[p.id] = Holding{Epoch: p.epoch, Cursor: p.cursor, Published: p.published}
			s.Held[p.id] = held[p.id]
			ids = append(ids, p.id)
		}
	}
	m.held = held
	_, s.Leads = s.Held[0]
	fair := m.fair(&l, slices.Index(l.alive, m.ID()))
	if m.exclusive && len(ids) < fair {
		fair = 0
	}
	if len(ids) > fair {
		s.Surplus = slices.Clone(ids[fair:])
	}
	return s
}

// rowsReader is a pool or a transaction.
type rowsReader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scanAll runs a query and hands each row to take.
func scanAll(ctx context.Context, on rowsReader, query string, take func(scan func(...any) error) error, args ...any) error {
	rows, err := on.QueryContext(ctx, query, args...)
	return takeAll(rows, err, take)
}

// takeAll hands each row of an answer to take.
func takeAll(rows *sql.Rows, err error, take func(scan func(...any) error) error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := take(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
