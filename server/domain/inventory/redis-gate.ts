import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { openScript } from '../../platform/redis/script.ts';
import { type Attempt, createBreaker } from '../../platform/runtime/breaker.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { seatGateKey } from './seat-gate.keys.ts';
import type { FlightPart } from './seat-truth.ts';

/** What Redis is told of a cabin. */
export interface GateTruth {
  cabinId: number;
  version: number;
  available: number;
  state: FlightPart['state'];
  /** A version that Postgres is proven not to have: if Redis claims it, it gives way. */
  disproved?: number;
}

export const verdicts = { A: 'admit', S: 'sold_out', T: 'try', C: 'cold' } as const;
export type Verdict = (typeof verdicts)[keyof typeof verdicts];

export interface Admission {
  /** One a member, in order. */
  verdicts: Verdict[];
  /** Of the truth that Redis knows; 0 when cold. */
  version: number;
  /** Seats as shown, less those who were counted in. */
  free: number;
}

/** Redis has something newer of this cabin, or claims to. */
export interface Overtaken {
  cabinId: number;
  version: number;
  isSameEpoch: boolean;
}

/** The gates of all cabins in Redis, behind one breaker: no call rejects or is waited for longer than 50 ms. */
export interface RedisGate {
  /** One answer a cabin, in order; undefined where Redis failed on that cabin alone. */
  admit(asked: { cabinId: number; quantities: number[] }[]): Promise<Attempt<(Admission | undefined)[]>>;
  /** Answers those that were not taken. What is not sent because Redis is away is dropped. */
  settle(truths: GateTruth[]): Promise<Overtaken[]>;
  /** Redis does not answer, and is not asked for a while. */
  isAway(): boolean;
}

const timeoutMs = 50;
/** So many scripts run within the time limit by far, also on a busy machine. */
const truthsPerCall = 100;

export function openRedisGate(options: {
  redis: RedisConnections;
  keys: Keyspace;
  clock: Clock;
  epoch: number;
}): RedisGate {
  const { redis, keys, clock, epoch } = options;
  const admit = openScript(redis, new URL('./admit-1.lua', import.meta.url));
  const settle = openScript(redis, new URL('./settle-1.lua', import.meta.url));
  const breaker = createBreaker({ clock, timeoutMs, failuresMax: 3, backoffBaseMs: 200, backoffCapMs: 2_000 });

  const settleOne = async (truth: GateTruth): Promise<Overtaken | undefined> => {
    const [isTaken, knownEpoch, version] = (await settle(
      [seatGateKey(keys, truth.cabinId)],
      [epoch, truth.version, truth.available, truth.state, truth.disproved ?? 0],
    )) as [number, number, number];
    return isTaken === 1 ? undefined : { cabinId: truth.cabinId, version, isSameEpoch: knownEpoch === epoch };
  };

  const admitOne = async (asked: { cabinId: number; quantities: number[] }): Promise<Admission> => {
    const answer = await admit([seatGateKey(keys, asked.cabinId)], [epoch, ...asked.quantities]);
    const [letters, version, free] = answer as [string, number, number];
    return { verdicts: Array.from(letters, (letter) => verdicts[letter as keyof typeof verdicts]), version, free };
  };

  return {
    isAway: breaker.isOpen,
    // All cabins in one attempt: a slow moment of Redis is one failure, however many asked in it.
    admit: (asked) => breaker.attempt(() => someOf(asked.map(admitOne))),
    settle: async (truths) => {
      const overtaken: Overtaken[] = [];
      for (let from = 0; from < truths.length; from += truthsPerCall) {
        const page = truths.slice(from, from + truthsPerCall);
        const attempt = await breaker.attempt(() => someOf(page.map(settleOne)));
        if (attempt.kind !== 'answered') break;
        overtaken.push(...attempt.value.filter((each) => each !== undefined));
      }
      return overtaken;
    },
  };
}

/** One cabin that Redis cannot work on must not shut the gate of all others. Rejects when all failed. */
async function someOf<T>(calls: Promise<T>[]): Promise<(T | undefined)[]> {
  const ended = await Promise.allSettled(calls);
  const failed = ended.filter((each) => each.status === 'rejected');
  if (failed[0] && failed.length === calls.length) throw failed[0].reason;
  return ended.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
}
