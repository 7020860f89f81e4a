package journal

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/laurelhq/laurel/server/store"
)

// maxAppendTries bounds how often the rest of a call is appended again, because some of it was too old or a key went that was in its way.
const maxAppendTries = 8

// Append makes entries durable and says what became of each, as if they were appended one after the other: of those with one identity the
// first is new, and the others are told apart by what is stored then. However many share one, the new ones are one transaction and the
// conflicts another. When it fails, nothing is known: the caller may append the same entries again.
func (j *Journal) Append(ctx context.Context, entries []Entry, ingestMicros int64) ([]Status, error) {
	if err := checkEntries(entries); err != nil {
		return nil, err
	}
	statuses, err := j.appendOnce(ctx, entries, ingestMicros)
	for try := 1; err == nil && slices.Contains(statuses, 0); try++ {
		if try == maxAppendTries {
			return nil, fmt.Errorf("append to journal: %d tries and some events are neither new nor stored", try)
		}
		var rest []Entry
		var places []int
		for i := range entries {
			if statuses[i] == 0 {
				rest, places = append(rest, entries[i]), append(places, i)
			}
		}
		var again []Status
		again, err = j.appendOnce(ctx, rest, ingestMicros)
		for i := range again {
			statuses[places[i]] = again[i]
		}
	}
	if err != nil {
		return nil, err
	}
	return statuses, nil
}

// appendOnce is Append for as much as one transaction settles: an entry whose status is 0 is to be appended again.
func (j *Journal) appendOnce(ctx context.Context, entries []Entry, ingestMicros int64) ([]Status, error) {
	insert := j.appendSQLite
	if j.store.Dialect() == store.Postgres {
		insert = j.appendPostgres
	}
	statuses := make([]Status, len(entries))
	firsts, places := firstOfEach(entries)
	inserted, err := insert(ctx, firsts, ingestMicros, oldest(entries))
	if errors.Is(err, errTooOld) {
		return statuses, j.markOld(ctx, entries, statuses)
	}
	if err != nil {
		return nil, fmt.Errorf("append to journal: %w", err)
	}
	if inserted == nil {
		for _, place := range places {
			statuses[place] = Appended
		}
	}
	for _, i := range inserted {
		statuses[places[i]] = Appended
	}
	if inserted == nil || len(inserted) > 0 {
		j.Wake()
	}
	if inserted == nil && len(firsts) == len(entries) {
		return statuses, nil
	}
	if err := j.tellApart(ctx, entries, statuses, ingestMicros); err != nil {
		return nil, err
	}
	return statuses, nil
}

// firstOfEach returns the entries whose identity none before them has, and where they stand.
func firstOfEach(entries []Entry) (firsts []Entry, places []int) {
	seen, places := make(map[Identity]struct{}, len(entries)), make([]int, 0, len(entries))
	for i := range entries {
		if seen[entries[i].Identity()] = struct{}{}; len(seen) > len(places) {
			places = append(places, i)
		}
	}
	if len(places) == len(entries) {
		return entries, places
	}
	for _, place := range places {
		firsts = append(firsts, entries[place])
	}
	return firsts, places
}

// errTooOld says that nothing was appended since an entry lies below the floor.
var errTooOld = errors.New("an event is too old")

// markOld says which entries lie below the floor.
func (j *Journal) markOld(ctx context.Context, entries []Entry, statuses []Status) error {
	h, err := j.HorizonNow(ctx)
	for i := range entries {
		if oldest(entries[i:i+1]) < h.FloorMicros {
			statuses[i] = TooOld
		}
	}
	return err
}

// Wake has this process' reader look at the journal at once. Call it after the commit of a transaction that used AppendTx.
func (j *Journal) Wake() {
	select {
	case j.woken <- struct{}{}:
	default:
	}
}

