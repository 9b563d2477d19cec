-- Counts buyers of one cabin in, each for itself and in order. Permission to try, never a promise: Postgres decides.
--
-- KEYS[1]   the cabin: a hash of
--             epoch, version  the truth that is known
--             truth           the free seats that it told
--             free            as shown: the truth less those who were counted in since
--             state           open, closed or cancelled
--             at              when the truth was told, milliseconds by Redis' clock
-- ARGV[1]   the epoch that the caller lives in
-- ARGV[2…]  the seats that each member wants, from 1
--
-- Replies { letters, version, free as shown }, one letter a member:
--   A  ADMIT     counted in
--   S  SOLD_OUT  a truth younger than a second told that nothing is free
--   T  TRY       in doubt: taken by members on their way, an older truth, or not for sale. Ask Postgres
--   C  COLD      nothing is known in this epoch: all members, with version and free 0

local youngMs = 1000

local known = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'truth', 'free', 'state', 'at')
local epoch, version, truth, free, at =
  tonumber(known[1]), tonumber(known[2]), tonumber(known[3]), tonumber(known[4]), tonumber(known[6])
local members = #ARGV - 1

if not (epoch and version and truth and free and at) or epoch ~= tonumber(ARGV[1]) then
  return { string.rep('C', members), 0, 0 }
end
if known[5] ~= 'open' then
  return { string.rep('T', members), version, free }
end

local time = redis.call('TIME')
local age = time[1] * 1000 + math.floor(time[2] / 1000) - at
-- A truth of the future is none: the clock was set back.
local soldOut = truth == 0 and age >= 0 and age < youngMs

local letters = {}
local taken = 0
for member = 1, members do
  local wanted = tonumber(ARGV[member + 1])
  if soldOut then
    letters[member] = 'S'
  elseif wanted <= free - taken then
    letters[member] = 'A'
    taken = taken + wanted
  else
    letters[member] = 'T'
  end
end

if taken > 0 then
  redis.call('HINCRBY', KEYS[1], 'free', -taken)
end
return { table.concat(letters), version, free - taken }
