-- Reads a run of places. KEYS: rank, member, position. ARGV: first and last index, from 0.
-- Returns number of players, tie length, member and score in turn, and partition and seq in turn; nothing when the board is lost.
local meta = facts(KEYS[3], 'tie')
local players = size(KEYS[1], KEYS[2], meta)
if not players then
  return false
end
local rows = {}
if tonumber(ARGV[2]) >= tonumber(ARGV[1]) then
  rows = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
end
local positions = {}
local known = redis.call('HGETALL', KEYS[3])
for i = 1, #known, 2 do
  if tonumber(known[i]) then
    positions[#positions + 1] = known[i]
    positions[#positions + 1] = known[i + 1]
  end
end
return {players, tonumber(meta[3] or 0), rows, positions}
