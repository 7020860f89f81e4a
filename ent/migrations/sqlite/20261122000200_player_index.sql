-- +goose Up
-- 4096 events that follow each other share a part of the index, so that a commit writes few pages of it: see docs/decisions/0014.
DROP INDEX journal_event_player;
CREATE INDEX journal_event_player ON journal_event (id >> 12, player, event_ts);

-- +goose Down
DROP INDEX journal_event_player;
CREATE INDEX journal_event_player ON journal_event (player, event_ts);
