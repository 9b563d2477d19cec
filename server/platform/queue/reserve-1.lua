-- Reserves the next slot of an evenly spaced sequence, for one request to somebody who allows so many in a time.
--
-- KEYS[1]  when the next slot is, microseconds by Redis' clock
-- ARGV[1]  microseconds between slots
-- ARGV[2]  how far behind now the next slot may lag: what was not used that recently may be made up for
-- ARGV[3]  a slot that is further away than this is not reserved
--
-- Replies how long to wait, microseconds; less than zero: nothing is reserved, ask again after as long as that.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local spacing, lag, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slot = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - lag)
local wait = math.max(0, slot - now)
if wait > patience then
  return -patience
end
redis.call('SET', KEYS[1], string.format('%.0f', slot + spacing), 'PX', math.ceil((wait + spacing + lag) / 1000) + 1000)
return wait
