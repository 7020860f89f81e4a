-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_api_key" table
CREATE TABLE `new_api_key` (`id` text NOT NULL, `name` text NOT NULL, `source` text NOT NULL DEFAULT (''), `secret_hash` blob NOT NULL, `scopes` json NOT NULL, `created_at` integer NOT NULL, `revoked_at` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- copy rows from old table "api_key" to new temporary table "new_api_key"
INSERT INTO `new_api_key` (`id`, `name`, `secret_hash`, `scopes`, `created_at`, `revoked_at`) SELECT `id`, `name`, `secret_hash`, `scopes`, `created_at`, `revoked_at` FROM `api_key`;
-- drop "api_key" table after copying rows
DROP TABLE `api_key`;
-- rename temporary table "new_api_key" to "api_key"
ALTER TABLE `new_api_key` RENAME TO `api_key`;
-- create "new_event_conflict" table
CREATE TABLE `new_event_conflict` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source` text NOT NULL DEFAULT (''), `event_id` text NOT NULL, `content_hash` blob NOT NULL, `body` blob NOT NULL, `refused_at` integer NOT NULL);
-- copy rows from old table "event_conflict" to new temporary table "new_event_conflict"
INSERT INTO `new_event_conflict` (`id`, `event_id`, `content_hash`, `body`, `refused_at`) SELECT `id`, `event_id`, `content_hash`, `body`, `refused_at` FROM `event_conflict`;
-- drop "event_conflict" table after copying rows
DROP TABLE `event_conflict`;
-- rename temporary table "new_event_conflict" to "event_conflict"
ALTER TABLE `new_event_conflict` RENAME TO `event_conflict`;
-- create index "eventconflict_source_event_id_content_hash" to table: "event_conflict"
CREATE UNIQUE INDEX `eventconflict_source_event_id_content_hash` ON `event_conflict` (`source`, `event_id`, `content_hash`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "eventconflict_source_event_id_content_hash" to table: "event_conflict"
DROP INDEX `eventconflict_source_event_id_content_hash`;
-- reverse: create "new_event_conflict" table
DROP TABLE `new_event_conflict`;
-- reverse: create "new_api_key" table
DROP TABLE `new_api_key`;
