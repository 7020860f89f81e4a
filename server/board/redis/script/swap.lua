-- Puts a staged board in the place of the old one. KEYS: rank, member, position, staged rank, staged member.
-- ARGV: number of staged players, tie length, load, then partition and seq in turn.
-- Returns 1 done, 2 the board has applied batches beyond the given positions, 3 staged players are missing.
local count = tonumber(ARGV[1])
if redis.call('ZCARD', KEYS[4]) ~= count or redis.call('HLEN', KEYS[5]) ~= count then
  return 3
end

if size(KEYS[1], KEYS[2], facts(KEYS[3])) then
  local loaded = {}
  for i = 4, #ARGV, 2 do
    loaded[ARGV[i]] = tonumber(ARGV[i + 1])
  end
  local known = redis.call('HGETALL', KEYS[3])
  for i = 1, #known, 2 do
    local seq = tonumber(known[i]) and tonumber(known[i + 1])
    if seq and seq > (loaded[known[i]] or 0) then
      return 2
    end
  end
end

-- A rename frees the old keys' players while everyone waits; UNLINK has another thread do it.
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
if count > 0 then
  redis.call('RENAME', KEYS[4], KEYS[1])
  redis.call('RENAME', KEYS[5], KEYS[2])
  redis.call('PERSIST', KEYS[1])
  redis.call('PERSIST', KEYS[2])
end
redis.call('HSET', KEYS[3], 'run', run, 'players', count, 'tie', ARGV[2], 'load', ARGV[3])
for i = 4, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
end
return 1
