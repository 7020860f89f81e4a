-- +goose Up
-- modify "event_conflict" table
ALTER TABLE "event_conflict" ADD COLUMN "seq" bigint NOT NULL DEFAULT 0;
-- the position of the event that has the id, as long as that is known
UPDATE event_conflict SET seq = coalesce((SELECT k.seq FROM event_key AS k WHERE k.source = event_conflict.source AND k.event_id = event_conflict.event_id), 0);

-- +goose Down
-- reverse: modify "event_conflict" table
ALTER TABLE "event_conflict" DROP COLUMN "seq";
