-- Lets in the first of a line, as many as the rate and the free seats allow. Any number of processes may call it at
-- any time: each brings what it can serve itself since its own last call.
--
-- KEYS     as enter-line-6.lua has them
-- ARGV[1]  now (ms)
-- ARGV[2]  buyers that the caller can serve since it last called
-- ARGV[3]  version of the cabin, -1: nothing is known of it
-- ARGV[4]  its free seats
-- ARGV[5]  life of a pass (ms)
-- ARGV[6]  for so long a seat is kept for somebody who was let in and does not come (ms)
-- ARGV[7]  a line that pressure opened closes after so long without anybody who comes (ms)
-- ARGV[8]  life of the line since it was last cared for (ms)
-- Reply    {} without a line, or { fields and values of the line, who waits, who shops, 1 if it was closed by this }
local now = tonumber(ARGV[1])
local passUntil = string.format('%.0f', now + tonumber(ARGV[5]))
local keptUntil = string.format('%.0f', now + tonumber(ARGV[6]))
-- Bounds of one call: drawn lots, people looked at, buyers that may gather while there was nothing to be had, and
-- people who are missed.
local drawMax, walkMax, tokensMax, goneMax = 1000, 1000, 512, 500

local fields = { 'opened', 'by', 'startsAt', 'version', 'issued', 'drawn', 'serving', 'askedAt', 'tokens', 'cabin', 'free',
  'abandon', 'rate', 'ratedAt', 'ratedServed', 'soldOut', 'admitted', 'held', 'inversions' }
local values = redis.call('HMGET', KEYS[1], unpack(fields))
if not values[1] then
  return {}
end
local line = {}
for place, field in ipairs(fields) do
  line[field] = field == 'by' and values[place] or tonumber(values[place])
end
local was = { line.serving, line.issued, line.soldOut, line.rate }

if tonumber(ARGV[3]) >= line.cabin then
  line.cabin, line.free = tonumber(ARGV[3]), tonumber(ARGV[4])
end
local hasBegun = line.startsAt <= now

if hasBegun then
  local lots = redis.call('ZPOPMIN', KEYS[4], drawMax)
  for place = 1, #lots, 2 do
    line.drawn = line.drawn + 1
    redis.call('ZADD', KEYS[2], line.drawn, lots[place])
  end
end

-- The seat of somebody who was let in and is not there goes to the next. Who was refused has not given up.
local gone = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now, 'LIMIT', 0, goneMax)
for _, user in ipairs(gone) do
  if not string.find(redis.call('HGET', KEYS[5], user) or '', 'refused') then
    line.abandon = line.abandon * 0.99 + 0.01
  end
end
if #gone > 0 then
  redis.call('ZREM', KEYS[6], unpack(gone))
end

local room = 0
if hasBegun and line.cabin >= 0 then
  line.soldOut = line.free == 0 and 1 or 0
  room = math.floor(line.free / (1 - math.min(line.abandon, 0.9)) + 0.5) - redis.call('ZCARD', KEYS[6])
end
line.tokens = math.min(tokensMax, line.tokens + tonumber(ARGV[2]))
local take = math.min(math.floor(line.tokens), room)
local walked = 0
while take > 0 and walked < walkMax do
  local first = redis.call('ZRANGE', KEYS[2], 0, math.min(take, 100) - 1, 'WITHSCORES')
  if #first == 0 then
    break
  end
  for place = 1, #first, 2 do
    local user, ticket = first[place], tonumber(first[place + 1])
    if now < tonumber(redis.call('HGET', KEYS[3], user) or 0) then
      redis.call('HSET', KEYS[5], user, string.format('%.0f', ticket) .. ' ' .. passUntil .. ' called')
      redis.call('ZADD', KEYS[6], keptUntil, user)
      take = take - 1
      line.tokens = line.tokens - 1
      line.admitted = line.admitted + 1
    end
    redis.call('HDEL', KEYS[3], user)
    line.serving = math.max(line.serving, ticket)
    walked = walked + 1
  end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, #first / 2 - 1)
end

if now - line.ratedAt >= 1000 then
  local lately = (line.admitted - line.ratedServed) * 1000 / (now - line.ratedAt)
  line.rate = line.rate == 0 and lately or line.rate + (lately - line.rate) * 0.3
  line.ratedAt, line.ratedServed = now, line.admitted
end
if line.serving ~= was[1] or line.issued ~= was[2] or line.soldOut ~= was[3] or line.rate ~= was[4] then
  line.version = line.version + 1
end

local waiting = redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[4])
local shopping = redis.call('ZCARD', KEYS[6])
local isQuiet = now - line.askedAt > tonumber(ARGV[7])
local closes = line.by == 'pressure' and isQuiet and (waiting + shopping == 0 or line.soldOut == 1)
local told = {}
for place, field in ipairs(fields) do
  told[2 * place - 1] = field
  -- Integers as such, shares and rates with their fractions.
  told[2 * place] = field == 'by' and line.by or string.format('%.17g', line[field])
end
if closes then
  redis.call('DEL', unpack(KEYS))
  redis.call('HSET', KEYS[1], 'closed', string.format('%.0f', line.opened))
  redis.call('PEXPIRE', KEYS[1], 60000)
else
  redis.call('HSET', KEYS[1], unpack(told))
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, ARGV[8])
  end
end
return { told, waiting, shopping, closes and 1 or 0 }
