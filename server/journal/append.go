package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/laurelhq/laurel/server/store"
)

// Append makes entries durable in one transaction and says what became of each. Entries of one call must have different event ids.
// When it fails, nothing is known: the caller may append the same entries again.
func (j *Journal) Append(ctx context.Context, entries []Entry, ingestMicros int64) ([]Status, error) {
	if err := checkEntries(entries); err != nil {
		return nil, err
	}
	statuses := make([]Status, len(entries))
	insert := j.appendSQLite
	if j.store.Dialect() == store.Postgres {
		insert = j.appendPostgres
	}
	taken, err := insert(ctx, entries, ingestMicros, statuses)
	if err != nil {
		return nil, fmt.Errorf("append to journal: %w", err)
	}
	if taken > 0 {
		if err := j.tellApart(ctx, entries, statuses, ingestMicros); err != nil {
			return nil, err
		}
	}
	if taken < len(entries) {
		j.Wake()
	}
	return statuses, nil
}

// Wake has this process' reader look at the journal at once. Call it after the commit of a transaction that used AppendTx.
func (j *Journal) Wake() {
	select {
	case j.woken <- struct{}{}:
	default:
	}
}

// AppendTx appends entries inside a transaction that also has other effects, so that both are durable or neither is. On Postgres it must be the transaction's
// first statement that writes, and its only append: see docs/decisions/0008. An entry whose event id is in the journal already is left out: emitted events have
// natural ids, so it is a repeat.
func (j *Journal) AppendTx(ctx context.Context, tx *store.Tx, entries []Entry, ingestMicros int64) error {
	if len(entries) == 0 {
		return nil
	}
	err := checkEntries(entries)
	switch {
	case err != nil:
	case tx.Dialect() == store.Postgres:
		_, _, err = j.insertPostgres(ctx, tx, entries, ingestMicros)
	default:
		_, err = j.insertSQLite(ctx, tx, entries, ingestMicros)
	}
	if err != nil {
		return fmt.Errorf("append in a transaction: %w", err)
	}
	return nil
}

// errLate says that a transaction had its id before it appended, so that a reader may have gone past that id. It is a mistake of the program.
var errLate = errors.New("the transaction has written something before, so nothing may be appended in it any more")

// postgresAppend takes the lock by which readers know of the append, and only then draws the transaction's id: the CASE makes the one wait for the other, and no
// row is inserted before both, since rows are made from the position. When the transaction has an id already, nothing is inserted and the first column is false.
// It answers with the ids it inserted only when some were taken: the common answer is one small row.
const postgresAppend = `WITH entered AS MATERIALIZED (
	SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_advisory_xact_lock_shared($8, $9) IS NOT NULL ELSE false END AS first),
position AS MATERIALIZED (
	SELECT CASE WHEN first THEN (pg_current_xact_id()::text::bigint + $1) << 13 END AS base FROM entered WHERE first),
inserted AS (
	INSERT INTO journal_event (id, partition, event_id, content_hash, ingest_ts, body)
	SELECT position.base + e.ordinal, e.partition, e.event_id, e.content_hash, $2, e.body
	FROM position, unnest($3::bigint[], $4::text[], $5::bytea[], $6::bytea[]) WITH ORDINALITY AS e (partition, event_id, content_hash, body, ordinal)
	ORDER BY e.event_id -- two writers with the same ids take their locks in one order
	ON CONFLICT (event_id) DO NOTHING RETURNING event_id)
SELECT (SELECT first FROM entered), count(*), CASE WHEN count(*) < $7 THEN string_agg(event_id, chr(10)) END FROM inserted`

// querier is a transaction, or a pool on which each statement is one.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// insertPostgres returns how many entries were inserted, and which ones when not all were.
func (j *Journal) insertPostgres(ctx context.Context, on querier, entries []Entry, ingestMicros int64) (count int, inserted []string, err error) {
	partitions, ids := make([]int64, len(entries)), make([]string, len(entries))
	hashes, bodies := make([][]byte, len(entries)), make([][]byte, len(entries))
	for i := range entries {
		e := &entries[i]
		partitions[i], ids[i] = int64(PartitionOf(e.UserID, j.partitions)), e.EventID
		hashes[i], bodies[i] = e.ContentHash[:], e.Body
	}
	var first bool
	var fresh sql.NullString
	err = on.QueryRowContext(ctx, postgresAppend, j.offset, ingestMicros, partitions, ids, hashes, bodies, len(entries), store.LockClass, int32(store.AppendLock)).
		Scan(&first, &count, &fresh)
	switch {
	case err != nil:
		return 0, nil, err
	case !first:
		return 0, nil, errLate
	case fresh.Valid:
		inserted = strings.Split(fresh.String, "\n")
	}
	return count, inserted, nil
}

