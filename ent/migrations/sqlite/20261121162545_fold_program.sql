-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_contest" table
CREATE TABLE `new_contest` (`id` text NOT NULL, `version` integer NOT NULL, `state` integer NOT NULL, `start_ts` integer NOT NULL, `end_ts` integer NOT NULL, `grace_end_ts` integer NOT NULL, `open_seq` text NOT NULL, `close_seq` text NULL, `revision` integer NOT NULL DEFAULT (0), `summary` blob NULL, `result_hash` text NOT NULL DEFAULT (''), `players` integer NOT NULL DEFAULT (0), `changed_at` integer NOT NULL, PRIMARY KEY (`id`));
-- copy rows from old table "contest" to new temporary table "new_contest"
INSERT INTO `new_contest` (`id`, `version`, `state`, `start_ts`, `end_ts`, `grace_end_ts`, `open_seq`, `close_seq`, `result_hash`, `players`, `changed_at`) SELECT `id`, `version`, `state`, `start_ts`, `end_ts`, `grace_end_ts`, `open_seq`, `close_seq`, `result_hash`, `players`, `changed_at` FROM `contest`;
-- drop "contest" table after copying rows
DROP TABLE `contest`;
-- rename temporary table "new_contest" to "contest"
ALTER TABLE `new_contest` RENAME TO `contest`;
-- create index "contest_state" to table: "contest"
CREATE INDEX `contest_state` ON `contest` (`state`);
-- create index "contest_revision" to table: "contest"
CREATE INDEX `contest_revision` ON `contest` (`revision`);
-- create "new_contest_snapshot" table
CREATE TABLE `new_contest_snapshot` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `contest_id` text NOT NULL, `number` integer NOT NULL, `taken_at` integer NOT NULL, `total` integer NOT NULL, `positions` text NOT NULL DEFAULT (''), `top` blob NOT NULL);
-- copy rows from old table "contest_snapshot" to new temporary table "new_contest_snapshot"
INSERT INTO `new_contest_snapshot` (`id`, `contest_id`, `number`, `taken_at`, `total`, `top`) SELECT `id`, `contest_id`, `number`, `taken_at`, `total`, `top` FROM `contest_snapshot`;
-- drop "contest_snapshot" table after copying rows
DROP TABLE `contest_snapshot`;
-- rename temporary table "new_contest_snapshot" to "contest_snapshot"
ALTER TABLE `new_contest_snapshot` RENAME TO `contest_snapshot`;
-- create index "contestsnapshot_contest_id_number" to table: "contest_snapshot"
CREATE UNIQUE INDEX `contestsnapshot_contest_id_number` ON `contest_snapshot` (`contest_id`, `number`);
-- create "new_dead_letter" table
CREATE TABLE `new_dead_letter` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `partition` integer NOT NULL DEFAULT (0), `seq` integer NOT NULL, `event_id` text NOT NULL, `stage` text NOT NULL, `subject` text NOT NULL, `reason` text NOT NULL, `failed_at` integer NOT NULL);
-- copy rows from old table "dead_letter" to new temporary table "new_dead_letter"
INSERT INTO `new_dead_letter` (`id`, `seq`, `event_id`, `stage`, `subject`, `reason`, `failed_at`) SELECT `id`, `seq`, `event_id`, `stage`, `subject`, `reason`, `failed_at` FROM `dead_letter`;
-- drop "dead_letter" table after copying rows
DROP TABLE `dead_letter`;
-- rename temporary table "new_dead_letter" to "dead_letter"
ALTER TABLE `new_dead_letter` RENAME TO `dead_letter`;
-- create index "deadletter_seq_partition_stage_subject" to table: "dead_letter"
CREATE UNIQUE INDEX `deadletter_seq_partition_stage_subject` ON `dead_letter` (`seq`, `partition`, `stage`, `subject`);
-- create "new_journal_partition" table
CREATE TABLE `new_journal_partition` (`id` integer NOT NULL, `owner` text NOT NULL DEFAULT (''), `epoch` integer NOT NULL DEFAULT (0), `cursor` integer NOT NULL DEFAULT (0), `published` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- copy rows from old table "journal_partition" to new temporary table "new_journal_partition"
INSERT INTO `new_journal_partition` (`id`, `owner`, `epoch`, `cursor`) SELECT `id`, `owner`, `epoch`, `cursor` FROM `journal_partition`;
-- drop "journal_partition" table after copying rows
DROP TABLE `journal_partition`;
-- rename temporary table "new_journal_partition" to "journal_partition"
ALTER TABLE `new_journal_partition` RENAME TO `journal_partition`;
-- create "new_late_event" table
CREATE TABLE `new_late_event` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `partition` integer NOT NULL DEFAULT (0), `seq` integer NOT NULL, `contest_id` text NOT NULL, `event_id` text NOT NULL, `user_id` text NOT NULL, `reason` text NOT NULL, `decided_at` integer NOT NULL);
-- copy rows from old table "late_event" to new temporary table "new_late_event"
INSERT INTO `new_late_event` (`id`, `seq`, `contest_id`, `event_id`, `user_id`, `reason`, `decided_at`) SELECT `id`, `seq`, `contest_id`, `event_id`, `user_id`, `reason`, `decided_at` FROM `late_event`;
-- drop "late_event" table after copying rows
DROP TABLE `late_event`;
-- rename temporary table "new_late_event" to "late_event"
ALTER TABLE `new_late_event` RENAME TO `late_event`;
-- create index "lateevent_contest_id_seq_partition" to table: "late_event"
CREATE UNIQUE INDEX `lateevent_contest_id_seq_partition` ON `late_event` (`contest_id`, `seq`, `partition`);
-- create "player_page" table
CREATE TABLE `player_page` (`id` text NOT NULL, `partition` integer NOT NULL, `seq` integer NOT NULL, `state` blob NOT NULL, PRIMARY KEY (`id`));
-- create "process" table
CREATE TABLE `process` (`id` text NOT NULL, `host` text NOT NULL, `started_at` integer NOT NULL, `seen_until` integer NOT NULL, PRIMARY KEY (`id`));
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create "process" table
DROP TABLE `process`;
-- reverse: create "player_page" table
DROP TABLE `player_page`;
-- reverse: create index "lateevent_contest_id_seq_partition" to table: "late_event"
DROP INDEX `lateevent_contest_id_seq_partition`;
-- reverse: create "new_late_event" table
DROP TABLE `new_late_event`;
-- reverse: create "new_journal_partition" table
DROP TABLE `new_journal_partition`;
-- reverse: create index "deadletter_seq_partition_stage_subject" to table: "dead_letter"
DROP INDEX `deadletter_seq_partition_stage_subject`;
-- reverse: create "new_dead_letter" table
DROP TABLE `new_dead_letter`;
-- reverse: create index "contestsnapshot_contest_id_number" to table: "contest_snapshot"
DROP INDEX `contestsnapshot_contest_id_number`;
-- reverse: create "new_contest_snapshot" table
DROP TABLE `new_contest_snapshot`;
-- reverse: create index "contest_revision" to table: "contest"
DROP INDEX `contest_revision`;
-- reverse: create index "contest_state" to table: "contest"
DROP INDEX `contest_state`;
-- reverse: create "new_contest" table
DROP TABLE `new_contest`;
