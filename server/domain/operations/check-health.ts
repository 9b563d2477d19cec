import type { Pool } from 'pg';
import type { HealthView, PartStatus } from '../../../shared/operations.ts';
import { askRedis, type RedisConnections } from '../../platform/redis/redis.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';

type Part = HealthView['parts'][string];

const checkMs = 2_000;

// Work that waits for us: payments and refunds that were due a while ago, holds that nobody has ended.
const backlogSql = `
  select (select count(*)::int from payment where next_call_at < now() - interval '1 minute') as payments,
    (select count(*)::int from refund where next_call_at < now() - interval '1 minute') as refunds,
    (select count(*)::int from hold_deadline h cross join unnest(h.bookings) u (id) join booking b on b.id = u.id
      where h.at < now() - interval '1 minute' and b.status in ('held', 'paying')) as holds`;

/**
 * Each part as it is now. Without Postgres nothing can be promised: down. Without Redis selling goes
 * on and only live updates between processes are slower: degraded.
 */
export async function checkHealth(room: {
  pool: Pool;
  redis: RedisConnections;
  clock: Clock;
  version: string;
  startedAtMs: number;
  sockets: () => number;
}): Promise<HealthView> {
  const [postgres, redis, backlog] = await Promise.all([
    timed(
      room.clock,
      async () => {
        const { rows } = await room.pool.query<{ server_version: string }>('show server_version');
        return `version ${rows[0]?.server_version}`;
      },
      'down',
    ),
    timed(
      room.clock,
      async () => {
        return askRedis(room.redis.commands);
      },
      'degraded',
    ),
    timed(
      room.clock,
      async () => {
        const { rows } = await room.pool.query<{ payments: number; refunds: number; holds: number }>(backlogSql);
        const late = rows[0] as { payments: number; refunds: number; holds: number };
        if (late.payments + late.refunds + late.holds > 0) {
          throw new Error(`late: ${late.payments} payments, ${late.refunds} refunds, ${late.holds} holds`);
        }
        return 'nothing is late';
      },
      'degraded',
    ),
  ]);
  const parts: HealthView['parts'] = {
    postgres,
    redis,
    backlog,
    sockets: { status: 'ok', detail: `${room.sockets()} open` },
  };
  const worst = (['down', 'degraded'] as const).find((status) =>
    Object.values(parts).some((part) => part.status === status),
  );
  return {
    status: worst ?? 'ok',
    version: room.version,
    at: isoNow(room.clock),
    uptimeSeconds: Math.round((room.clock.now() - room.startedAtMs) / 1000),
    parts,
  };
}

async function timed(clock: Clock, check: () => Promise<string>, otherwise: PartStatus): Promise<Part> {
  const startedAt = performance.now();
  const latencyMs = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const answered = new AbortController();
  try {
    const detail = await Promise.race([check(), clock.sleep(checkMs, answered.signal).then(() => undefined)]);
    if (detail === undefined) throw new Error('no answer');
    return { status: 'ok', latencyMs: latencyMs(), detail };
  } catch (error) {
    // Our own words only: a driver's message may name hosts and users.
    const detail = error instanceof Error && error.message.startsWith('late:') ? error.message : 'no answer';
    return { status: otherwise, latencyMs: latencyMs(), detail };
  } finally {
    answered.abort();
  }
}
