-- Puts a flight into the searches of its market and day, or takes it out. Whoever saw an older state of it is ignored.
--
-- KEYS[1…3]  sorted sets of flight ids: by price, by duration, by departure
-- KEYS[4]    hash: by flight id the seq of what is here
-- ARGV[1]    flight id
-- ARGV[2]    seq
-- ARGV[3]    life in milliseconds
-- ARGV[4…6]  its three scores, or none: it is not to be found here
--
-- Replies 1, or 0 when something newer is here.

local known = tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or '0')
if known > tonumber(ARGV[2]) then
  return 0
end
for at = 1, 3 do
  if #ARGV > 3 then
    redis.call('ZADD', KEYS[at], ARGV[at + 3], ARGV[1])
  else
    redis.call('ZREM', KEYS[at], ARGV[1])
  end
  redis.call('PEXPIRE', KEYS[at], ARGV[3])
end
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return 1