func (j *Journal) appendPostgres(ctx context.Context, entries []Entry, ingestMicros int64, statuses []Status) (taken int, err error) {
	count, inserted, err := j.insertPostgres(ctx, j.store.Write(), entries, ingestMicros)
	if err != nil {
		return 0, err
	}
	if count == len(entries) {
		for i := range statuses {
			statuses[i] = Appended
		}
		return 0, nil
	}
	fresh := make(map[string]struct{}, count)
	for _, id := range inserted {
		fresh[id] = struct{}{}
	}
	markFresh(entries, fresh, statuses)
	return len(entries) - count, nil
}

func markFresh(entries []Entry, fresh map[string]struct{}, statuses []Status) {
	for i := range entries {
		if _, ok := fresh[entries[i].EventID]; ok {
			statuses[i] = Appended
		}
	}
}

// sqliteRows is how many rows one SQLite insert carries: five parameters a row stay far below the limit of 32 766.
const sqliteRows = 100

// sqliteInserts keeps the text of the insert for each number of rows.
type sqliteInserts struct {
	mu   sync.Mutex
	text map[int]string
}

func newSQLiteInserts() *sqliteInserts { return &sqliteInserts{text: map[int]string{}} }

func (s *sqliteInserts) of(rows int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := s.text[rows]; ok {
		return text
	}
	text := "INSERT INTO journal_event (partition, event_id, content_hash, ingest_ts, body) VALUES " +
		strings.TrimSuffix(strings.Repeat("(?,?,?,?,?),", rows), ",") + " ON CONFLICT (event_id) DO NOTHING RETURNING event_id"
	s.text[rows] = text
	return text
}

func (j *Journal) appendSQLite(ctx context.Context, entries []Entry, ingestMicros int64, statuses []Status) (taken int, err error) {
	var fresh map[string]struct{}
	err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		fresh, err = j.insertSQLite(ctx, tx, entries, ingestMicros)
		return err
	})
	if err != nil {
		return 0, err
	}
	markFresh(entries, fresh, statuses)
	return len(entries) - len(fresh), nil
}

// insertSQLite returns the ids of the entries that were inserted.
func (j *Journal) insertSQLite(ctx context.Context, tx *store.Tx, entries []Entry, ingestMicros int64) (map[string]struct{}, error) {
	fresh := make(map[string]struct{}, len(entries))
	for from := 0; from < len(entries); from += sqliteRows {
		chunk := entries[from:min(from+sqliteRows, len(entries))]
		args := make([]any, 0, 5*len(chunk))
		for i := range chunk {
			e := &chunk[i]
			args = append(args, PartitionOf(e.UserID, j.partitions), e.EventID, e.ContentHash[:], ingestMicros, e.Body)
		}
		if err := scanIDs(ctx, tx, j.inserts.of(len(chunk)), args, fresh); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

func scanIDs(ctx context.Context, tx *store.Tx, query string, args []any, into map[string]struct{}) error {
	return scanAll(ctx, tx, query, func(scan func(...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		into[id] = struct{}{}
		return nil
	}, args...)
}

// tellApart sorts the entries whose ids were taken into repeats and conflicts, and keeps the conflicts for review.
func (j *Journal) tellApart(ctx context.Context, entries []Entry, statuses []Status, refusedAt int64) error {
	open := map[string]int{}
	for i, status := range statuses {
		if status == 0 {
			open[entries[i].EventID] = i
		}
	}
	stored, err := j.hashes(ctx, open)
	if err != nil {
		return fmt.Errorf("compare repeated events: %w", err)
	}
	var conflicts []int
	for id, i := range open {
		hash, ok := stored[id]
		switch {
		case !ok:
			return fmt.Errorf("event %q is neither new nor stored", id)
		case hash == entries[i].ContentHash:
			statuses[i] = Duplicate
		default:
			statuses[i] = Conflict
			conflicts = append(conflicts, i)
		}
	}
	if len(conflicts) == 0 {
		return nil
	}
	// Two writers with the same conflicts take their locks in one order.
	slices.SortFunc(conflicts, func(a, b int) int { return strings.Compare(entries[a].EventID, entries[b].EventID) })
	return j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, i := range conflicts {
			e := &entries[i]
			_, err := tx.ExecContext(ctx, `INSERT INTO event_conflict (event_id, content_hash, body, refused_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (event_id, content_hash) DO NOTHING`, e.EventID, e.ContentHash[:], e.Body, refusedAt)
			if err != nil {
				return fmt.Errorf("keep conflict: %w", err)
			}
		}
		return nil
	})
}

func (j *Journal) hashes(ctx context.Context, ids map[string]int) (map[string][16]byte, error) {
	found := make(map[string][16]byte, len(ids))
	args, marks := make([]any, 0, len(ids)), make([]string, 0, len(ids))
	for id := range ids {
		args = append(args, id)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	rows, err := j.store.Read().QueryContext(ctx, "SELECT event_id, content_hash FROM journal_event WHERE event_id IN ("+strings.Join(marks, ",")+")", args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var hash []byte
		if err := rows.Scan(&id, &hash); err != nil {
			return nil, err
		}
		found[id] = [16]byte(hash)
	}
	return found, rows.Err()
}
