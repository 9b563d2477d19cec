-- Notes how it ended for somebody who was let in. Of the same one any number of times.
--
-- KEYS[1]  the line, KEYS[2] passes, KEYS[3] shopping, as enter-line-6.lua has them
-- ARGV     now (ms), user, held or refused, version of the cabin (-1: not known), its free seats, for how long a seat
--          that comes back is kept for somebody who was refused (ms)
-- Reply    1 if it was counted as a hold, 2 if against the order of tickets; else 0
local pass = redis.call('HGET', KEYS[2], ARGV[2])
if not pass or redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
local now = tonumber(ARGV[1])
local given, till, how = string.match(pass, '^(%d+) (%d+) ?(%l*)$')
local ticket = tonumber(given)
if how ~= 'held' then
  redis.call('HSET', KEYS[2], ARGV[2], given .. ' ' .. till .. ' ' .. ARGV[3])
end
local line = redis.call('HMGET', KEYS[1], 'cabin', 'abandon', 'refused', 'refusedUntil')
-- Before he is out of the shop: nobody is let in for a seat that he has just taken.
if tonumber(ARGV[4]) >= tonumber(line[1]) then
  redis.call('HSET', KEYS[1], 'cabin', ARGV[4], 'free', ARGV[5])
end
local refused = tonumber(line[4]) > now and tonumber(line[3]) or 0
if ARGV[3] == 'refused' then
  if how == 'held' then
    return 0
  end
  -- He keeps his pass and, while he asks again, his turn: a seat that comes back is his.
  local keptUntil = string.format('%.0f', math.min(tonumber(till), now + tonumber(ARGV[6])))
  redis.call('ZADD', KEYS[3], keptUntil, ARGV[2])
  if refused == 0 or ticket <= refused then
    redis.call('HSET', KEYS[1], 'refused', given, 'refusedUntil', keptUntil)
  end
  return 0
end
redis.call('ZREM', KEYS[3], ARGV[2])
if how == 'held' then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'held', 1)
redis.call('HSET', KEYS[1], 'abandon', tonumber(line[2]) * 0.99)
if refused == 0 then
  return 1
end
if ticket <= refused then
  redis.call('HSET', KEYS[1], 'refused', 0)
  return 1
end
redis.call('HINCRBY', KEYS[1], 'inversions', 1)
return 2
