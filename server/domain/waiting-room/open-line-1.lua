-- Opens the line of a cabin, or puts back one that Redis has lost. An open line stays as it is.
--
-- KEYS[1]  the line: a hash of
--            opened          when (ms): tells this line from one before
--            by              pressure or operator
--            startsAt        the sale begins (ms); 0: it has
--            issued          the newest ticket, those of the draw included; it only grows
--            drawn           tickets of the draw that were given out
--            serving         the highest ticket that was let in; it only grows
--            version         rises with every change that is told
--            askedAt         somebody last came or asked (ms)
--            tokens          who may be let in by the rate, not used yet
--            cabin, free     the version of the cabin, and its free seats by then
--            abandon         of those who were let in, the share that held nothing (0…1, the last hundred or so)
--            rate, ratedAt, ratedServed   let in a second, lately; since when and from which count on it is counted
--            soldOut         1: nothing is free
--            admitted, held, inversions   counts
--            refused         the lowest ticket that was let in and found nothing; 0: none
--            refusedUntil    until when it has its turn all the same (ms)
--          or, for a while after a line was closed, closed: when that line was opened
-- ARGV     opened, by, startsAt, version, issued, drawn, serving, now, life of the line (ms)
-- Reply    when the line that is open now was opened; 0: the one that is to be put back was closed
local opened = redis.call('HGET', KEYS[1], 'opened')
if opened then
  if ARGV[2] == 'operator' then
    redis.call('HSET', KEYS[1], 'by', 'operator')
  end
  return opened
end
local closed = redis.call('HGET', KEYS[1], 'closed')
if closed and tonumber(closed) >= tonumber(ARGV[1]) then
  return '0'
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'opened', ARGV[1], 'by', ARGV[2], 'startsAt', ARGV[3], 'version', ARGV[4],
  'issued', ARGV[5], 'drawn', ARGV[6], 'serving', ARGV[7], 'askedAt', ARGV[8], 'tokens', 0, 'cabin', -1, 'free', 0,
  'abandon', 0, 'rate', 0, 'ratedAt', ARGV[8], 'ratedServed', 0, 'soldOut', 0, 'admitted', 0, 'held', 0,
  'inversions', 0, 'refused', 0, 'refusedUntil', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[9])
return ARGV[1]
