-- +goose Up
-- modify "definition" table
ALTER TABLE "definition" ADD COLUMN "open_seq" text NULL;

-- +goose Down
-- reverse: modify "definition" table
ALTER TABLE "definition" DROP COLUMN "open_seq";
