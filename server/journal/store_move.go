package journal

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// moveSlice is how many events are moved at once.
const moveSlice = 1000

// oldTable tells whether the table of the first versions is there, which kept events without an envelope, under ids without a source.
var oldTable = map[store.Dialect]string{
	store.SQLite:   "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'journal_event_old'",
	store.Postgres: "SELECT count(*) FROM pg_class WHERE oid = to_regclass('journal_event_old')",
}

// oldEvent is a row of the first versions.
type oldEvent struct {
	id, ingest int64
	partition  int
	eventID    string
	hash, body []byte
}

// moveFirstVersion moves the events of the first versions and the refused re-uses of their ids, and drops the table they came from.
// Positions stay.
func (j *Journal) moveFirstVersion(ctx context.Context, tx *store.Tx) error {
	var tables int
	if err := tx.QueryRowContext(ctx, oldTable[tx.Dialect()]).Scan(&tables); err != nil || tables == 0 {
		return err
	}
	for last := int64(0); ; {
		rows, err := oldEvents(ctx, tx, "SELECT id, partition, event_id, content_hash, ingest_ts, body FROM journal_event_old WHERE id > $1 "+
			"ORDER BY id LIMIT $2", last, moveSlice)
		if err != nil {
			return fmt.Errorf("read events to move: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		for i := range rows {
			if err := moveEvent(ctx, tx, &rows[i]); err != nil {
				return fmt.Errorf("move event %q: %w", rows[i].eventID, err)
			}
		}
		last = rows[len(rows)-1].id
	}
	if err := moveConflicts(ctx, tx); err != nil {
		return fmt.Errorf("move refused events: %w", err)
	}
	_, err := tx.ExecContext(ctx, "DROP TABLE journal_event_old")
	return err
}

func oldEvents(ctx context.Context, tx *store.Tx, query string, args ...any) (list []oldEvent, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e oldEvent
		if err := rows.Scan(&e.id, &e.partition, &e.eventID, &e.hash, &e.ingest, &e.body); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// again encodes an event of the first versions anew. One that can't be decoded stays as it is: it can't be decoded any more than before.
func (e *oldEvent) again() Entry {
	moved := &laurelv1.Event{}
	if err := proto.Unmarshal(e.body, moved); err != nil {
		return Entry{EventID: e.eventID, ContentHash: [16]byte(e.hash), Body: e.body}
	}
	if event.Reserved(e.eventID) {
		moved.Source = event.SourceLaurel
	}
	body, hash := event.Content(nil, moved)
	return EntryOf(moved, hash, body)
}

func moveEvent(ctx context.Context, tx *store.Tx, old *oldEvent) error {
	e := old.again()
	_, err := tx.ExecContext(ctx, "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES ($1, $2, $3, $4, "+
		"$5, $6)",
		old.id, playerOf(e.UserID), e.TsMicros, old.ingest, old.partition, e.Body)
	if err != nil {
		return err
	}
	query := "INSERT INTO event_key (source, event_id, content_hash, seq) VALUES ($1, $2, $3, $4)"
	if tx.Dialect() == store.Postgres {
		query = "INSERT INTO event_key (source, event_id, content_hash, seq) VALUES ($1, $2, encode($3, 'hex')::uuid, $4)"
	}
	_, err = tx.ExecContext(ctx, query, e.Source, old.eventID, e.ContentHash[:], old.id)
	return err
}

// firstHolder is the position of the event that has the id of a refused one.
const firstHolder = "coalesce((SELECT k.seq FROM event_key AS k WHERE k.source = event_conflict.source AND k.event_id = " +
	"event_conflict.event_id), 0)"

func moveConflicts(ctx context.Context, tx *store.Tx) error {
	rows, err := oldEvents(ctx, tx, "SELECT id, 0, event_id, content_hash, refused_at, body FROM event_conflict")
	if err != nil {
		return err
	}
	for i := range rows {
		e := rows[i].again()
		if _, err := tx.ExecContext(ctx, "UPDATE event_conflict SET content_hash = $1, body = $2, seq = "+firstHolder+" WHERE id = $3",
			e.ContentHash[:], e.Body, rows[i].id); err != nil {
			return err
		}
	}
	return nil
}
