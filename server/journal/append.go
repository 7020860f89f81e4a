package journal

import (
	"context"
	"database/sql"
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
		select {
		case j.woken <- struct{}{}:
		default:
		}
	}
	return statuses, nil
}

// postgresAppend inserts and answers with the ids it inserted only when some were taken: the common answer is one small row.
const postgresAppend = `WITH position AS (SELECT (pg_current_xact_id()::text::bigint + $1) << 13 AS base), inserted AS (
	INSERT INTO journal_event (id, partition, event_id, content_hash, ingest_ts, body)
	SELECT position.base + e.ordinal, e.partition, e.event_id, e.content_hash, $2, e.body
	FROM position, unnest($3::bigint[], $4::text[], $5::bytea[], $6::bytea[]) WITH ORDINALITY AS e (partition, event_id, content_hash, body, ordinal)
	ORDER BY e.event_id -- two writers with the same ids take their locks in one order
	ON CONFLICT (event_id) DO NOTHING RETURNING event_id)
SELECT count(*), CASE WHEN count(*) < $7 THEN string_agg(event_id, chr(10)) END FROM inserted`

func (j *Journal) appendPostgres(ctx context.Context, entries []Entry, ingestMicros int64, statuses []Status) (taken int, err error) {
	partitions, ids := make([]int64, len(entries)), make([]string, len(entries))
	hashes, bodies := make([][]byte, len(entries)), make([][]byte, len(entries))
	for i := range entries {
		e := &entries[i]
		partitions[i], ids[i] = int64(PartitionOf(e.UserID, j.partitions)), e.EventID
		hashes[i], bodies[i] = e.ContentHash[:], e.Body
	}
	var count int
	var inserted sql.NullString
	err = j.store.Write().QueryRowContext(ctx, postgresAppend, j.offset, ingestMicros, partitions, ids, hashes, bodies, len(entries)).Scan(&count, &inserted)
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
	if inserted.Valid {
		for _, id := range strings.Split(inserted.String, "\n") {
			fresh[id] = struct{}{}
		}
	}
	for i := range entries {
		if _, ok := fresh[entries[i].EventID]; ok {
			statuses[i] = Appended
		}
	}
	return len(entries) - count, nil
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
	fresh := make(map[string]struct{}, len(entries))
	err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for from := 0; from < len(entries); from += sqliteRows {
			chunk := entries[from:min(from+sqliteRows, len(entries))]
			args := make([]any, 0, 5*len(chunk))
			for i := range chunk {
				e := &chunk[i]
				args = append(args, PartitionOf(e.UserID, j.partitions), e.EventID, e.ContentHash[:], ingestMicros, e.Body)
			}
			if err := scanIDs(ctx, tx, j.inserts.of(len(chunk)), args, fresh); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for i := range entries {
		if _, ok := fresh[entries[i].EventID]; ok {
			statuses[i] = Appended
		}
	}
	return len(entries) - len(fresh), nil
}

func scanIDs(ctx context.Context, tx *store.Tx, query string, args []any, into map[string]struct{}) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		into[id] = struct{}{}
	}
	return rows.Err()
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
