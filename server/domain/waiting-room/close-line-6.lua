-- Closes the line of a cabin: nobody waits there any more.
--
-- KEYS     as enter-line-6.lua has them
-- ARGV     nothing
-- Reply    when the line was opened; 0: there was none
local opened = redis.call('HGET', KEYS[1], 'opened')
if not opened then
  return '0'
end
redis.call('DEL', unpack(KEYS))
-- So that a process which has not heard of it does not put the line back.
redis.call('HSET', KEYS[1], 'closed', opened)
redis.call('PEXPIRE', KEYS[1], 60000)
return opened
