-- +goose Up
-- Triggers and indexes of the table that is replaced go with it; the journal moves its rows when it is opened.
DROP TRIGGER IF EXISTS journal_event_no_update;
DROP TRIGGER IF EXISTS journal_event_no_delete;
DROP INDEX journalevent_event_id;
ALTER TABLE journal_event RENAME TO journal_event_old;
-- One event; its id is the journal position. player is xxh3-64 of the user id, event_ts and ingest_ts are microseconds, body is what event.Content makes.
CREATE TABLE journal_event (id integer NOT NULL, player integer NOT NULL, event_ts integer NOT NULL, ingest_ts integer NOT NULL, partition integer NOT NULL, body blob NOT NULL, PRIMARY KEY (id));
CREATE INDEX journal_event_player ON journal_event (player, event_ts);
-- The identity of an event, and the content and the position of the event that has it.
CREATE TABLE event_key (source text NOT NULL, event_id text NOT NULL, content_hash blob NOT NULL, seq integer NOT NULL, PRIMARY KEY (source, event_id)) WITHOUT ROWID;

-- +goose Down
DROP TABLE event_key;
DROP TABLE journal_event;
ALTER TABLE journal_event_old RENAME TO journal_event;
CREATE UNIQUE INDEX journalevent_event_id ON journal_event (event_id);
