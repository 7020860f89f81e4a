package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/laurelhq/laurel/server/store"
)

const (
	settingHorizon = "event_horizon_days"
	// settingFloor is read by the function laurel_event_floor of Postgres too.
	settingFloor = "event_floor"
	// settingSweep is how far the keys below the floor are dropped; a setting so that a process goes on where another one stopped.
	settingSweep = "event_key_sweep"
	// settingMarks is where the journal stood at some times.
	settingMarks = "event_key_marks"
)

// The keys that one step of a sweep looks at.
const (
	sweepPages = 64 // of Postgres, about 6 000 keys
	sweepKeys  = 2000
)

// sweep is a look at all keys that drops those of events below the floor.
type sweep struct {
	// Running tells that there is one.
	Running bool `json:"running,omitempty"`
	// Below is the position above which all events arrived too late to be looked at.
	Below int64 `json:"below,omitempty"`
	// Head is the position that appends which have not seen the floor may fill at most; 0 until it is known. Dropping begins when they have
	// ended.
	Head int64 `json:"head,omitempty"`
	// Page, or Source and EventID, are how far it has come.
	Page    int64  `json:"page,omitempty"`
	Source  string `json:"source,omitempty"`
	EventID string `json:"event_id,omitempty"`
}

// HorizonNow reads the horizon.
func (j *Journal) HorizonNow(ctx context.Context) (Horizon, error) {
	kept, err := readKept(ctx, j.store.Read())
	return kept.Horizon, err
}

// kept is all that is kept of horizon and keys.
type kept struct {
	Horizon
	sweep sweep
	marks marks
}

func readKept(ctx context.Context, on rowsReader) (k kept, err error) {
	k.Days = DefaultHorizonDays
	err = scanAll(ctx, on, "SELECT id, value FROM setting WHERE id IN ('"+settingHorizon+"', '"+settingFloor+"', '"+settingSweep+"', '"+
		settingMarks+"')", func(scan func(...any) error) error {
		var id, value string
		if err := scan(&id, &value); err != nil {
			return err
		}
		switch id {
		case settingHorizon:
			k.Days, err = strconv.Atoi(value)
		case settingFloor:
			k.FloorMicros, err = strconv.ParseInt(value, 10, 64)
		case settingMarks:
			err = json.Unmarshal([]byte(value), &k.marks)
		default:
			err = json.Unmarshal([]byte(value), &k.sweep)
		}
		return err
	})
	if err != nil {
		return kept{}, fmt.Errorf("read the horizon: %w", err)
	}
	return k, nil
}

// SetHorizonDays chooses the horizon for all processes, and returns the one before. A longer one holds from then on: keys that were dropped
// do not come back.
func (j *Journal) SetHorizonDays(ctx context.Context, days int) (before int, err error) {
	if days < 1 || days > MaxHorizonDays {
		return 0, fmt.Errorf("the horizon must be 1 to %d days, but is %d", MaxHorizonDays, days)
	}
	err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		k, err := readKept(ctx, tx)
		if err != nil {
			return err
		}
		before = k.Days
		return keep(ctx, tx, settingHorizon, strconv.Itoa(days))
	})
	if err != nil {
		return 0, fmt.Errorf("set the horizon: %w", err)
	}
	return before, nil
}

func keep(ctx context.Context, tx *store.Tx, id, value string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET value = excluded.value", id,
		value)
	return err
}

// DropKeys makes one step towards forgetting the keys of events that happened longer ago than the horizon by now and by the database's
// clock. Each step is a short transaction. Several processes may step at once: one of them does. It returns how many keys it dropped, and
// whether there is more to do at once. The floor is raised first; keys go when no append is left that has not seen it: see
// docs/decisions/0019.
func (j *Journal) DropKeys(ctx context.Context, now time.Time) (dropped int64, more bool, err error) {
	k, err := readKept(ctx, j.store.Read())
	switch {
	case err != nil:
		return 0, false, err
	case !k.sweep.Running:
		more, err = j.raiseFloor(ctx, k, now)
	case k.sweep.Head == 0:
		more, err = true, j.alone(ctx, func(ctx context.Context, tx *store.Tx, s *sweep) error { return j.noteHead(ctx, tx, s) })
	default:
		dropped, more, err = j.step(ctx, k.sweep)
	}
	if err != nil {
		return 0, false, fmt.Errorf("drop keys: %w", err)
	}
	return dropped, more, nil
}

// raiseFloor begins a sweep when one is due and there is something to drop. Before that it marks where the journal stands, now and then.
func (j *Journal) raiseFloor(ctx context.Context, k kept, now time.Time) (begun bool, err error) {
	shared, err := j.store.Now(ctx)
	if err != nil {
		return false, err
	}
	if shared.Before(now) {
		now = shared
	}
	floor, arrived, due := k.nextFloor(now)
	if k.marks.due(now, k.Horizon) {
		err := j.alone(ctx, func(ctx context.Context, tx *store.Tx, _ *sweep) error { return j.markNow(ctx, tx, now, arrived) })
		return err == nil, err
	}
	if !due {
		return false, nil
	}
	below, err := j.PositionAt(ctx, arrived)
	if below = max(below, k.marks.before(arrived)); err != nil || below == 0 {
		return false, err
	}
	err = j.alone(ctx, func(ctx context.Context, tx *store.Tx, s *sweep) error {
		k, err := readKept(ctx, tx)
		if err != nil || s.Running || k.FloorMicros >= floor { // another process was quicker
			return err
		}
		*s = sweep{Running: true, Below: below}
		return keep(ctx, tx, settingFloor, strconv.FormatInt(floor, 10))
	})
	return err == nil, err
}

