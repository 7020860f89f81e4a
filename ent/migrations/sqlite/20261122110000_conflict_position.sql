-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_event_conflict" table
CREATE TABLE `new_event_conflict` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source` text NOT NULL DEFAULT (''), `event_id` text NOT NULL, `seq` integer NOT NULL DEFAULT (0), `content_hash` blob NOT NULL, `body` blob NOT NULL, `refused_at` integer NOT NULL);
-- copy rows from old table "event_conflict" to new temporary table "new_event_conflict"
INSERT INTO `new_event_conflict` (`id`, `source`, `event_id`, `content_hash`, `body`, `refused_at`) SELECT `id`, `source`, `event_id`, `content_hash`, `body`, `refused_at` FROM `event_conflict`;
-- drop "event_conflict" table after copying rows
DROP TABLE `event_conflict`;
-- rename temporary table "new_event_conflict" to "event_conflict"
ALTER TABLE `new_event_conflict` RENAME TO `event_conflict`;
-- create index "eventconflict_source_event_id_content_hash" to table: "event_conflict"
CREATE UNIQUE INDEX `eventconflict_source_event_id_content_hash` ON `event_conflict` (`source`, `event_id`, `content_hash`);
-- the position of the event that has the id, as long as that is known
UPDATE event_conflict SET seq = coalesce((SELECT k.seq FROM event_key AS k WHERE k.source = event_conflict.source AND k.event_id = event_conflict.event_id), 0);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
ALTER TABLE event_conflict DROP COLUMN seq;
