package journal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/laurelhq/laurel/server/store"
)

// wideID is a transaction id of 64 bits made of one of 32, id, which lies less than half of their range away from next.
const wideID = "next - (((next - id + 2147483648) & 4294967295) - 2147483648)"

// horizonPostgres returns the lowest transaction id that may still append, and whether a later look may find a higher one though nothing
// has ended: every append below it has ended, and a statement that begins after this one sees what it stored. docs/decisions/0008 proves
// it. The snapshot comes before the locks are listed. Among their holders, one whose id isn't listed yet counts as the oldest transaction
// of all.
const horizonPostgres = `WITH mark AS MATERIALIZED (
	SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS lowest, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next),
held AS MATERIALIZED (
	SELECT virtualtransaction, transactionid::text::bigint AS id FROM pg_locks
	WHERE granted AND (locktype = 'transactionid' AND mode = 'ExclusiveLock' OR locktype = 'advisory' AND classid = $1 AND objid = $2 AND
		objsubid = 2
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))),
appending AS (
	SELECT min(` + wideID + `) AS id FROM held, mark
	GROUP BY virtualtransaction HAVING bool_or(id IS NULL))
SELECT CASE WHEN lowest = next THEN next ELSE least(next, (SELECT min(coalesce(id, lowest)) FROM appending)) END,
	lowest < next AND EXISTS (SELECT 1 FROM appending WHERE id IS NULL) FROM mark`

// maxLooks bounds how often the horizon is looked for when an append was met between its lock and its id, or between its end and that of
// its lock. Both take microseconds, but they would let an old transaction of somebody else count.
const maxLooks = 3

// horizon is the first position that an append under way may still fill.
func (j *Journal) horizon(ctx context.Context) (int64, error) {
	if j.store.Dialect() == store.SQLite {
		return math.MaxInt64, nil // rows become visible in the order of their positions
	}
	var highest int64
	for unsure, look := true, 0; unsure && look < maxLooks; look++ {
		var id int64
		if err := j.store.Fold().QueryRowContext(ctx, horizonPostgres, store.LockClass, int32(store.AppendLock)).Scan(&id, &unsure); err != nil {
			return 0, fmt.Errorf("look for open appends: %w", err)
		}
		highest = max(highest, id)
	}
	return (highest + j.offset) << ordinalBits, nil
}

// Settled reports whether no append can still add something at or below positions returned by Head.
func (j *Journal) Settled(ctx context.Context, at Positions) (bool, error) {
	horizon, err := j.horizon(ctx)
	return err == nil && horizon > slices.Max(at), err
}

// readQuery takes the lowest position, the horizon and the limit. When some partitions are left out, a last row says how far the journal
// goes without them.
const (
	readQuery = "SELECT id, partition, ingest_ts, body FROM journal_event WHERE id > $1 AND id < $2%s ORDER BY id LIMIT $3"
	readSome  = "SELECT * FROM (" + readQuery +
		") AS found UNION ALL SELECT id, -1, 0, NULL FROM (SELECT id FROM journal_event WHERE id > $1 AND id < $2 ORDER BY id DESC LIMIT 1) " +
		"AS last"
)

// MaxRead bounds what one reading returns, in bytes of bodies; the record that passes it is the last.
const MaxRead = 2 << 20

// minAsked is how many rows a reading asks for at least.
const minAsked = 64

// asked is how many rows a reading asks for: no more than are likely to fit, going by the last one, since the database sends what it was
// asked for.
func (j *Journal) asked(limit int) int {
	if bytes := j.rowBytes.Load(); bytes > 0 {
		return min(limit, max(minAsked, MaxRead/int(bytes)+1))
	}
	return limit
}

