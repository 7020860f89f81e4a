-- +goose Up
-- add column "open_seq" to table: "definition"
ALTER TABLE `definition` ADD COLUMN `open_seq` text NULL;

-- +goose Down
-- reverse: add column "open_seq" to table: "definition"
ALTER TABLE `definition` DROP COLUMN `open_seq`;
