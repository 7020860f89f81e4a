-- Applies pieces of batches, each to one board.
-- KEYS: rank, member, position for each piece.
-- ARGV: for each piece: partition, seq, part, last, tie, n, then n user ids, then n times score and member.
--   part counts the pieces of a batch from 0, last is 1 for its final piece, tie is the length of its tie-breaks.
-- Returns for each piece 1 applied, 2 skipped, 3 lost, 4 other tie length, 5 an earlier piece is missing.
local function write(ranks, members, users, scores, n)
  local stale, fresh = {}, {}
  local old = redis.call('HMGET', members, unpack(ARGV, users, users + n - 1))
  for j = 1, n do
    local member = ARGV[scores + 2 * j - 1]
    local before = old[j]
    if before ~= member then
      if before then
        stale[#stale + 1] = before
      end
      fresh[#fresh + 1] = ARGV[users + j - 1]
      fresh[#fresh + 1] = member
    end
  end
  if #stale > 0 then
    redis.call('ZREM', ranks, unpack(stale))
  end
  redis.call('ZADD', ranks, unpack(ARGV, scores, scores + 2 * n - 1))
  if #fresh > 0 then
    redis.call('HSET', members, unpack(fresh))
  end
end

local results = {}
local a = 1
for k = 1, #KEYS, 3 do
  local ranks, members, positions = KEYS[k], KEYS[k + 1], KEYS[k + 2]
  local partition, seq, part, last = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]), ARGV[a + 3]
  local tie, n = ARGV[a + 4], tonumber(ARGV[a + 5])
  local users = a + 6
  local scores = users + n
  a = scores + 2 * n

  local progress = 'part:' .. partition
  local meta = facts(positions, 'tie', partition, progress)
  local players = size(ranks, members, meta)
  local result = 1
  if not players then
    result = 3
  elseif meta[4] and tonumber(meta[4]) >= tonumber(seq) then
    result = 2
  elseif part > 0 and meta[5] ~= seq .. ':' .. (part - 1) then
    result = 5
  elseif n > 0 and players > 0 and meta[3] ~= tie then
    result = 4
  else
    if n > 0 and players == 0 then
      redis.call('HSET', positions, 'tie', tie)
    end
    for i = 0, n - 1, CHUNK do
      write(ranks, members, users + i, scores + 2 * i, math.min(CHUNK, n - i))
    end
    players = redis.call('ZCARD', ranks)
    if last ~= '1' then
      redis.call('HSET', positions, 'players', players, progress, seq .. ':' .. part)
    else
      redis.call('HSET', positions, 'players', players, partition, seq)
      if part > 0 then
        redis.call('HDEL', positions, progress)
      end
    end
  end
  results[#results + 1] = result
end
return results
