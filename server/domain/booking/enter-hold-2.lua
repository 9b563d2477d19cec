-- Counts one more open hold of somebody, or says that there are enough.
--
-- KEYS[1]  holds by actor:   booking id -> when it ends (ms). Open ones end in the future; what ended
--          without anybody taking it out was abandoned, and stays for the window.
-- KEYS[2]  holds by address: the same, open ones only
-- ARGV     now (ms), booking id, life asked for (ms), open holds an actor, open holds an address,
--          window of abandoned holds (ms), abandoned holds a halving, shortest life (ms)
-- Reply    {1, life (ms)}         counted; the same id again counts once
--          {0, retry after (ms)}  too many are open; nothing was changed
local now, id, life = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local window, step, shortest = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local kept = 100

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)

for place = 1, 2 do
  local key = KEYS[place]
  local open = redis.call('ZCOUNT', key, '(' .. now, '+inf')
  local own = redis.call('ZSCORE', key, id)
  if own and tonumber(own) > now then open = open - 1 end
  if open >= tonumber(ARGV[3 + place]) then
    local first = redis.call('ZRANGEBYSCORE', key, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    return {0, math.max(1, math.ceil(tonumber(first[2] or (now + 1000)) - now))}
  end
end

local abandoned = redis.call('ZCOUNT', KEYS[1], '-inf', now)
local own = redis.call('ZSCORE', KEYS[1], id)
if own and tonumber(own) <= now then abandoned = abandoned - 1 end
if abandoned > kept then
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, abandoned - kept - 1)
end
-- Whole seconds: what is kept here ends when the hold does.
local shortened = math.floor(life / 2 ^ math.floor(abandoned / step) / 1000) * 1000
life = math.max(shortened, math.min(life, shortest))

redis.call('ZADD', KEYS[1], now + life, id)
redis.call('PEXPIRE', KEYS[1], life + window)
redis.call('ZADD', KEYS[2], now + life, id)
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[2], math.ceil(tonumber(last[2]) - now))
return {1, life}
