-- Common head of all scripts. run names this run of the server: a board that was loaded in another run came from a snapshot or
-- a replica, which may be older than what was applied, and counts as lost.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''

-- The limit of unpack is about 8 000 values; entries come in chunks well below it.
local CHUNK = 1000

-- size gives the number of players of a board, or nil when the board is lost. meta[1] is its run.
local function size(ranks, members, meta)
  local n = redis.call('ZCARD', ranks)
  if meta[1] == run and n == redis.call('HLEN', members) then
    return n
  end
  return nil
end
