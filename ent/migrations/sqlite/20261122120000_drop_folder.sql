-- +goose Up
-- Where the archive lay that was compared with the range when it was dropped; empty when that is not known.
ALTER TABLE journal_drop ADD COLUMN folder text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE journal_drop DROP COLUMN folder;