// Read returns up to limit records of the given partitions above the positions, fewer when they are large, in order of position within each
// partition, and the positions up to which these are all there are. It returns none only when there are none. Positions of partitions that
// were not asked for stay as they were given.
func (j *Journal) Read(ctx context.Context, partitions []int, after Positions, limit int) (records []Record, end Positions, err error) {
	lowest := int64(math.MaxInt64)
	for _, partition := range partitions {
		lowest = min(lowest, after[partition])
	}
	// The rows are read by a statement that begins after the horizon is known: only then does it see everything below.
	horizon, err := j.horizon(ctx)
	if err != nil {
		return nil, nil, err
	}
	query := fmt.Sprintf(readQuery, "")
	if len(partitions) < j.partitions {
		query = fmt.Sprintf(readSome, " AND partition IN ("+joinInts(partitions)+")")
	}
	// Where one partition is far behind the others, the first rows may all be theirs and lie below where they stand.
	for more := true; more && len(records) == 0; {
		if records, lowest, more, err = j.readRows(ctx, query, after, lowest, horizon, j.asked(limit)); err != nil {
			return nil, nil, err
		}
	}
	end = slices.Clone(after)
	for _, partition := range partitions {
		end[partition] = max(end[partition], lowest)
	}
	return records, end, nil
}

// readRows returns the records above the positions among the next rows, how far those go, and whether there may be more behind them.
func (j *Journal) readRows(ctx context.Context, query string, after Positions, from, horizon int64,
	limit int) (records []Record, last int64, more bool, err error) {
	rows, err := j.store.Fold().QueryContext(ctx, query, j.store.Dialect().Anew(from, horizon, limit)...)
	if err != nil {
		return nil, 0, false, fmt.Errorf("read journal: %w", err)
	}
	defer func() { _ = rows.Close() }()
	last, reach, found, size := from, from, 0, 0
	for rows.Next() {
		var r Record
		if err := rows.Scan(&r.Seq, &r.Partition, &r.IngestMicros, &r.Body); err != nil {
			return nil, 0, false, fmt.Errorf("read journal row: %w", err)
		}
		if r.Partition < 0 {
			reach = max(reach, r.Seq)
			continue
		}
		found++
		last, size = r.Seq, size+len(r.Body)
		j.rowBytes.Store(int64(size / found))
		if r.Seq > after[r.Partition] {
			records = append(records, r)
		}
		if size >= MaxRead {
			return records, last, true, nil
		}
	}
	if found < limit {
		last = max(last, reach)
	}
	return records, last, found == limit, rows.Err()
}

// backlogQuery counts up to $3 events that no lane has folded, above the lowest cursor $1 and the highest $2. Between them it looks at no
// more than $3 rows, however far the lanes are apart; %s is the cursor of the partition of row e. The cursors are arguments, so that
// Postgres looks at no range below them.
const backlogQuery = `SELECT count(*), coalesce(min(ingest_ts), 0) FROM (
	SELECT ingest_ts FROM (SELECT id, partition, ingest_ts FROM journal_event WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3) AS e WHERE id
		> %s
	UNION ALL SELECT * FROM (SELECT ingest_ts FROM journal_event WHERE id > $2 ORDER BY id LIMIT $3) AS above) AS pending`

// Backlog returns how many events, readable or not yet, lie above the cursors of their partitions, counted up to limit, and when the oldest
// of them arrived (0 when there is none). Where one partition is more than limit events behind another, it may miss some of those that lie
// between the two.
func (j *Journal) Backlog(ctx context.Context, limit int) (events, oldestIngestMicros int64, err error) {
	cursors, err := j.cursors(ctx, j.store.Read())
	if err != nil {
		return 0, 0, fmt.Errorf("read journal backlog: %w", err)
	}
	// Postgres finds its place in a list in a twentieth of the time that it takes to find a row.
	of, args := "($4::bigint[])[e.partition + 1]", []any{slices.Min(cursors), slices.Max(cursors), limit, []int64(cursors)}
	if j.store.Dialect() == store.SQLite {
		of, args = "(SELECT cursor FROM journal_partition AS p WHERE p.id = e.partition)", args[:3]
	}
	err = j.store.Read().QueryRowContext(ctx, fmt.Sprintf(backlogQuery, of), j.store.Dialect().Anew(args...)...).
		Scan(&events, &oldestIngestMicros)
	if err != nil {
		return 0, 0, fmt.Errorf("read journal backlog: %w", err)
	}
	return min(events, int64(limit)), oldestIngestMicros, nil
}

func joinInts(values []int) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(v))
	}
	return b.String()
}