// AppendTx appends entries inside a transaction that also has other effects, so that both are durable or neither is. On Postgres it must be
// the transaction's first statement that writes, and its only append: see docs/decisions/0008. An entry whose identity is in the journal
// already is left out: emitted events have natural ids, so it is a repeat. None is too old: what keeps an event from being emitted twice is
// the cursor that moves with it. After store.ErrAgain the transaction will do when it is begun anew.
func (j *Journal) AppendTx(ctx context.Context, tx *store.Tx, entries []Entry, ingestMicros int64) error {
	if len(entries) == 0 {
		return nil
	}
	err := checkEntries(entries)
	switch {
	case err != nil:
	case tx.Dialect() == store.Postgres:
		if _, err = j.insertPostgres(ctx, tx, postgresAppendAny, entries, ingestMicros, noFloor); store.IsBeyond(err, eventTable) {
			_, made := j.KeepRanges(ctx) // by another connection: this transaction can't go on
			err = errors.Join(store.ErrAgain, err, made)
		}
	default:
		_, err = j.insertSQLite(ctx, tx, entries, ingestMicros, noFloor)
	}
	if err != nil {
		return fmt.Errorf("append in a transaction: %w", err)
	}
	return nil
}

// errLate says that a transaction had its id before it appended, so that a reader may have gone past that id. It is a mistake of the
// program.
var errLate = errors.New("the transaction has written something before, so nothing may be appended in it any more")

// postgresEnter takes the lock by which readers know of the append, and only then draws the transaction's id: the CASE makes the one wait
// for the other, and no row is inserted before both, since rows are made from the position. When the transaction has an id already, nothing
// is inserted and the first column is false. With the id drawn it looks at the floor; when the oldest event lies below, nothing is inserted
// and the second column is false.
const postgresEnter = `WITH entered AS MATERIALIZED (
	SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_advisory_xact_lock_shared($3, $4) IS NOT NULL ELSE false END AS first),
numbered AS MATERIALIZED (
	SELECT CASE WHEN first THEN (pg_current_xact_id()::text::bigint + $1) << 13 END AS base FROM entered WHERE first),
position AS MATERIALIZED (
	SELECT base FROM numbered WHERE CASE WHEN base IS NOT NULL THEN $13 >= laurel_event_floor() END),
keyed AS (
	INSERT INTO event_key (source, event_id, content_hash, seq)
	SELECT k.source, k.event_id, k.content_hash, position.base + k.ordinal
	FROM position, unnest($5::text[], $6::text[], $7::uuid[]) WITH ORDINALITY AS k (source, event_id, content_hash, ordinal)
	ORDER BY k.source COLLATE "C", k.event_id COLLATE "C"` // two writers with the same ids take their locks in one order

const postgresRows = `
	INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body)
	SELECT position.base + e.ordinal, e.player, e.ts, $2, e.partition, e.body
	FROM position, unnest($8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[]) WITH ORDINALITY AS e (player, ts, partition, body, ordinal)`

const (
	// postgresAppendNew fails when one of the keys is taken.
	postgresAppendNew = postgresEnter + `),
inserted AS (` + postgresRows + `)
SELECT first, EXISTS (SELECT FROM position), $12::bigint, NULL FROM entered`
	// postgresAppendAny leaves out the entries whose keys are taken. Which ones went in is asked of a list that is hashed once: coalesce keeps
	// the question from becoming a join, which would be planned by what tables look like. It answers with the numbers it inserted only when
	// some were taken.
	postgresAppendAny = postgresEnter + `
	ON CONFLICT (source, event_id) DO NOTHING RETURNING seq),
inserted AS (` + postgresRows + `
	WHERE coalesce(position.base + e.ordinal IN (SELECT seq FROM keyed), false)
	RETURNING id)
SELECT (SELECT first FROM entered), EXISTS (SELECT FROM position), count(*), CASE WHEN count(*) < $12 THEN string_agg((id & 8191)::text,
	',') END FROM inserted`
)

