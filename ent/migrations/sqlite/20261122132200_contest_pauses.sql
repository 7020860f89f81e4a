-- +goose Up
-- add column "pauses" to table: "contest"
ALTER TABLE `contest` ADD COLUMN `pauses` blob NULL;

-- +goose Down
-- reverse: add column "pauses" to table: "contest"
ALTER TABLE `contest` DROP COLUMN `pauses`;
