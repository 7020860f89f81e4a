-- +goose Up
-- keys that mint player tokens until now did so by the scope admin
UPDATE `api_key` SET `scopes` = json_insert(`scopes`, '$[#]', 'player_tokens') WHERE EXISTS (SELECT 1 FROM json_each(`scopes`) WHERE value = 'admin') AND NOT EXISTS (SELECT 1 FROM json_each(`scopes`) WHERE value = 'player_tokens');

-- +goose Down
UPDATE `api_key` SET `scopes` = (SELECT json_group_array(value) FROM json_each(`scopes`) WHERE value <> 'player_tokens');
