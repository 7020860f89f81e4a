package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/bits"
	"strconv"
	"time"

	"github.com/laurelhq/laurel/server/store"
)

// eventTable is the table of events.
const eventTable = "journal_event"

// rangeInterval is how often a process looks whether another range is needed.
const rangeInterval = 20 * time.Second

// RunRanges makes ranges ahead of the appends until ctx ends, each to span a time. Any number of processes may do so.
func (j *Journal) RunRanges(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(rangeInterval)
	defer ticker.Stop()
	for {
		switch made, err := j.KeepRanges(ctx); {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "no range of the journal made, will be tried again", "error", err.Error())
		case made > 0:
			log.InfoContext(ctx, "journal cut", "new_ranges", made)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// SpanRanges sets the time that a new range is meant to span. Call it before anything else uses the journal.
func (j *Journal) SpanRanges(span time.Duration) { j.rangeSpan = span }

// KeepRanges makes the ranges that are needed now: on Postgres one that the next append falls into and a free one behind it, on SQLite a
// new one when the last has spanned its time. It returns how many it made; another process may have made others.
func (j *Journal) KeepRanges(ctx context.Context) (made int, err error) {
	for needed := true; needed; {
		if needed, err = j.rangeNeeded(ctx, j.store.Read(), nil); err != nil || !needed {
			break
		}
		cut := false
		if err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			cut, err = j.cut(ctx, tx)
			return err
		}); err != nil {
			break
		}
		if cut {
			made++
		}
	}
	if err != nil {
		return made, fmt.Errorf("make a range of the journal: %w", err)
	}
	return made, nil
}

// moment is where the journal stands at a time of the database's clock.
type moment struct {
	last              Range
	head, clockMicros int64
}

// rangeNeeded tells whether a range should be made now, and fills in the moment when it is asked for.
func (j *Journal) rangeNeeded(ctx context.Context, on querier, at *moment) (bool, error) {
	if at == nil {
		at = &moment{}
	}
	head := sqliteHead
	if j.store.Dialect() == store.Postgres {
		head = j.postgresHead()
	}
	last := &at.last
	err := on.QueryRowContext(ctx, "SELECT id, first, until, head, made_at, part_bits, ("+head+"), "+
		j.store.Dialect().ClockMicros()+" FROM journal_range ORDER BY id DESC LIMIT 1").
		Scan(&last.ID, &last.First, &last.Until, &last.head, &last.madeMicros, &last.partBits, &at.head, &at.clockMicros)
	if err != nil {
		return false, err
	}
	if at.head < last.First {
		return false, nil
	}
	if j.store.Dialect() == store.Postgres {
		return true, nil
	}
	return at.head > last.head && at.clockMicros-last.madeMicros >= j.rangeSpan.Microseconds(), nil
}

// cut makes one range unless another process has done so meanwhile. It holds up no append: attaching a table to the journal takes a lock
// that appends and readers don't mind.
func (j *Journal) cut(ctx context.Context, tx *store.Tx) (bool, error) {
	if err := tx.LockExclusive(ctx, store.RangeLock); err != nil {
		return false, err
	}
	var at moment
	if needed, err := j.rangeNeeded(ctx, tx, &at); err != nil || !needed {
		return false, err
	}
	if tx.Dialect() == store.SQLite {
		return true, insertRange(ctx, tx, Range{ID: at.last.ID + 1, First: at.head + 1, Until: endless, head: at.head, madeMicros: at.clockMicros,
			partBits: at.last.partBits})
	}
	next := at.last.next(at.head, at.clockMicros, j.rangeSpan)
	if err := fitParts(ctx, tx, &next, partEvents); err != nil {
		return false, err
	}
	return true, j.attach(ctx, tx, next)
}

// fitParts has a part of a range's index by player hold half as many events up to all of them, going by the last so many in the journal. It
// takes a step only, since a restore leaves a gap. With fewer events, parts stay as they are.
func fitParts(ctx context.Context, tx *store.Tx, r *Range, events int) error {
	var span int64
	err := tx.QueryRowContext(ctx, "SELECT (SELECT max(id) FROM journal_event) - id FROM journal_event ORDER BY id DESC OFFSET $1 LIMIT 1",
		events).Scan(&span)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	wanted := bits.Len64(uint64(span)) - 1
	r.partBits = min(max(wanted, r.partBits-partStep, leastPart), r.partBits+partStep, mostPart)
	return err
}

func insertRange(ctx context.Context, tx *store.Tx, r Range) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO journal_range (id, first, until, head, made_at, part_bits) VALUES ($1, $2, $3, $4, $5, $6)",
		r.ID, r.First, r.Until, r.head, r.madeMicros, r.partBits)
	return err
}

// attach makes the table of a range of Postgres. It is empty, so there is nothing to be looked through.
func (j *Journal) attach(ctx context.Context, tx *store.Tx, r Range) error {
	if err := insertRange(ctx, tx, r); err != nil {
		return err
	}
	for _, statement := range []string{
		fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL)", r.table(), eventTable),
		fmt.Sprintf("CREATE INDEX %[1]s_player ON %[1]s ((id >> %[2]d), player, event_ts)", r.table(), r.partBits),
		fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)", eventTable, r.table(), r.First, r.Until),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Guard(ctx, eventTable)
}

