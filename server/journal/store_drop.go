package journal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/laurelhq/laurel/server/store"
)

const (
	// dropSlice is how many events of SQLite are deleted in one transaction, between which appends get their turn.
	dropSlice = 5000
	// dropWait bounds how long a drop on Postgres waits for those who read the journal, and makes those who come after it wait. After a rest
	// it tries again, at most dropTries times.
	dropWait  = 250 * time.Millisecond
	dropRest  = 500 * time.Millisecond
	dropTries = 60
)

// Find returns the range of a number. ErrRange when there is none.
func Find(list []Range, id int64) (Range, error) {
	if r := find(list, id); r != nil {
		return *r, nil
	}
	return Range{}, fmt.Errorf("%w %d doesn't exist: laurel journal list names those there are", ErrRange, id)
}

// CheckClosed refuses to archive a range that more may be appended to, or that was dropped.
func (r *Range) CheckClosed() error {
	switch r.State {
	case RangeFree, RangeOpen:
		return r.refuse("is %s: only a range that nothing can be appended to any more is archived and dropped", r.State)
	case RangeDropped:
		return r.refuse("was dropped: its events are in the archive with the manifest %s", r.Dropped.ManifestHash)
	default:
		return nil
	}
}

// Archive notes that a closed range was archived. Noting it again changes nothing.
func (j *Journal) Archive(ctx context.Context, r Range, a Archived) error {
	if err := r.CheckClosed(); err != nil {
		return err
	}
	c := a.Contents
	_, err := j.store.Write().ExecContext(ctx, `INSERT INTO journal_archive (range_id, events, bytes, first_seq, last_seq, first_ingest,
		last_ingest, first_event, last_event, manifest_hash, folder,
		archived_by, archived_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, `+j.store.Dialect().ClockMicros()+
		") ON CONFLICT (range_id, manifest_hash) DO NOTHING",
		r.ID, c.Events, c.Bytes, c.FirstSeq, c.LastSeq, c.FirstIngest, c.LastIngest, c.FirstEvent, c.LastEvent, a.ManifestHash, a.Folder, a.By)
	if err != nil {
		return fmt.Errorf("note the archive of range %d: %w", r.ID, err)
	}
	return nil
}

// Drop is what is to go, and who says so.
type Drop struct {
	Range Range
	// ManifestHash is that of an archive that was just found equal to the range, and Folder where it lies. By is who drops it, on which
	// machine.
	ManifestHash, Folder, By string
	// Needed returns, in the transaction that drops, what still needs the events, in words; empty when nothing does.
	Needed func(ctx context.Context, tx *store.Tx, contents Contents) (string, error)
}

// Drop takes the events of an archived range out of the database. The record of the range, of its archives and of the drop stays. On
// Postgres it is one transaction; on SQLite the first decides, and what remains when the process ends before the last is taken out by the
// next call, also with a range that was dropped.
func (j *Journal) Drop(ctx context.Context, d Drop) error {
	// What is closed now stays closed; the fold is looked at by a transaction that begins afterwards, so it sees every append.
	horizon, err := j.horizon(ctx)
	if err != nil {
		return err
	}
	decide := func(ctx context.Context, tx *store.Tx) error { return j.decideDrop(ctx, tx, d, horizon) }
	if j.store.Dialect() == store.Postgres {
		err = j.dropTable(ctx, d.Range, decide)
	} else {
		err = j.dropSlices(ctx, d.Range, decide)
	}
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	return nil
}

