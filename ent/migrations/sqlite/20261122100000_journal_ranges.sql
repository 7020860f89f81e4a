-- +goose Up
-- The journal is cut into ranges of positions of one table; first is inclusive, until exclusive unless a next range begins before, head where the journal stood when it was made.
CREATE TABLE journal_range (id integer NOT NULL, first integer NOT NULL, until integer NOT NULL, head integer NOT NULL, made_at integer NOT NULL, PRIMARY KEY (id));
-- What an archive of a range holds: manifest_hash is the SHA-256 of its manifest, times are microseconds. They are zero when it holds no event.
CREATE TABLE journal_archive (range_id integer NOT NULL, archived_at integer NOT NULL, events integer NOT NULL, bytes integer NOT NULL, first_seq integer NOT NULL, last_seq integer NOT NULL,
	first_ingest integer NOT NULL, last_ingest integer NOT NULL, first_event integer NOT NULL, last_event integer NOT NULL, manifest_hash text NOT NULL, folder text NOT NULL,
	archived_by text NOT NULL, PRIMARY KEY (range_id, manifest_hash)) WITHOUT ROWID;
-- That a range was dropped, and the archive that has it.
CREATE TABLE journal_drop (range_id integer NOT NULL, dropped_at integer NOT NULL, manifest_hash text NOT NULL, dropped_by text NOT NULL, PRIMARY KEY (range_id));
-- The first range has all events so far and is as old as the first of them.
INSERT INTO journal_range (id, first, until, head, made_at) VALUES (1, 0, 9223372036854775807, 0,
	coalesce((SELECT ingest_ts FROM journal_event ORDER BY id LIMIT 1), CAST(unixepoch('subsec') * 1000000 AS integer)));

-- +goose Down
DROP TABLE journal_drop;
DROP TABLE journal_archive;
DROP TABLE journal_range;
