-- +goose Up
-- As on Postgres, where each range has an index by player of its own; here all are parts of one table and of one index.
ALTER TABLE journal_range ADD COLUMN part_bits integer NOT NULL DEFAULT 12;

-- +goose Down
ALTER TABLE journal_range DROP COLUMN part_bits;