// table is the range's own on Postgres.
func (r *Range) table() string { return eventTable + "_" + strconv.FormatInt(r.ID, 10) }

// Ranges lists the ranges, the oldest first.
func (j *Journal) Ranges(ctx context.Context) ([]Range, error) {
	horizon, err := j.horizon(ctx)
	if err != nil {
		return nil, err
	}
	var list []Range
	err = j.store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		list, err = j.ranges(ctx, tx, horizon)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read ranges of the journal: %w", err)
	}
	return list, nil
}

// ranges reads the ranges and what was done with them. Below the horizon nothing can be appended any more.
func (j *Journal) ranges(ctx context.Context, tx *store.Tx, horizon int64) (list []Range, err error) {
	const all = "SELECT id, first, until, head, made_at, part_bits FROM journal_range ORDER BY id"
	err = scanAll(ctx, tx, all, func(scan func(...any) error) error {
		var r Range
		err := scan(&r.ID, &r.First, &r.Until, &r.head, &r.madeMicros, &r.partBits)
		if len(list) > 0 {
			list[len(list)-1].Until = r.First
		}
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		switch r := &list[i]; {
		case r.Until <= horizon && r.Until < endless:
			r.State = RangeClosed
		case r.First > horizon:
			r.State = RangeFree
		default:
			r.State = RangeOpen
		}
	}
	err = scanAll(ctx, tx, `SELECT range_id, events, bytes, first_seq, last_seq, first_ingest, last_ingest, first_event, last_event,
		manifest_hash, folder, archived_by, archived_at
		FROM journal_archive ORDER BY archived_at, manifest_hash`, func(scan func(...any) error) error {
		var id int64
		var a Archived
		if err := scan(&id, &a.Events, &a.Bytes, &a.FirstSeq, &a.LastSeq, &a.FirstIngest, &a.LastIngest, &a.FirstEvent, &a.LastEvent,
			&a.ManifestHash, &a.Folder, &a.By, &a.AtMicros); err != nil {
			return err
		}
		if r := find(list, id); r != nil {
			r.Archives, r.State = append(r.Archives, a), RangeArchived
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, scanAll(ctx, tx, "SELECT range_id, manifest_hash, folder, dropped_by, dropped_at FROM journal_drop",
		func(scan func(...any) error) error {
			var id int64
			var d Dropped
			if err := scan(&id, &d.ManifestHash, &d.Folder, &d.By, &d.AtMicros); err != nil {
				return err
			}
			if r := find(list, id); r != nil {
				r.Dropped, r.State = &d, RangeDropped
			}
			return nil
		})
}

// find returns the range of a number, nil when there is none.
func find(list []Range, id int64) *Range {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// Contents counts the events that the database has of a range.
func (j *Journal) Contents(ctx context.Context, r Range) (c Contents, err error) {
	size := "length(body)"
	if j.store.Dialect() == store.Postgres {
		size = "octet_length(body)"
	}
	err = j.store.Read().QueryRowContext(ctx, fmt.Sprintf(`SELECT count(*), coalesce(sum(%s), 0), coalesce(min(id), 0), coalesce(max(id), 0),
		coalesce(min(ingest_ts), 0), coalesce(max(ingest_ts), 0),
		coalesce(min(event_ts), 0), coalesce(max(event_ts), 0) FROM journal_event WHERE id >= $1 AND id < $2`, size),
		j.store.Dialect().Anew(r.First, r.Until)...).
		Scan(&c.Events, &c.Bytes, &c.FirstSeq, &c.LastSeq, &c.FirstIngest, &c.LastIngest, &c.FirstEvent, &c.LastEvent)
	if err != nil {
		return Contents{}, fmt.Errorf("count the events of range %d: %w", r.ID, err)
	}
	return c, nil
}

// errEnough ends a reading that nobody wants more of.
var errEnough = errors.New("enough")

// storedPage is how many events one statement of Between reads.
const storedPage = 2000

// Between are the events that can be read, from a position up to another that is not among them, in order. They are read as they are taken,
// so that any number of them needs little memory.
func (j *Journal) Between(ctx context.Context, first, until int64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		horizon, err := j.horizon(ctx)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		until = min(until, horizon)
		for found := storedPage; found == storedPage; {
			found = 0
			stop := false
			err := scanAll(ctx, j.store.Read(), "SELECT id, partition, ingest_ts, event_ts, player, body FROM journal_event WHERE id >= $1 AND "+
				"id < $2 ORDER BY id LIMIT $3",
				func(scan func(...any) error) error {
					var e Stored
					if err := scan(&e.Seq, &e.Partition, &e.IngestMicros, &e.TsMicros, &e.Player, &e.Body); err != nil {
						return err
					}
					found, first = found+1, e.Seq+1
					if stop = !yield(e, nil); stop {
						return errEnough
					}
					return nil
				}, j.store.Dialect().Anew(first, until, storedPage)...)
			if stop {
				return
			}
			if err != nil {
				yield(Stored{}, fmt.Errorf("read events of the journal: %w", err))
				return
			}
		}
	}
}
