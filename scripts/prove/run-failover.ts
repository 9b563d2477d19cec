import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { WebSocket } from 'ws';
import { AirsideError } from '../../client/sdk/airside-error.ts';
import { type AirsideClient, createClient } from '../../client/sdk/create-client.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import type { OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { countSeats } from '../chaos/verdict.ts';
import { startFaultProxy } from '../stage/fault-proxy.ts';
import { startServerProcess } from '../stage/server-process.ts';
import { startPostgresPair } from './postgres-pair.ts';

export interface FailoverProof {
  /** Holds that somebody was told of before and after the primary died. */
  before: number;
  after: number;
  /** Holds that somebody was told of, and that the new primary does not know. */
  lost: string[];
  sold: number;
  seats: number;
  drift: number;
  /** Calls that ended without a definite answer, after all repeats of the SDK. */
  failed: number;
  /** The longest time between two holds that were answered (ms). */
  pauseMs: number;
  seconds: number;
}

const operatorKey = 'operator-key-of-the-failover';
/** For so long before its end the primary writes what the standby does not hear. */
const unheardMs = 400;
/** The promotion of a real cluster takes some seconds to be decided. */
const decisionMs = 500;
const restPatienceMs = 60_000;

/** Sells a flight out by two web processes while the primary is killed and the standby takes its place. */
export async function proveFailover(options: {
  dir: string;
  seats: number;
  buyers: number;
  isSynchronous: boolean;
}): Promise<FailoverProof> {
  const { dir, seats, buyers, isSynchronous } = options;
  const startedAt = performance.now();
  const closings: (() => unknown)[] = [];
  try {
    const pair = await startPostgresPair({ dir, isSynchronous });
    closings.push(pair.stop);
    const redis = await startEmbeddedRedis({ dataDir: dir });
    closings.push(redis.stop);
    const line = await startFaultProxy(portOf(pair.primary.url));
    closings.push(line.stop);
    const address = new URL(pair.primary.url);
    address.port = String(line.port);
    const server = await startServerProcess({
      name: 'server',
      logFile: join(dir, 'server.log'),
      env: {
        ...{ PORT: '0', WEB_CONCURRENCY: '2', DATABASE_URL: address.href, REDIS_URL: redis.url, AIRSIDE_DEMO: '0' },
        ADMIN_API_KEY: operatorKey,
        AUTH_SECRET: 'a-secret-that-signs-the-tokens-of-the-failover',
        PAYMENT_WEBHOOK_SECRETS: 'the-webhook-secret-of-the-failover',
        PAYMENT_SUCCESS_RATE: '1',
        RATE_LIMITS: '0',
        LOG_LEVEL: 'fatal',
      },
    });
    closings.push(server.stop);
    const connect = (apiKey?: string): AirsideClient => {
      const client = createClient({ url: server.url, WebSocket: WebSocket as never, ...(apiKey ? { apiKey } : {}) });
      closings.push(client.close);
      return client;
    };
    const operator = connect(operatorKey);
    const flight = await createFlight(operator, seats);
    const held = new Map<string, number>();
    let failed = 0;
    let diedAt = Number.POSITIVE_INFINITY;

    const shop = async (): Promise<void> => {
      const client = connect();
      await client.auth.guest();
      for (;;) {
        try {
          const { id } = await client.bookings.hold({ legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 1 });
          held.set(id, performance.now());
          await client.bookings.pay(id);
        } catch (error) {
          if (error instanceof AirsideError && error.code === 'SOLD_OUT') return;
          failed++;
          if (failed > seats) throw error;
        }
      }
    };
    const shopping = Promise.all(Array.from({ length: buyers }, shop));
    const fall = async (): Promise<void> => {
      while (held.size < seats / 3) await sleep(5);
      await pair.cutOff();
      await sleep(unheardMs);
      process.kill(pair.primary.pid, 'SIGKILL');
      diedAt = performance.now();
      await sleep(decisionMs);
      await pair.promote();
      line.aim(portOf(pair.standby.url));
    };
    await Promise.all([shopping, fall()]);

    const db = new pg.Pool({ connectionString: `${pair.standby.url}`, max: 2 });
    closings.push(() => db.end());
    // Where payments were lost, their holds wait for the end of their lives: nobody waits for that.
    const sold = await untilRest(db, flight.id, isSynchronous ? restPatienceMs : 0);
    const { rows } = await db.query<{ id: string }>('select id from booking');
    const known = new Set(rows.map(({ id }) => id));
    const times = [...held.values()].sort((a, b) => a - b);
    const { drift } = await operator.trpc.admin.seats.audit.query();
    return {
      before: times.filter((at) => at <= diedAt).length,
      after: times.filter((at) => at > diedAt).length,
      lost: [...held.keys()].filter((id) => !known.has(id)),
      sold,
      seats,
      drift,
      failed,
      pauseMs: Math.round(Math.max(...times.slice(1).map((at, before) => at - (times[before] as number)))),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    for (const close of closings.reverse()) await Promise.resolve(close()).catch(() => undefined);
  }
}

const portOf = (url: string): number => Number(new URL(url).port);

async function createFlight(operator: AirsideClient, seats: number): Promise<OperatorFlightView> {
  const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  return operator.trpc.admin.flights.create.mutate({
    id: newId(),
    carrier: 'QX',
    number: '1',
    origin: 'LHR',
    destination: 'LIS',
    departsAt: `${date}T10:00`,
    arrivesAt: `${date}T13:00`,
    cabins: [{ cabin: 'economy', capacity: seats, price: { amount: 20_000, currency: 'USD' } }],
  });
}

/** Waits until every payment has come to its end. Answers how many seats are sold. */
async function untilRest(db: pg.Pool, flightId: string, patienceMs: number): Promise<number> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    const { held, sold } = await countSeats(db, [flightId]);
    if (held === 0 || performance.now() > endsAt) return sold;
    await sleep(200);
  }
}
