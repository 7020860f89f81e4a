-- Common head of all scripts. run names this run of the server: a board that was loaded in another run came from a snapshot or
-- a replica, which may be older than what was applied, and counts as lost.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''

-- The limit of unpack is about 8 000 values; entries come in chunks well below it.
local CHUNK = 1000

-- facts reads a board's run and its number of players as counted by the writer, and what else is asked for.
local function facts(positions, ...)
  local meta = redis.pcall('HMGET', positions, 'run', 'players', ...)
  return meta.err and {} or meta
end

-- size gives the number of players of a board, or nil when the board is lost. A key that something else was written to is as lost as
-- one that is gone, so errors are not passed on.
local function size(ranks, members, meta)
  local n = redis.pcall('ZCARD', ranks)
  if meta[1] == run and n == tonumber(meta[2]) and n == redis.pcall('HLEN', members) then
    return n
  end
  return nil
end