// querier is a transaction, or a pool on which each statement is one.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// insertPostgres returns which entries were inserted, by their places in the list; nil stands for all.
func (j *Journal) insertPostgres(ctx context.Context, on querier, statement string, entries []Entry, ingestMicros,
	oldestMicros int64) (inserted []int, err error) {
	sources, ids, hashes := make([]string, len(entries)), make([]string, len(entries)), make([][16]byte, len(entries))
	players, times, partitions := make([]int64, len(entries)), make([]int64, len(entries)), make([]int64, len(entries))
	bodies := make([][]byte, len(entries))
	for i := range entries {
		e := &entries[i]
		sources[i], ids[i], hashes[i], bodies[i] = e.Source, e.EventID, e.ContentHash, e.Body
		players[i], times[i], partitions[i] = playerOf(e.UserID), e.TsMicros, int64(PartitionOf(e.UserID, j.partitions))
	}
	var first, taken bool
	var count int
	var fresh sql.NullString
	err = on.QueryRowContext(ctx, statement, j.offset, ingestMicros, store.LockClass, int32(store.AppendLock), sources, ids, hashes,
		players, times, partitions, bodies, len(entries), oldestMicros).Scan(&first, &taken, &count, &fresh)
	switch {
	case err != nil:
		return nil, err
	case !first:
		return nil, errLate
	case !taken:
		return nil, errTooOld
	case count == len(entries):
		return nil, nil
	}
	inserted = make([]int, 0, count)
	for number := range strings.SplitSeq(fresh.String, ",") {
		if ordinal, err := strconv.Atoi(number); err == nil { // none were inserted when it is empty
			inserted = append(inserted, ordinal-1)
		}
	}
	return inserted, nil
}

// maxRangeTries bounds how often an append that finds no range makes one.
const maxRangeTries = 3

// appendPostgres makes the range that the entries belong to when there is none.
func (j *Journal) appendPostgres(ctx context.Context, entries []Entry, ingestMicros, oldestMicros int64) (inserted []int, err error) {
	for range maxRangeTries {
		if inserted, err = j.appendToRange(ctx, entries, ingestMicros, oldestMicros); !store.IsBeyond(err, eventTable) {
			return inserted, err
		}
		if _, err := j.KeepRanges(ctx); err != nil {
			return nil, errors.Join(store.ErrAgain, err)
		}
	}
	return nil, errors.Join(store.ErrAgain, err)
}

// cautious is how many appends expect repeats after one that met some unprepared.
const cautious = 64

// appendToRange takes the entries for new, which costs a quarter less than expecting repeats. When it is wrong nothing was inserted, and it
// expects repeats for a while, so that a sender who repeats a lot is served as well.
func (j *Journal) appendToRange(ctx context.Context, entries []Entry, ingestMicros, oldestMicros int64) (inserted []int, err error) {
	if j.caution.Load() > 0 {
		j.caution.Add(-1)
	} else {
		inserted, err = j.insertPostgres(ctx, j.store.Write(), postgresAppendNew, entries, ingestMicros, oldestMicros)
		if !store.IsConflict(err) {
			return inserted, err
		}
		j.caution.Store(cautious)
	}
	return j.insertPostgres(ctx, j.store.Write(), postgresAppendAny, entries, ingestMicros, oldestMicros)
}

// sqliteRows is how many rows one SQLite insert carries at most. It is a power of two.
const sqliteRows = 128

// sqliteInsert is a statement that inserts some number of rows. It is prepared once: to parse it takes a tenth of an append.
type sqliteInsert struct {
	rows     int
	prepared *sql.Stmt
}

// sqliteInserts insert 1, 2, 4 … sqliteRows rows.
type sqliteInserts []*sqliteInsert

func prepareInserts(ctx context.Context, on *sql.DB, head, row, tail string) (list sqliteInserts, err error) {
	for rows := 1; rows <= sqliteRows; rows *= 2 {
		insert := &sqliteInsert{rows: rows}
		if insert.prepared, err = on.PrepareContext(ctx, head+strings.TrimSuffix(strings.Repeat(row+",", rows), ",")+tail); err != nil {
			return nil, err
		}
		list = append(list, insert)
	}
	return list, nil
}

// fitting returns the statement for as many of some rows as one can carry.
func (s sqliteInserts) fitting(rows int) *sqliteInsert {
	return s[bits.Len(uint(min(rows, sqliteRows)))-1]
}

