-- +goose Up
-- create "api_key" table
CREATE TABLE `api_key` (`id` text NOT NULL, `name` text NOT NULL, `secret_hash` blob NOT NULL, `scopes` json NOT NULL, `created_at` integer NOT NULL, `revoked_at` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create "clock_mark" table
CREATE TABLE `clock_mark` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `market` text NOT NULL, `brand` text NOT NULL, `event_ts` integer NOT NULL);
-- create index "clockmark_market_brand" to table: "clock_mark"
CREATE UNIQUE INDEX `clockmark_market_brand` ON `clock_mark` (`market`, `brand`);
-- create "contest" table
CREATE TABLE `contest` (`id` text NOT NULL, `version` integer NOT NULL, `state` integer NOT NULL, `start_ts` integer NOT NULL, `end_ts` integer NOT NULL, `grace_end_ts` integer NOT NULL, `open_seq` integer NOT NULL, `close_seq` integer NULL, `result_hash` text NOT NULL DEFAULT (''), `players` integer NOT NULL DEFAULT (0), `changed_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "contest_state" to table: "contest"
CREATE INDEX `contest_state` ON `contest` (`state`);
-- create "contest_snapshot" table
CREATE TABLE `contest_snapshot` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `contest_id` text NOT NULL, `number` integer NOT NULL, `taken_at` integer NOT NULL, `total` integer NOT NULL, `top` blob NOT NULL);
-- create index "contestsnapshot_contest_id_number" to table: "contest_snapshot"
CREATE UNIQUE INDEX `contestsnapshot_contest_id_number` ON `contest_snapshot` (`contest_id`, `number`);
-- create "dead_letter" table
CREATE TABLE `dead_letter` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `seq` integer NOT NULL, `event_id` text NOT NULL, `stage` text NOT NULL, `subject` text NOT NULL, `reason` text NOT NULL, `failed_at` integer NOT NULL);
-- create index "deadletter_seq_stage_subject" to table: "dead_letter"
CREATE UNIQUE INDEX `deadletter_seq_stage_subject` ON `dead_letter` (`seq`, `stage`, `subject`);
-- create "definition" table
CREATE TABLE `definition` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `kind` text NOT NULL, `def_id` text NOT NULL, `version` integer NOT NULL, `hash` text NOT NULL, `yaml` text NOT NULL, `published_at` integer NOT NULL, `published_by` text NOT NULL);
-- create index "definition_kind_def_id_version" to table: "definition"
CREATE UNIQUE INDEX `definition_kind_def_id_version` ON `definition` (`kind`, `def_id`, `version`);
-- create "event_conflict" table
CREATE TABLE `event_conflict` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `event_id` text NOT NULL, `content_hash` blob NOT NULL, `body` blob NOT NULL, `refused_at` integer NOT NULL);
-- create index "eventconflict_event_id_content_hash" to table: "event_conflict"
CREATE UNIQUE INDEX `eventconflict_event_id_content_hash` ON `event_conflict` (`event_id`, `content_hash`);
-- create "final_standing" table
CREATE TABLE `final_standing` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `contest_id` text NOT NULL, `place` integer NOT NULL, `user_id` text NOT NULL, `units` integer NOT NULL, `tie` blob NOT NULL);
-- create index "finalstanding_contest_id_place" to table: "final_standing"
CREATE UNIQUE INDEX `finalstanding_contest_id_place` ON `final_standing` (`contest_id`, `place`);
-- create index "finalstanding_contest_id_user_id" to table: "final_standing"
CREATE UNIQUE INDEX `finalstanding_contest_id_user_id` ON `final_standing` (`contest_id`, `user_id`);
-- create "journal_event" table
CREATE TABLE `journal_event` (`id` integer NOT NULL, `partition` integer NOT NULL, `event_id` text NOT NULL, `content_hash` blob NOT NULL, `ingest_ts` integer NOT NULL, `body` blob NOT NULL, PRIMARY KEY (`id`));
-- create index "journalevent_event_id" to table: "journal_event"
CREATE UNIQUE INDEX `journalevent_event_id` ON `journal_event` (`event_id`);
-- create "journal_partition" table
CREATE TABLE `journal_partition` (`id` integer NOT NULL, `owner` text NOT NULL DEFAULT (''), `epoch` integer NOT NULL DEFAULT (0), `lease_until` integer NOT NULL DEFAULT (0), `cursor` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create "late_event" table
CREATE TABLE `late_event` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `seq` integer NOT NULL, `contest_id` text NOT NULL, `event_id` text NOT NULL, `user_id` text NOT NULL, `reason` text NOT NULL, `decided_at` integer NOT NULL);
-- create index "lateevent_contest_id_seq" to table: "late_event"
CREATE UNIQUE INDEX `lateevent_contest_id_seq` ON `late_event` (`contest_id`, `seq`);
-- create "operator" table
CREATE TABLE `operator` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` text NOT NULL, `password_hash` text NOT NULL, `roles` json NOT NULL, `created_at` integer NOT NULL, `disabled_at` integer NOT NULL DEFAULT (0));
-- create index "operator_name_key" to table: "operator"
CREATE UNIQUE INDEX `operator_name_key` ON `operator` (`name`);
-- create "player" table
CREATE TABLE `player` (`id` text NOT NULL, `public_name` text NOT NULL, `updated_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create "session" table
CREATE TABLE `session` (`id` text NOT NULL, `data` blob NOT NULL, `expires_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "session_expires_at" to table: "session"
CREATE INDEX `session_expires_at` ON `session` (`expires_at`);
-- create "setting" table
CREATE TABLE `setting` (`id` text NOT NULL, `value` text NOT NULL, PRIMARY KEY (`id`));
-- create "signing_key" table
CREATE TABLE `signing_key` (`id` text NOT NULL, `purpose` text NOT NULL, `secret` blob NOT NULL, `created_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "signingkey_purpose" to table: "signing_key"
CREATE UNIQUE INDEX `signingkey_purpose` ON `signing_key` (`purpose`);
-- create "standing" table
CREATE TABLE `standing` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `contest_id` text NOT NULL, `user_id` text NOT NULL, `partition` integer NOT NULL, `units` integer NOT NULL, `tie` blob NOT NULL, `rounds` integer NOT NULL, `version` integer NOT NULL, `seq` integer NOT NULL, `state` blob NOT NULL);
-- create index "standing_contest_id_user_id" to table: "standing"
CREATE UNIQUE INDEX `standing_contest_id_user_id` ON `standing` (`contest_id`, `user_id`);

-- +goose Down
-- reverse: create index "standing_contest_id_user_id" to table: "standing"
DROP INDEX `standing_contest_id_user_id`;
-- reverse: create "standing" table
DROP TABLE `standing`;
-- reverse: create index "signingkey_purpose" to table: "signing_key"
DROP INDEX `signingkey_purpose`;
-- reverse: create "signing_key" table
DROP TABLE `signing_key`;
-- reverse: create "setting" table
DROP TABLE `setting`;
-- reverse: create index "session_expires_at" to table: "session"
DROP INDEX `session_expires_at`;
-- reverse: create "session" table
DROP TABLE `session`;
-- reverse: create "player" table
DROP TABLE `player`;
-- reverse: create index "operator_name_key" to table: "operator"
DROP INDEX `operator_name_key`;
-- reverse: create "operator" table
DROP TABLE `operator`;
-- reverse: create index "lateevent_contest_id_seq" to table: "late_event"
DROP INDEX `lateevent_contest_id_seq`;
-- reverse: create "late_event" table
DROP TABLE `late_event`;
-- reverse: create "journal_partition" table
DROP TABLE `journal_partition`;
-- reverse: create index "journalevent_event_id" to table: "journal_event"
DROP INDEX `journalevent_event_id`;
-- reverse: create "journal_event" table
DROP TABLE `journal_event`;
-- reverse: create index "finalstanding_contest_id_user_id" to table: "final_standing"
DROP INDEX `finalstanding_contest_id_user_id`;
-- reverse: create index "finalstanding_contest_id_place" to table: "final_standing"
DROP INDEX `finalstanding_contest_id_place`;
-- reverse: create "final_standing" table
DROP TABLE `final_standing`;
-- reverse: create index "eventconflict_event_id_content_hash" to table: "event_conflict"
DROP INDEX `eventconflict_event_id_content_hash`;
-- reverse: create "event_conflict" table
DROP TABLE `event_conflict`;
-- reverse: create index "definition_kind_def_id_version" to table: "definition"
DROP INDEX `definition_kind_def_id_version`;
-- reverse: create "definition" table
DROP TABLE `definition`;
-- reverse: create index "deadletter_seq_stage_subject" to table: "dead_letter"
DROP INDEX `deadletter_seq_stage_subject`;
-- reverse: create "dead_letter" table
DROP TABLE `dead_letter`;
-- reverse: create index "contestsnapshot_contest_id_number" to table: "contest_snapshot"
DROP INDEX `contestsnapshot_contest_id_number`;
-- reverse: create "contest_snapshot" table
DROP TABLE `contest_snapshot`;
-- reverse: create index "contest_state" to table: "contest"
DROP INDEX `contest_state`;
-- reverse: create "contest" table
DROP TABLE `contest`;
-- reverse: create index "clockmark_market_brand" to table: "clock_mark"
DROP INDEX `clockmark_market_brand`;
-- reverse: create "clock_mark" table
DROP TABLE `clock_mark`;
-- reverse: create "api_key" table
DROP TABLE `api_key`;
