-- +goose Up
-- modify "contest" table
ALTER TABLE "contest" ALTER COLUMN "open_seq" TYPE text, ALTER COLUMN "close_seq" TYPE text, ADD COLUMN "revision" bigint NOT NULL DEFAULT 0, ADD COLUMN "summary" bytea NULL;
-- create index "contest_revision" to table: "contest"
CREATE INDEX "contest_revision" ON "contest" ("revision");
-- modify "contest_snapshot" table
ALTER TABLE "contest_snapshot" ADD COLUMN "positions" text NOT NULL DEFAULT '';
-- drop index "deadletter_seq_stage_subject" from table: "dead_letter"
DROP INDEX "deadletter_seq_stage_subject";
-- modify "dead_letter" table
ALTER TABLE "dead_letter" ADD COLUMN "partition" bigint NOT NULL DEFAULT 0;
-- create index "deadletter_seq_partition_stage_subject" to table: "dead_letter"
CREATE UNIQUE INDEX "deadletter_seq_partition_stage_subject" ON "dead_letter" ("seq", "partition", "stage", "subject");
-- modify "journal_partition" table
ALTER TABLE "journal_partition" DROP COLUMN "lease_until", ADD COLUMN "published" bigint NOT NULL DEFAULT 0;
-- drop index "lateevent_contest_id_seq" from table: "late_event"
DROP INDEX "lateevent_contest_id_seq";
-- modify "late_event" table
ALTER TABLE "late_event" ADD COLUMN "partition" bigint NOT NULL DEFAULT 0;
-- create index "lateevent_contest_id_seq_partition" to table: "late_event"
CREATE UNIQUE INDEX "lateevent_contest_id_seq_partition" ON "late_event" ("contest_id", "seq", "partition");
-- create "player_page" table
CREATE TABLE "player_page" ("id" character varying NOT NULL, "partition" bigint NOT NULL, "seq" bigint NOT NULL, "state" bytea NOT NULL, PRIMARY KEY ("id"));
-- create "process" table
CREATE TABLE "process" ("id" character varying NOT NULL, "host" character varying NOT NULL, "started_at" bigint NOT NULL, "seen_until" bigint NOT NULL, PRIMARY KEY ("id"));

-- +goose Down
-- reverse: create "process" table
DROP TABLE "process";
-- reverse: create "player_page" table
DROP TABLE "player_page";
-- reverse: create index "lateevent_contest_id_seq_partition" to table: "late_event"
DROP INDEX "lateevent_contest_id_seq_partition";
-- reverse: modify "late_event" table
ALTER TABLE "late_event" DROP COLUMN "partition";
-- reverse: drop index "lateevent_contest_id_seq" from table: "late_event"
CREATE UNIQUE INDEX "lateevent_contest_id_seq" ON "late_event" ("contest_id", "seq");
-- reverse: modify "journal_partition" table
ALTER TABLE "journal_partition" DROP COLUMN "published", ADD COLUMN "lease_until" bigint NOT NULL DEFAULT 0;
-- reverse: create index "deadletter_seq_partition_stage_subject" to table: "dead_letter"
DROP INDEX "deadletter_seq_partition_stage_subject";
-- reverse: modify "dead_letter" table
ALTER TABLE "dead_letter" DROP COLUMN "partition";
-- reverse: drop index "deadletter_seq_stage_subject" from table: "dead_letter"
CREATE UNIQUE INDEX "deadletter_seq_stage_subject" ON "dead_letter" ("seq", "stage", "subject");
-- reverse: modify "contest_snapshot" table
ALTER TABLE "contest_snapshot" DROP COLUMN "positions";
-- reverse: create index "contest_revision" to table: "contest"
DROP INDEX "contest_revision";
-- reverse: modify "contest" table
ALTER TABLE "contest" DROP COLUMN "summary", DROP COLUMN "revision", ALTER COLUMN "close_seq" TYPE bigint, ALTER COLUMN "open_seq" TYPE bigint;
