-- Gives somebody a place in the line of a cabin, one and no more: asking again answers the same.
--
-- KEYS[1]  the line, as open-line-1.lua describes it
-- KEYS[2]  waiting:  user -> ticket
-- KEYS[3]  expected: user -> until when he is taken to be there (ms); of those who wait
-- KEYS[4]  early:    user -> lot; who came before the sale and has no ticket yet
-- KEYS[5]  passes:   user -> "ticket until how"; who was let in, also after his time, and how it went:
--                    called, came, refused or held
-- KEYS[6]  shopping: user -> until (ms); who was let in and holds nothing yet, while a seat is kept for him
-- ARGV     now (ms), user, ticket that he proves to have had (0: none), lot (0…1), places in the line,
--          for how long he is taken to be there after this (ms)
-- Reply    { what, ticket, n, was new }
--            what  0 there is no line; 1 let in, n: until (ms); 2 waits; 3 the line is full;
--                  4 waits for the draw, n: how many do
local now, user = tonumber(ARGV[1]), ARGV[2]
local present = string.format('%.0f', now + tonumber(ARGV[6]))
local line = redis.call('HMGET', KEYS[1], 'opened', 'startsAt', 'drawn')
if not line[1] then
  return { 0, 0, 0, 0 }
end
redis.call('HSET', KEYS[1], 'askedAt', now)

local pass = redis.call('HGET', KEYS[5], user)
if pass then
  local ticket, till, how = string.match(pass, '^(%d+) (%d+) ?(%l*)$')
  if tonumber(till) > now then
    -- Here he is; also late, a seat is kept for him as long as he may buy.
    if how ~= 'held' then
      redis.call('HSET', KEYS[5], user, ticket .. ' ' .. till .. ' came')
      redis.call('ZADD', KEYS[6], till, user)
    end
    return { 1, tonumber(ticket), tonumber(till), 0 }
  end
end

local function waits(ticket, isNew)
  redis.call('HSET', KEYS[3], user, present)
  return { 2, ticket, 0, isNew }
end
local ticket = redis.call('ZSCORE', KEYS[2], user)
if ticket then
  return waits(tonumber(ticket), 0)
end
local rank = redis.call('ZRANK', KEYS[4], user)
local begins = tonumber(line[2]) > now
if rank and not begins then
  return waits(tonumber(line[3]) + rank + 1, 0)
end
if not rank and redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[4]) >= tonumber(ARGV[5]) then
  return { 3, 0, 0, 0 }
end
if begins then
  if not rank then
    redis.call('ZADD', KEYS[4], ARGV[4], user)
    redis.call('HINCRBY', KEYS[1], 'issued', 1)
  end
  redis.call('HSET', KEYS[3], user, present)
  return { 4, 0, redis.call('ZCARD', KEYS[4]), rank and 0 or 1 }
end

-- Whoever had his turn and let it pass goes to the end, whatever he proves.
local proven = pass and 0 or tonumber(ARGV[3])
local issued = tonumber(redis.call('HGET', KEYS[1], 'issued'))
local given = proven > 0 and proven or issued + 1
redis.call('HSET', KEYS[1], 'issued', string.format('%.0f', math.max(issued, given)))
redis.call('HDEL', KEYS[5], user)
redis.call('ZADD', KEYS[2], given, user)
return waits(given, 1)
