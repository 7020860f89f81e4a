-- +goose Up
-- modify "contest" table
ALTER TABLE "contest" ADD COLUMN "pauses" bytea NULL;

-- +goose Down
-- reverse: modify "contest" table
ALTER TABLE "contest" DROP COLUMN "pauses";