// run runs the statement in a transaction and hands each row of its answer to take.
func (i *sqliteInsert) run(ctx context.Context, tx *store.Tx, args []any, take func(scan func(...any) error) error) error {
	bound := tx.StmtContext(ctx, i.prepared)
	defer func() { _ = bound.Close() }()
	rows, err := bound.QueryContext(ctx, args...)
	return takeAll(rows, err, take)
}

// prepareSQLite prepares the appends of SQLite. A row that can't be inserted fails the transaction, so nothing has to be kept to undo the
// statement alone.
func (j *Journal) prepareSQLite(ctx context.Context) (err error) {
	j.keyInserts, err = prepareInserts(ctx, j.store.Write(), "INSERT OR FAIL INTO event_key (source, event_id, content_hash, seq) VALUES ",
		"(?,?,?,?)",
		" ON CONFLICT (source, event_id) DO NOTHING RETURNING seq")
	if err != nil {
		return err
	}
	j.rowInserts, err = prepareInserts(ctx, j.store.Write(),
		"INSERT OR FAIL INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES ", "(?,?,?,?,?,?)", "")
	return err
}

func (j *Journal) appendSQLite(ctx context.Context, entries []Entry, ingestMicros, oldestMicros int64) (inserted []int, err error) {
	err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		inserted, err = j.insertSQLite(ctx, tx, entries, ingestMicros, oldestMicros)
		return err
	})
	return inserted, err
}

// sqliteBefore is what an append looks at first: the last position, and the floor.
const sqliteBefore = "SELECT (" + sqliteHead + `),
	coalesce((SELECT CAST(value AS integer) FROM setting WHERE id = '` + settingFloor + `'), 0)`

// insertSQLite returns which entries were inserted, by their places in the list; nil stands for all.
func (j *Journal) insertSQLite(ctx context.Context, tx *store.Tx, entries []Entry, ingestMicros,
	oldestMicros int64) (inserted []int, err error) {
	var last, floor int64
	if err := tx.QueryRowContext(ctx, sqliteBefore).Scan(&last, &floor); err != nil {
		return nil, err
	}
	if oldestMicros < floor {
		return nil, errTooOld
	}
	inserted, err = j.insertKeys(ctx, tx, entries, last+1)
	if err != nil {
		return nil, err
	}
	if err := j.insertRows(ctx, tx, entries, inserted, last+1, ingestMicros); err != nil {
		return nil, err
	}
	if len(inserted) == len(entries) {
		return nil, nil
	}
	return inserted, nil
}

// insertKeys inserts the keys of entries and returns the places of those that were free; the position of the first place is base.
func (j *Journal) insertKeys(ctx context.Context, tx *store.Tx, entries []Entry, base int64) ([]int, error) {
	places := make([]int, 0, len(entries))
	args := make([]any, 0, 4*sqliteRows)
	for from := 0; from < len(entries); {
		insert := j.keyInserts.fitting(len(entries) - from)
		args = args[:0]
		for place := from; place < from+insert.rows; place++ {
			e := &entries[place]
			args = append(args, e.Source, e.EventID, e.ContentHash[:], base+int64(place))
		}
		err := insert.run(ctx, tx, args, func(scan func(...any) error) error {
			var seq int64
			err := scan(&seq)
			places = append(places, int(seq-base))
			return err
		})
		if err != nil {
			return nil, err
		}
		from += insert.rows
	}
	return places, nil
}

// insertRows inserts the entries at some places of the list; the position of the first place is base.
func (j *Journal) insertRows(ctx context.Context, tx *store.Tx, entries []Entry, places []int, base, ingestMicros int64) error {
	args := make([]any, 0, 6*sqliteRows)
	for len(places) > 0 {
		insert := j.rowInserts.fitting(len(places))
		args = args[:0]
		for _, place := range places[:insert.rows] {
			e := &entries[place]
			args = append(args, base+int64(place), playerOf(e.UserID), e.TsMicros, ingestMicros, PartitionOf(e.UserID, j.partitions), e.Body)
		}
		if err := insert.run(ctx, tx, args, nil); err != nil {
			return err
		}
		places = places[insert.rows:]
	}
	return nil
}

