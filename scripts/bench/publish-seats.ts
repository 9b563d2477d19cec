import { setTimeout as sleep } from 'node:timers/promises';
import { seatUpdates } from '../../server/domain/inventory/seat-truth.ts';
import type { Update } from '../../server/platform/live/topic.ts';
import { openBroadcast } from '../../server/platform/redis/broadcast.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import type { Database, Stage } from './open-stage.ts';
import type { News } from './watch-plan.ts';

export interface Publisher {
  channel: string;
  /** Changes of the first flight, for somebody else to publish. */
  news(count: number): News[];
  /** Changes each flight so often a second, for as long as `during` takes. Answers how many changes were told. */
  publish(perSecond: number, during: Promise<unknown>): Promise<number>;
  close(): Promise<void>;
}

/** Far above what the record says, so that reading it again changes nothing. */
const firstVersion = 1_000_000;
const processId = 'publisher-of-the-bench';

/** Tells of changes as another process of the cluster does: by its channel in Redis. The record knows nothing of them. */
export async function openPublisher(stage: Stage, database: Database): Promise<Publisher> {
  const { rows } = await database.pool.query<{ id: string }>('select id from cluster');
  const channel = keyspace((rows[0] as { id: string }).id).channel('seats');
  const redis = openRedis(stage.redis.url, createLogger('error'));
  const broadcast = await openBroadcast<Update[]>({
    redis,
    channel,
    processId,
    onMessage: () => undefined,
  });
  let version = firstVersion;
  /** What is told of one change of a flight. */
  const updatesOf = (flightId: string, place: number): Update[] =>
    seatUpdates([
      {
        cabinId: place + 1,
        flightId,
        cabin: 'economy',
        targetCapacity: 1_000_000,
        capacity: 1_000_000,
        held: version - firstVersion,
        sold: 0,
        priceAmount: 45_000,
        priceCurrency: 'USD',
        state: 'open',
        version,
      },
    ]);
  return {
    channel,
    news: (count) =>
      Array.from({ length: count }, () => {
        version++;
        const updates = updatesOf(database.flightIds[0] as string, 0);
        return { version, text: `${processId} ${JSON.stringify([updates])}` };
      }),
    publish: async (perSecond, during) => {
      let isOver = false;
      const over = during.finally(() => {
        isOver = true;
      });
      let told = 0;
      for (let next = performance.now(); !isOver; next += 1_000 / perSecond) {
        version++;
        broadcast.send(database.flightIds.flatMap(updatesOf));
        told += database.flightIds.length;
        await sleep(Math.max(0, next + 1_000 / perSecond - performance.now()));
      }
      await over;
      return told;
    },
    close: async () => {
      await broadcast.close();
      await redis.close();
    },
  };
}
