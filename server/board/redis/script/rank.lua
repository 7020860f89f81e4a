-- Reads the places of players. KEYS: rank, member, position. ARGV: user ids.
-- Returns the load of the board, then for each user index, score and tie, or -1 alone; nothing when the board is lost.
local meta = facts(KEYS[3], 'tie', 'load')
if not size(KEYS[1], KEYS[2], meta) then
  return false
end
local tie = tonumber(meta[3] or 0)
local rows = {meta[4]}
for i = 1, #ARGV, CHUNK do
  local members = redis.call('HMGET', KEYS[2], unpack(ARGV, i, math.min(i + CHUNK - 1, #ARGV)))
  for _, member in ipairs(members) do
    if member then
      rows[#rows + 1] = redis.call('ZRANK', KEYS[1], member)
      rows[#rows + 1] = redis.call('ZSCORE', KEYS[1], member)
      rows[#rows + 1] = string.sub(member, 1, tie)
    else
      rows[#rows + 1] = -1
    end
  end
end
return rows
