-- +goose Up
-- add column "final_seq" to table: "contest"
ALTER TABLE `contest` ADD COLUMN `final_seq` text NULL;

-- +goose Down
-- reverse: add column "final_seq" to table: "contest"
ALTER TABLE `contest` DROP COLUMN `final_seq`;
