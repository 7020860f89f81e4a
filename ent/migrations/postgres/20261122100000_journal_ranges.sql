-- +goose Up
-- The journal is cut into ranges of positions. Each is a table, which can be dropped in a moment; first is inclusive, until exclusive, head where the journal stood when it was made.
CREATE TABLE journal_range (id bigint NOT NULL, first bigint NOT NULL, until bigint NOT NULL, head bigint NOT NULL, made_at bigint NOT NULL, PRIMARY KEY (id));
-- What an archive of a range holds: manifest_hash is the SHA-256 of its manifest, times are microseconds. They are zero when it holds no event.
CREATE TABLE journal_archive (range_id bigint NOT NULL, archived_at bigint NOT NULL, events bigint NOT NULL, bytes bigint NOT NULL, first_seq bigint NOT NULL, last_seq bigint NOT NULL,
	first_ingest bigint NOT NULL, last_ingest bigint NOT NULL, first_event bigint NOT NULL, last_event bigint NOT NULL, manifest_hash text NOT NULL, folder text NOT NULL,
	archived_by text NOT NULL, PRIMARY KEY (range_id, manifest_hash));
-- That a range was dropped, and the archive that has it.
CREATE TABLE journal_drop (range_id bigint NOT NULL, dropped_at bigint NOT NULL, manifest_hash text NOT NULL, dropped_by text NOT NULL, PRIMARY KEY (range_id));
-- The table so far becomes the first range as it stands, with room above everything that it holds or that may be appended to it by now.
ALTER TABLE journal_event RENAME TO journal_event_1;
ALTER INDEX journal_event_pkey RENAME TO journal_event_1_pkey;
ALTER INDEX journal_event_player RENAME TO journal_event_1_player;
CREATE TABLE journal_event (LIKE journal_event_1) PARTITION BY RANGE (id);
ALTER TABLE journal_event ADD PRIMARY KEY (id);
CREATE INDEX journal_event_player ON journal_event (player, event_ts);
-- +goose StatementBegin
DO $$
DECLARE
	head bigint;
	old bigint := 0;
	first_width CONSTANT bigint := 8589934592;
BEGIN
	IF to_regclass('journal_event_old') IS NOT NULL THEN
		EXECUTE 'SELECT coalesce(max(id), 0) FROM journal_event_old' INTO old;
	END IF;
	head := greatest((pg_current_xact_id()::text::bigint + coalesce((SELECT value::bigint FROM setting WHERE id = 'journal_offset'), 0)) << 13,
		old, (SELECT max(id) FROM journal_event_1), (SELECT max(cursor) FROM journal_partition));
	INSERT INTO journal_range (id, first, until, head, made_at) VALUES (1, 0, head + first_width, head, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
	EXECUTE format('ALTER TABLE journal_event ATTACH PARTITION journal_event_1 FOR VALUES FROM (MINVALUE) TO (%s)', head + first_width);
END $$;
-- +goose StatementEnd

-- +goose Down
CREATE TABLE journal_event_all (LIKE journal_event);
INSERT INTO journal_event_all SELECT * FROM journal_event;
DROP TABLE journal_event;
ALTER TABLE journal_event_all RENAME TO journal_event;
ALTER TABLE journal_event ADD PRIMARY KEY (id);
CREATE INDEX journal_event_player ON journal_event (player, event_ts);
DROP TABLE journal_drop;
DROP TABLE journal_archive;
DROP TABLE journal_range;
