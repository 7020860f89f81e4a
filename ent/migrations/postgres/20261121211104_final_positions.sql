-- +goose Up
-- modify "contest" table
ALTER TABLE "contest" ADD COLUMN "final_seq" text NULL;

-- +goose Down
-- reverse: modify "contest" table
ALTER TABLE "contest" DROP COLUMN "final_seq";
