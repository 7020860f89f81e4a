-- +goose Up
-- Triggers and indexes of the table that is replaced go with it; the journal moves its rows when it is opened.
DROP TRIGGER IF EXISTS journal_event_append_only ON journal_event;
ALTER TABLE journal_event DROP CONSTRAINT journal_event_pkey;
DROP INDEX journalevent_event_id;
ALTER TABLE journal_event RENAME TO journal_event_old;
-- One event; its id is the journal position. player is xxh3-64 of the user id, event_ts and ingest_ts are microseconds, body is what event.Content makes.
CREATE TABLE journal_event (id bigint NOT NULL, player bigint NOT NULL, event_ts bigint NOT NULL, ingest_ts bigint NOT NULL, partition integer NOT NULL, body bytea NOT NULL, PRIMARY KEY (id));
CREATE INDEX journal_event_player ON journal_event (player, event_ts);
-- The identity of an event, and the content and the position of the event that has it. Ids are compared by their bytes, which is quicker than any language's order.
CREATE TABLE event_key (seq bigint NOT NULL, content_hash uuid NOT NULL, source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL, PRIMARY KEY (source, event_id));

-- +goose Down
DROP TABLE event_key;
DROP TABLE journal_event;
ALTER TABLE journal_event_old RENAME TO journal_event;
ALTER TABLE journal_event ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX journalevent_event_id ON journal_event (event_id);