// tellApart sorts the entries whose identities were taken into repeats and conflicts, and keeps the conflicts for review. One whose
// identity is free by now, since its key was dropped, keeps the status 0.
func (j *Journal) tellApart(ctx context.Context, entries []Entry, statuses []Status, refusedAt int64) error {
	open := map[Identity]struct{}{}
	for i, status := range statuses {
		if status == 0 {
			open[entries[i].Identity()] = struct{}{}
		}
	}
	stored, err := j.stored(ctx, slices.Collect(maps.Keys(open)))
	if err != nil {
		return fmt.Errorf("compare repeated events: %w", err)
	}
	var conflicts []int
	for i, status := range statuses {
		switch first, taken := stored[entries[i].Identity()]; {
		case status != 0, !taken:
		case first.hash == entries[i].ContentHash:
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
	slices.SortFunc(conflicts, func(a, b int) int {
		return cmp.Or(strings.Compare(entries[a].Source, entries[b].Source), strings.Compare(entries[a].EventID, entries[b].EventID),
			bytes.Compare(entries[a].ContentHash[:], entries[b].ContentHash[:]))
	})
	kept := make([]keptConflict, len(conflicts))
	for place, i := range conflicts {
		kept[place] = keptConflict{&entries[i], stored[entries[i].Identity()].seq}
	}
	err = j.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return keepConflicts(ctx, tx, kept, refusedAt) })
	if err != nil {
		return fmt.Errorf("keep conflicts: %w", err)
	}
	return nil
}

// Holds reports of each entry whether its identity is held by the same content.
func (j *Journal) Holds(ctx context.Context, entries []Entry) ([]bool, error) {
	identities := make([]Identity, len(entries))
	for i := range entries {
		identities[i] = entries[i].Identity()
	}
	stored, err := j.stored(ctx, identities)
	if err != nil {
		return nil, fmt.Errorf("look for events that hold their ids: %w", err)
	}
	held := make([]bool, len(entries))
	for i := range entries {
		first, ok := stored[identities[i]]
		held[i] = ok && first.hash == entries[i].ContentHash
	}
	return held, nil
}

// first is what is known of an identity: the content of the event that took it, and where it stands.
type first struct {
	hash [16]byte
	seq  int64
}

// stored returns what took some identities; those that are free are left out.
func (j *Journal) stored(ctx context.Context, identities []Identity) (map[Identity]first, error) {
	found := make(map[Identity]first, len(identities))
	sources, ids := make([]string, len(identities)), make([]string, len(identities))
	for i, identity := range identities {
		sources[i], ids[i] = identity.Source, identity.EventID
	}
	query, args := `SELECT k.source, k.event_id, uuid_send(k.content_hash), k.seq FROM unnest($1::text[], $2::text[]) AS n (source, event_id)
		CROSS JOIN LATERAL (SELECT * FROM event_key WHERE source = n.source AND event_id = n.event_id OFFSET 0) AS k`, []any{sources, ids}
	if j.store.Dialect() == store.SQLite {
		query, args = "SELECT source, event_id, content_hash, seq FROM event_key WHERE (source, event_id) IN (VALUES "+
			strings.TrimSuffix(strings.Repeat("(?,?),", len(identities)), ",")+")",
			make([]any, 0, 2*len(identities))
		for i := range identities {
			args = append(args, sources[i], ids[i])
		}
	}
	if len(identities) == 0 {
		return found, nil
	}
	err := scanAll(ctx, j.store.Read(), query, func(scan func(...any) error) error {
		var identity Identity
		var hash []byte
		var f first
		if err := scan(&identity.Source, &identity.EventID, &hash, &f.seq); err != nil {
			return err
		}
		copy(f.hash[:], hash) // one that was changed by hand may be shorter
		found[identity] = f
		return nil
	}, args...)
	return found, err
}
