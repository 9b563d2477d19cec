-- Tells what is known of a flight: of its row and of each cabin what is newer than what is here.
--
-- KEYS[1]  the flight: a hash of
--            epoch                the record's, as a number
--            version, row         the operator's version and the flight as JSON
--            market               origin:destination:date, as in the keys of its searches
--            economy … first      a cabin as JSON; versions within
--            seq                  rises with every change, by Redis' clock
-- ARGV[1]  epoch
-- ARGV[2]  life in milliseconds
-- ARGV[3]  the row's version, or 0: only cabins are told, of a flight that is known here or not at all
-- ARGV[4]  row as JSON
-- ARGV[5]  market
-- ARGV[6…] each cabin as JSON
--
-- Replies nothing of an unknown flight; else { seq, row, market, cheapest price with a seat left or -1, market before }.

local epoch, version = tonumber(ARGV[1]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'row', 'market', 'seq')
local knownEpoch = tonumber(known[1])
if knownEpoch and knownEpoch > epoch then
  return false
end
if not knownEpoch or knownEpoch < epoch then
  if version == 0 then
    return false
  end
  redis.call('DEL', KEYS[1])
  known[2], known[3] = '-1', nil
end

local row, market, before = known[3], known[4], known[4]
if version > 0 and version >= tonumber(known[2] or '-1') then
  row, market = ARGV[4], ARGV[5]
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'version', ARGV[3], 'row', row, 'market', market)
end
for at = 6, #ARGV do
  local cabin = cjson.decode(ARGV[at])
  local old = redis.call('HGET', KEYS[1], cabin.cabin)
  local isNewer = true
  if old then
    local kept = cjson.decode(old)
    -- A flight that is made again under its id has new cabins.
    isNewer = cabin.cabinId > kept.cabinId or (cabin.cabinId == kept.cabinId and cabin.version >= kept.version)
  end
  if isNewer then
    redis.call('HSET', KEYS[1], cabin.cabin, ARGV[at])
  end
end

local cheapest = -1
for _, class in ipairs({ 'economy', 'premium_economy', 'business', 'first' }) do
  local text = redis.call('HGET', KEYS[1], class)
  if text then
    local cabin = cjson.decode(text)
    if cabin.targetCapacity > cabin.held + cabin.sold and (cheapest < 0 or cabin.priceAmount < cheapest) then
      cheapest = cabin.priceAmount
    end
  end
end

local time = redis.call('TIME')
local seq = math.max(time[1] * 1000000 + time[2], (tonumber(known[5]) or 0) + 1)
redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', seq))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { string.format('%.0f', seq), row, market, string.format('%.0f', cheapest), before or market }
