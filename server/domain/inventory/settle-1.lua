-- Tells a cabin's truth: what Postgres said of it, if that is no older than what is known. The newest
-- (epoch, version) wins in whatever order and however often it is told. The same one again makes the truth
-- young, and shows again the seats of those who were counted in and never came.
--
-- KEYS[1]  the cabin, as admit-1.lua describes it
-- ARGV[1]  epoch
-- ARGV[2]  version
-- ARGV[3]  free seats
-- ARGV[4]  state
-- ARGV[5]  a version that Postgres does not have, or 0: if it is what is known of this epoch, it is a lie
--          and gives way to an older one
--
-- Replies { 1 if this is now known or else 0, epoch that is now known, version that is now known }

-- Nobody asks about a cabin that was not told for so long.
local lifeMs = 600000

local known = redis.call('HMGET', KEYS[1], 'epoch', 'version')
local epoch, version = tonumber(known[1]), tonumber(known[2])
local newEpoch, newVersion = tonumber(ARGV[1]), tonumber(ARGV[2])

if epoch and version then
  local isOlder = newEpoch < epoch or (newEpoch == epoch and newVersion < version)
  local isDisproved = newEpoch == epoch and version == tonumber(ARGV[5])
  if isOlder and not isDisproved then
    return { 0, epoch, version }
  end
end

local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1],
  'epoch', ARGV[1], 'version', ARGV[2], 'truth', ARGV[3], 'free', ARGV[3], 'state', ARGV[4], 'at', at)
redis.call('PEXPIRE', KEYS[1], lifeMs)
return { 1, newEpoch, newVersion }