// decideDrop refuses what must stay, or notes that the range is dropped.
func (j *Journal) decideDrop(ctx context.Context, tx *store.Tx, d Drop, horizon int64) error {
	list, err := j.ranges(ctx, tx, horizon)
	if err != nil {
		return err
	}
	r, err := Find(list, d.Range.ID)
	if err != nil {
		return err
	}
	if r.State == RangeDropped && r.Dropped.ManifestHash == d.ManifestHash {
		return nil
	}
	if err := r.CheckClosed(); err != nil {
		return err
	}
	var contents *Contents
	for i := range r.Archives {
		if r.Archives[i].ManifestHash == d.ManifestHash {
			contents = &r.Archives[i].Contents
		}
	}
	if contents == nil {
		return r.refuse("has no archive with the manifest %s: laurel journal archive writes one", d.ManifestHash)
	}
	shown, err := j.shown(ctx, tx, r)
	if err != nil {
		return fmt.Errorf("look for events not folded: %w", err)
	}
	if !shown {
		return r.refuse("has events that are not scored yet, or not on boards yet: a server must run until none waits")
	}
	needed, err := d.Needed(ctx, tx, *contents)
	if err != nil {
		return err
	}
	if needed != "" {
		return r.refuse("is needed: %s", needed)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO journal_drop (range_id, manifest_hash, folder, dropped_by, dropped_at) VALUES ($1, $2, $3, $4, "+
		tx.Dialect().ClockMicros()+")", r.ID, d.ManifestHash, d.Folder, d.By)
	return err
}

// shown reports whether every event of a range is folded, and boards are known to have it. A partition may stand below the range when
// nothing of it is in there.
func (j *Journal) shown(ctx context.Context, tx *store.Tx, r Range) (bool, error) {
	var open []string
	lowest := r.Until
	err := scanAll(ctx, tx, "SELECT id, cursor, published FROM journal_partition", func(scan func(...any) error) error {
		var id int
		var cursor, published int64
		err := scan(&id, &cursor, &published)
		if reached := min(cursor, published); reached < r.Until-1 {
			open = append(open, fmt.Sprintf("(partition = %d AND id > %d)", id, reached))
			lowest = min(lowest, reached)
		}
		return err
	})
	if err != nil || len(open) == 0 {
		return err == nil, err
	}
	var shown bool
	err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT NOT EXISTS (SELECT 1 FROM journal_event WHERE id >= %d AND id < %d AND (%s))",
		max(r.First, lowest+1), r.Until, strings.Join(open, " OR "))).Scan(&shown)
	return shown, err
}

// dropTable takes a range's table away from the journal and drops it. Both want the journal for themselves, for a moment. Somebody who
// reads it for long would make all who come later wait as well, so the drop gives up soon, lets them pass, and tries again.
func (j *Journal) dropTable(ctx context.Context, r Range, decide func(context.Context, *store.Tx) error) (err error) {
	for try := range dropTries {
		if try > 0 {
			rest := time.NewTimer(dropRest)
			select {
			case <-ctx.Done():
				rest.Stop()
				return ctx.Err()
			case <-rest.C:
			}
		}
		err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockExclusive(ctx, store.RangeLock); err != nil {
				return err
			}
			if err := decide(ctx, tx); err != nil {
				return err
			}
			var attached bool
			if err := tx.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", r.table()).Scan(&attached); err != nil || !attached {
				return err
			}
			for _, statement := range []string{
				fmt.Sprintf("SET LOCAL lock_timeout = %d", dropWait.Milliseconds()),
				fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s", eventTable, r.table()),
				"DROP TABLE " + r.table(),
			} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil || !store.IsUnavailable(err) {
			return err
		}
	}
	return fmt.Errorf("the journal is being read, by a backup perhaps: try again later: %w", err)
}

// dropSlices deletes a range's rows. Nothing reads them any more once the drop is noted.
func (j *Journal) dropSlices(ctx context.Context, r Range, decide func(context.Context, *store.Tx) error) error {
	for left := int64(1); left > 0; {
		err := j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := decide(ctx, tx); err != nil {
				return err
			}
			return tx.Unguarded(ctx, eventTable, func() error {
				result, err := tx.ExecContext(ctx, "DELETE FROM journal_event WHERE id IN (SELECT id FROM journal_event WHERE id >= $1 AND id < $2 "+
					"ORDER BY id LIMIT $3)", r.First, r.Until, dropSlice)
				if err != nil {
					return err
				}
				left, err = result.RowsAffected()
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// droppedBefore is the position behind those of the first ranges that were dropped and whose events had all arrived before a time; 0 when
// there are none.
func (j *Journal) droppedBefore(ctx context.Context, micros int64) (position int64, err error) {
	list, err := j.Ranges(ctx)
	for _, r := range list {
		contents, _ := r.Recorded()
		if r.Dropped == nil || contents.Events > 0 && contents.LastIngest >= micros {
			break
		}
		position = r.Until
	}
	return position, err
}
