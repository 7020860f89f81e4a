-- +goose Up
-- keys that mint player tokens until now did so by the scope admin
UPDATE "api_key" SET "scopes" = "scopes" || '["player_tokens"]'::jsonb WHERE "scopes" @> '["admin"]'::jsonb AND NOT "scopes" @> '["player_tokens"]'::jsonb;

-- +goose Down
UPDATE "api_key" SET "scopes" = "scopes" - 'player_tokens';
