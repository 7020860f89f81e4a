-- +goose Up
-- The index by player is cut into parts of as many positions as 1 << part_bits, so that what is appended changes few of its pages. Each range has its own.
ALTER TABLE journal_range ADD COLUMN part_bits bigint NOT NULL DEFAULT 25;
DROP INDEX journal_event_player;
-- +goose StatementBegin
DO $$
DECLARE
	of_range regclass;
BEGIN
	FOR of_range IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'journal_event'::regclass LOOP
		EXECUTE format('CREATE INDEX %s_player ON %s ((id >> 25), player, event_ts)', of_range, of_range);
	END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
	of_range regclass;
BEGIN
	FOR of_range IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'journal_event'::regclass LOOP
		EXECUTE format('DROP INDEX IF EXISTS %s_player', of_range);
	END LOOP;
END $$;
-- +goose StatementEnd
CREATE INDEX journal_event_player ON journal_event (player, event_ts);
ALTER TABLE journal_range DROP COLUMN part_bits;
