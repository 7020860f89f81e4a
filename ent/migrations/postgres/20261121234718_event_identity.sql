-- +goose Up
-- modify "api_key" table
ALTER TABLE "api_key" ADD COLUMN "source" character varying NOT NULL DEFAULT '';
-- drop index "eventconflict_event_id_content_hash" from table: "event_conflict"
DROP INDEX "eventconflict_event_id_content_hash";
-- modify "event_conflict" table
ALTER TABLE "event_conflict" ADD COLUMN "source" character varying NOT NULL DEFAULT '';
-- create index "eventconflict_source_event_id_content_hash" to table: "event_conflict"
CREATE UNIQUE INDEX "eventconflict_source_event_id_content_hash" ON "event_conflict" ("source", "event_id", "content_hash");

-- +goose Down
-- reverse: create index "eventconflict_source_event_id_content_hash" to table: "event_conflict"
DROP INDEX "eventconflict_source_event_id_content_hash";
-- reverse: modify "event_conflict" table
ALTER TABLE "event_conflict" DROP COLUMN "source";
-- reverse: drop index "eventconflict_event_id_content_hash" from table: "event_conflict"
CREATE UNIQUE INDEX "eventconflict_event_id_content_hash" ON "event_conflict" ("event_id", "content_hash");
-- reverse: modify "api_key" table
ALTER TABLE "api_key" DROP COLUMN "source";
