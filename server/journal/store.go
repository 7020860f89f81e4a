package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// Journal reads and writes the log.
type Journal struct {
	store      *store.Store
	partitions int
	// offset is added to Postgres' transaction ids so that positions keep growing when a backup is restored on a younger server.
	offset int64
	// woken is signalled after each append of this process.
	woken chan struct{}
	// keyInserts and rowInserts are the statements of SQLite's appends.
	keyInserts, rowInserts sqliteInserts
	// caution is how many of the next appends expect repeats; only Postgres knows it.
	caution atomic.Int64
	// rowBytes is how large the bodies of the last reading were on average.
	rowBytes atomic.Int64
	// rangeSpan is the time that a new range is meant to span.
	rangeSpan time.Duration
}

// restoreGap is left free above the highest position after a restore: what was open when the backup was made may have come further.
const restoreGap = 1 << 20

const (
	settingPartitions = "journal_partitions"
	settingOffset     = "journal_offset"
	// settingHead is the highest position that Head gave away, on Postgres, and where the journal stood at the last start.
	settingHead = "journal_head"
)

// Open prepares the journal of a migrated database. partitions counts only for a new installation; 0 means DefaultPartitions.
func Open(ctx context.Context, s *store.Store, partitions int) (*Journal, error) {
	if partitions == 0 {
		partitions = DefaultPartitions
	}
	j := &Journal{store: s, woken: make(chan struct{}, 1), rangeSpan: DefaultRangeSpan}
	err := s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if tx.Dialect() == store.Postgres {
			if _, err := tx.ExecContext(ctx, "LOCK TABLE setting IN SHARE ROW EXCLUSIVE MODE"); err != nil {
				return err
			}
		}
		count, err := settle(ctx, tx, settingPartitions, int64(partitions))
		if err != nil {
			return err
		}
		j.partitions = int(count)
		for id := range j.partitions {
			if _, err := tx.ExecContext(ctx, "INSERT INTO journal_partition (id) VALUES ("+strconv.Itoa(id)+") ON CONFLICT DO NOTHING"); err != nil {
				return err
			}
		}
		if err := j.moveFirstVersion(ctx, tx); err != nil {
			return err
		}
		if tx.Dialect() == store.Postgres {
			j.offset, err = settleOffset(ctx, tx)
		}
		return err
	})
	if err == nil {
		_, err = j.KeepRanges(ctx) // after a restore the next position lies beyond every range
	}
	if err == nil && s.Dialect() == store.SQLite {
		err = j.prepareSQLite(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, nil
}

// settle returns a setting's value, storing the given one when there is none.
func settle(ctx context.Context, tx *store.Tx, id string, value int64) (int64, error) {
	var text string
	err := tx.QueryRowContext(ctx, "SELECT value FROM setting WHERE id = '"+id+"'").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('"+id+"', '"+strconv.FormatInt(value, 10)+"')")
		return value, err
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// settleOffset raises the offset when stored positions lie above the server's transaction ids, as they do after a restore. Such a position
// is that of an event, or one that something has kept of Head: a contest may close long after the last event.
func settleOffset(ctx context.Context, tx *store.Tx) (int64, error) {
	offset, err := settle(ctx, tx, settingOffset, 0)
	if err != nil {
		return 0, err
	}
	var current, highest int64
	err = tx.QueryRowContext(ctx, `SELECT pg_current_xact_id()::text::bigint,
		greatest((SELECT max(id) FROM journal_event), (SELECT max(cursor) FROM journal_partition),
			(SELECT value::bigint FROM setting WHERE id = '`+settingHead+`'), 0)`).
		Scan(&current, &highest)
	if err != nil {
		return 0, err
	}
	if highest>>ordinalBits >= current+offset {
		offset = highest>>ordinalBits - current + 1 + restoreGap
		_, err = tx.ExecContext(ctx, "UPDATE setting SET value = $1 WHERE id = $2", strconv.FormatInt(offset, 10), settingOffset)
	}
	if err == nil {
		err = keepHead(ctx, tx, (current+offset)<<ordinalBits)
	}
	return offset, err
}

// keepHead notes a position above which the journal must stand after a restore.
func keepHead(ctx context.Context, tx *store.Tx, head int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('"+settingHead+"', $1) ON CONFLICT (id) DO UPDATE SET value = "+
		"greatest(setting.value::bigint, excluded.value::bigint)::text", strconv.FormatInt(head, 10))
	return err
}

// Partitions is the number of partitions of this installation.
func (j *Journal) Partitions() int { return j.partitions }

// Woken is signalled when this process has appended; other processes' events are found by polling.
func (j *Journal) Woken() <-chan struct{} { return j.woken }

// sqliteHead is the highest position that was given away. The events may be gone that had it, but then they are folded.
const sqliteHead = "SELECT max((SELECT coalesce(max(id), 0) FROM journal_event), (SELECT coalesce(max(cursor), 0) FROM journal_partition))"

// postgresHead asks for a position that lies above everything that was appended before.
func (j *Journal) postgresHead() string {
	return fmt.Sprintf("SELECT ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint + %d) << %d)", j.offset, ordinalBits)
}

// Head returns positions such that every event appended before the call lies at or below them, and every append that begins after
// the call lies above them, also when the database is restored meanwhile: on Postgres the transaction notes them. An append that is under
// way may lie on either side; Settled tells when it has ended.
func (j *Journal) Head(ctx context.Context, tx *store.Tx) (Positions, error) {
	query := sqliteHead
	if j.store.Dialect() == store.Postgres {
		query = j.postgresHead() + " - 1"
	}
	var head int64
	if err := tx.QueryRowContext(ctx, query).Scan(&head); err != nil {
		return nil, fmt.Errorf("read journal head: %w", err)
	}
	if j.store.Dialect() == store.Postgres {
		if err := keepHead(ctx, tx, head); err != nil {
			return nil, fmt.Errorf("note journal head: %w", err)
		}
	}
	return Uniform(j.partitions, head), nil
}

// Folded reports whether every event at or below positions has been folded, as the transaction sees it. Ask Settled before the transaction
// begins: only then does it see every append.
func (j *Journal) Folded(ctx context.Context, tx *store.Tx, at Positions) (bool, error) {
	cursors, err := j.Cursors(ctx, tx)
	if err != nil {
		return false, err
	}
	var open []string
	for partition, position := range at {
		if cursors[partition] < position {
			open = append(open, fmt.Sprintf("(partition = %d AND id > %d AND id <= %d)", partition, cursors[partition], position))
		}
	}
	if len(open) == 0 {
		return true, nil
	}
	var folded bool
	err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT NOT EXISTS (SELECT 1 FROM journal_event WHERE id > %d AND id <= %d AND (%s))",
		slices.Min(cursors), slices.Max(at), strings.Join(open, " OR "))).Scan(&folded)
	if err != nil {
		return false, fmt.Errorf("look for events not folded: %w", err)
	}
	return folded, nil
}