// markNow marks where the journal stands.
func (j *Journal) markNow(ctx context.Context, tx *store.Tx, now time.Time, arrived int64) error {
	k, err := readKept(ctx, tx)
	if err != nil || !k.marks.due(now, k.Horizon) {
		return err
	}
	head, err := j.Head(ctx, tx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(k.marks.with(mark{At: now.UnixMicro(), Position: head[0]}, arrived))
	if err != nil {
		return err
	}
	return keep(ctx, tx, settingMarks, string(text))
}

// noteHead notes which appends may not have seen the floor, once that is committed.
func (j *Journal) noteHead(ctx context.Context, tx *store.Tx, s *sweep) error {
	if !s.Running || s.Head != 0 {
		return nil
	}
	head, err := j.Head(ctx, tx)
	if err == nil {
		s.Head = max(1, head[0])
	}
	return err
}

// step drops what lies in the next slice, when all appends have seen the floor.
func (j *Journal) step(ctx context.Context, seen sweep) (dropped int64, more bool, err error) {
	if settled, err := j.Settled(ctx, Uniform(j.partitions, seen.Head)); err != nil || !settled {
		return 0, false, err
	}
	slice := j.dropPages
	if j.store.Dialect() == store.SQLite {
		slice = j.dropRange
	}
	err = j.alone(ctx, func(ctx context.Context, tx *store.Tx, s *sweep) error {
		if !s.Running || s.Head != seen.Head {
			return nil
		}
		k, err := readKept(ctx, tx)
		if err != nil {
			return err
		}
		var done bool
		dropped, done, err = slice(ctx, tx, s, k.FloorMicros)
		if more = !done; done {
			*s = sweep{}
		}
		return err
	})
	return dropped, more, err
}

// alone runs do on the sweep as it is kept, and keeps what do made of it, in one transaction. When another process is at it, do isn't run.
func (j *Journal) alone(ctx context.Context, do func(ctx context.Context, tx *store.Tx, s *sweep) error) error {
	return j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		lock := "SELECT value FROM setting WHERE id = '" + settingSweep + "'"
		if tx.Dialect() == store.Postgres {
			if _, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) SELECT '"+settingSweep+"', '{}' WHERE NOT EXISTS ("+lock+
				") ON CONFLICT DO NOTHING"); err != nil {
				return err
			}
			lock += " FOR UPDATE SKIP LOCKED"
		}
		var text string
		err := tx.QueryRowContext(ctx, lock).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) && tx.Dialect() == store.Postgres {
			return nil
		}
		var s sweep
		if err == nil {
			err = json.Unmarshal([]byte(text), &s)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := do(ctx, tx, &s); err != nil {
			return err
		}
		after, err := json.Marshal(s)
		if err != nil {
			return err
		}
		return keep(ctx, tx, settingSweep, string(after))
	})
}

// droppable is which keys of a slice go, by a position and the floor: those that lie below the one and whose event happened before the
// other. Where the event was dropped with its range, the last one of the range is what counts. History stays.
const droppable = `seq < %d AND coalesce((SELECT event_ts FROM journal_event WHERE id = event_key.seq),
	(SELECT max(a.last_event) FROM journal_range AS r JOIN journal_drop AS d ON d.range_id = r.id JOIN journal_archive AS a ON a.range_id =
		r.id AND a.manifest_hash = d.manifest_hash
		WHERE r.first <= event_key.seq AND r.until > event_key.seq), 0) < %d AND source NOT LIKE '%%.history'`

// pagesQuery takes the first row's place of a slice and that of the next slice.
func pagesQuery(below, floorMicros int64) string {
	return "DELETE FROM event_key WHERE ctid >= $1::tid AND ctid < $2::tid AND " + fmt.Sprintf(droppable, below, floorMicros)
}

// dropPages looks at the next pages of the table.
func (j *Journal) dropPages(ctx context.Context, tx *store.Tx, s *sweep, floorMicros int64) (dropped int64, done bool, err error) {
	var pages int64
	if err := tx.QueryRowContext(ctx, "SELECT pg_relation_size('event_key') / current_setting('block_size')::bigint").
		Scan(&pages); err != nil {
		return 0, false, err
	}
	next := s.Page + sweepPages
	result, err := tx.ExecContext(ctx, pagesQuery(s.Below, floorMicros), fmt.Sprintf("(%d,0)", s.Page), fmt.Sprintf("(%d,0)", next))
	if err != nil {
		return 0, false, err
	}
	s.Page = next
	dropped, err = result.RowsAffected()
	return dropped, next >= pages, err
}

// dropRange looks at the next keys by their order.
func (j *Journal) dropRange(ctx context.Context, tx *store.Tx, s *sweep, floorMicros int64) (dropped int64, done bool, err error) {
	var last Identity
	slice, args := "(source, event_id) > ($1, $2)", []any{s.Source, s.EventID}
	err = tx.QueryRowContext(ctx, "SELECT source, event_id FROM event_key WHERE "+slice+" ORDER BY source, event_id LIMIT 1 OFFSET "+
		strconv.Itoa(sweepKeys-1), args...).
		Scan(&last.Source, &last.EventID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		done = true
	case err != nil:
		return 0, false, err
	default:
		slice, args = slice+" AND (source, event_id) <= ($3, $4)", append(args, last.Source, last.EventID)
	}
	result, err := tx.ExecContext(ctx, "DELETE FROM event_key WHERE "+slice+" AND "+fmt.Sprintf(droppable, s.Below, floorMicros), args...)
	if err != nil {
		return 0, false, err
	}
	s.Source, s.EventID = last.Source, last.EventID
	dropped, err = result.RowsAffected()
	return dropped, done, err
}
