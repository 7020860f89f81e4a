-- +goose Up
-- create index "deadletter_stage_id" to table: "dead_letter"
CREATE INDEX `deadletter_stage_id` ON `dead_letter` (`stage`, `id`);
-- create index "deadletter_subject_id" to table: "dead_letter"
CREATE INDEX `deadletter_subject_id` ON `dead_letter` (`subject`, `id`);
-- create index "apikey_created_at_id" to table: "api_key"
CREATE INDEX `apikey_created_at_id` ON `api_key` (`created_at`, `id`);
-- create index "apikey_name_id" to table: "api_key"
CREATE INDEX `apikey_name_id` ON `api_key` (`name`, `id`);
-- create "newest_definition" table
CREATE TABLE `newest_definition` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `kind` text NOT NULL, `def_id` text NOT NULL, `version` integer NOT NULL, `hash` text NOT NULL, `published_at` integer NOT NULL, `published_by` text NOT NULL);
-- create index "newestdefinition_kind_def_id" to table: "newest_definition"
CREATE UNIQUE INDEX `newestdefinition_kind_def_id` ON `newest_definition` (`kind`, `def_id`);
-- create index "newestdefinition_published_at_kind_def_id" to table: "newest_definition"
CREATE INDEX `newestdefinition_published_at_kind_def_id` ON `newest_definition` (`published_at`, `kind`, `def_id`);
-- create index "newestdefinition_kind_published_at_def_id" to table: "newest_definition"
CREATE INDEX `newestdefinition_kind_published_at_def_id` ON `newest_definition` (`kind`, `published_at`, `def_id`);
-- what is published already
INSERT INTO `newest_definition` (`kind`, `def_id`, `version`, `hash`, `published_at`, `published_by`) SELECT `kind`, `def_id`, `version`, `hash`, `published_at`, `published_by` FROM `definition` WHERE (`kind`, `def_id`, `version`) IN (SELECT `kind`, `def_id`, max(`version`) FROM `definition` GROUP BY `kind`, `def_id`);

-- +goose Down
-- reverse: create index "newestdefinition_kind_published_at_def_id" to table: "newest_definition"
DROP INDEX `newestdefinition_kind_published_at_def_id`;
-- reverse: create index "newestdefinition_published_at_kind_def_id" to table: "newest_definition"
DROP INDEX `newestdefinition_published_at_kind_def_id`;
-- reverse: create index "newestdefinition_kind_def_id" to table: "newest_definition"
DROP INDEX `newestdefinition_kind_def_id`;
-- reverse: create "newest_definition" table
DROP TABLE `newest_definition`;
-- reverse: create index "apikey_name_id" to table: "api_key"
DROP INDEX `apikey_name_id`;
-- reverse: create index "apikey_created_at_id" to table: "api_key"
DROP INDEX `apikey_created_at_id`;
-- reverse: create index "deadletter_subject_id" to table: "dead_letter"
DROP INDEX `deadletter_subject_id`;
-- reverse: create index "deadletter_stage_id" to table: "dead_letter"
DROP INDEX `deadletter_stage_id`;