// EventIDs returns the ids of the events at some positions. Those whose range was dropped are left out.
func (j *Journal) EventIDs(ctx context.Context, positions []int64) (map[int64]string, error) {
	bodies, err := j.bodies(ctx, positions)
	if err != nil {
		return nil, fmt.Errorf("read event ids: %w", err)
	}
	ids := make(map[int64]string, len(bodies))
	for seq, body := range bodies {
		if e, err := event.Decode(body); err == nil {
			ids[seq] = e.GetEventId()
		}
	}
	return ids, nil
}

// bodies returns the events at some positions. These stand in the statement, so that Postgres looks at their ranges only.
func (j *Journal) bodies(ctx context.Context, positions []int64) (map[int64][]byte, error) {
	found := make(map[int64][]byte, len(positions))
	if len(positions) == 0 {
		return found, nil
	}
	list := make([]string, len(positions))
	for i, position := range positions {
		list[i] = strconv.FormatInt(position, 10)
	}
	err := scanAll(ctx, j.store.Read(), "SELECT id, body FROM journal_event WHERE id IN ("+strings.Join(list, ",")+")",
		func(scan func(...any) error) error {
			var seq int64
			var body []byte
			err := scan(&seq, &body)
			found[seq] = body
			return err
		})
	return found, err
}
