import type { Pool } from 'pg';
import type { KnownSeats } from './domain/inventory/known-seats.ts';
import type { Metrics } from './domain/operations/metrics.ts';
import { startAdvancing } from './domain/waiting-room/advance-lines.ts';
import { createLineChannel } from './domain/waiting-room/line-channel.ts';
import { createLineSeal } from './domain/waiting-room/line-seal.ts';
import { type LineNews, OpenLines, readTopics, updateOf } from './domain/waiting-room/open-lines.ts';
import { lineLimits, openRedisLines } from './domain/waiting-room/redis-lines.ts';
import { createWaitingRoom, type LinesRoom } from './domain/waiting-room/waiting-room.ts';
import { Hub } from './platform/live/hub.ts';
import type { Lane } from './platform/postgres/lane.ts';
import { openBroadcast } from './platform/redis/broadcast.ts';
import type { Keyspace } from './platform/redis/keyspace.ts';
import type { RedisConnections } from './platform/redis/redis.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { Closing } from './platform/runtime/closing.ts';
import type { ErrorReporter } from './platform/telemetry/error-reporter.ts';

/** Half of what the lane can serve is left to those who need not wait: other flights, payments, repeats. */
const share = 0.5;
/** One process lets in no more than that in a second: all of them come at once. */
const servedMax = 2_000;
/** With more members than that in the lane nobody is let in. */
const depthMax = 256;

/** The lines of hot flights: one set over all processes. */
export async function openWaiting(options: {
  redis: RedisConnections;
  keys: Keyspace;
  processId: string;
  pool: Pool;
  known: KnownSeats;
  lane: Pick<Lane<never, unknown>, 'depth' | 'ratePerSecond'>;
  authSecret: string;
  clock: Clock;
  metrics: Metrics;
  report: ErrorReporter;
  closing: Closing;
}) {
  const { redis, keys, processId, pool, known, lane, clock, metrics, report, closing } = options;
  const lines = new OpenLines();
  const hub = new Hub({
    clock,
    load: async (topics) => readTopics(lines, topics),
    onError: (error) => report(error),
  });
  closing.push('hub of lines', () => hub.close());
  const broadcast = await openBroadcast<LineNews>({
    redis,
    channel: keys.channel('lines'),
    processId,
    onMessage: (news) => {
      lines.take(news);
      hub.offer([updateOf(news)]);
    },
  });
  closing.push('line broadcast', broadcast.close);
  const room: LinesRoom = {
    lines,
    redis: openRedisLines(redis, keys, lineLimits),
    seal: createLineSeal(options.authSecret),
    hub,
    pool,
    known,
    clock,
    limits: lineLimits,
    metrics,
    servedPerSecond: () => (lane.depth() > depthMax ? 0 : Math.min(servedMax, lane.ratePerSecond() * share)),
    tell: broadcast.send,
  };
  return {
    room,
    channel: createLineChannel(room),
    door: createWaitingRoom(room),
    /** Lets buyers in, with what this process serves. */
    start: (expireHolds: () => Promise<unknown>) => startAdvancing({ ...room, expireHolds, report }),
  };
}
