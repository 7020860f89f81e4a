package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// moveJournalVersion is the migration that moves events from the table of the first versions, which kept them without an envelope, under ids without a source.
const moveJournalVersion = 20261122000001

// moveSlice is how many events are moved at once.
const moveSlice = 1000

// oldEvent is a row of the first versions.
type oldEvent struct {
	id, partition, ingest int64
	eventID               string
	hash, body            []byte
}

// moveJournal moves the events and the refused re-uses of their ids, and drops the table they came from. Positions stay.
func (s *Store) moveJournal(ctx context.Context, tx *sql.Tx) error {
	for last := int64(0); ; {
		rows, err := oldEvents(ctx, tx, "SELECT id, partition, event_id, content_hash, ingest_ts, body FROM journal_event_old WHERE id > $1 ORDER BY id LIMIT $2", last, moveSlice)
		if err != nil {
			return fmt.Errorf("read events to move: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		for i := range rows {
			if err := s.moveEvent(ctx, tx, &rows[i]); err != nil {
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

func oldEvents(ctx context.Context, tx *sql.Tx, query string, args ...any) (list []oldEvent, err error) {
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
func (e *oldEvent) again() (moved *laurelv1.Event, hash [16]byte, body []byte) {
	moved = &laurelv1.Event{}
	if err := proto.Unmarshal(e.body, moved); err != nil {
		return &laurelv1.Event{EventId: e.eventID}, [16]byte(e.hash), e.body
	}
	if event.Reserved(e.eventID) {
		moved.Source = event.SourceLaurel
	}
	body, hash = event.Content(nil, moved)
	return moved, hash, body
}

func (s *Store) moveEvent(ctx context.Context, tx *sql.Tx, old *oldEvent) error {
	e, hash, body := old.again()
	_, err := tx.ExecContext(ctx, "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES ($1, $2, $3, $4, $5, $6)",
		old.id, int64(xxh3.HashString(e.GetUser().GetId())), event.TsMicros(e), old.ingest, old.partition, body)
	if err != nil {
		return err
	}
	query := "INSERT INTO event_key (source, event_id, content_hash, seq) VALUES ($1, $2, $3, $4)"
	if s.dialect == Postgres {
		query = "INSERT INTO event_key (source, event_id, content_hash, seq) VALUES ($1, $2, encode($3, 'hex')::uuid, $4)"
	}
	_, err = tx.ExecContext(ctx, query, e.GetSource(), old.eventID, hash[:], old.id)
	return err
}

func moveConflicts(ctx context.Context, tx *sql.Tx) error {
	rows, err := oldEvents(ctx, tx, "SELECT id, 0, event_id, content_hash, refused_at, body FROM event_conflict")
	if err != nil {
		return err
	}
	for i := range rows {
		_, hash, body := rows[i].again()
		if _, err := tx.ExecContext(ctx, "UPDATE event_conflict SET content_hash = $1, body = $2 WHERE id = $3", hash[:], body, rows[i].id); err != nil {
			return err
		}
	}
	return nil
}
