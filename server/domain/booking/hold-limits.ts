import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { openScript } from '../../platform/redis/script.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';

/**
 * Keeps one party from holding what others would buy. A courtesy to others and no promise: it counts
 * in Redis, and where Redis does not answer everybody may hold.
 */
export interface HoldLimits {
  /**
   * Before seats are held. Answers for how long: less than asked for, for somebody who lets many holds
   * go unpaid. The same id again counts once. Whoever then is refused seats must be told to `left`.
   *
   * Fails: RATE_LIMITED, with the time until the first of the open holds ends.
   */
  enter(hold: {
    actor: string;
    address: string;
    bookingId: string;
    ttlSeconds: number;
  }): Promise<{ ttlSeconds: number }>;
  /**
   * The hold is over, or never was. `abandoned`: it was given up or ran out without being paid for.
   * Nobody waits for it. One that runs out need not be told of: its time says so.
   */
  left(hold: { actor: string; address: string; bookingId: string; abandoned: boolean }): void;
}

export const holdLimitDefaults = {
  /** Holds that one user may have open; a travel agent at work has a few dozen. */
  openPerUser: 100,
  /** The same for one address, behind which may be a company or a whole mobile network. */
  openPerAddress: 600,
  /** For how long an abandoned hold is remembered. */
  abandonedWindowMs: 86_400_000,
  /** Every so many abandoned holds halve the life of the next. */
  abandonedStep: 5,
  /** No hold is made shorter than that, unless HOLD_TTL_SECONDS is. */
  shortestSeconds: 60,
  /** A Redis that takes longer counts as away … */
  answerMs: 100,
  /** … and is left alone for so long. */
  awayMs: 1_000,
};

/** Where limits are switched off. */
export const noHoldLimits: HoldLimits = {
  enter: async ({ ttlSeconds }) => ({ ttlSeconds }),
  left: () => undefined,
};

export function createHoldLimits(
  room: { redis: RedisConnections; keys: Keyspace; clock: Clock },
  given: Partial<typeof holdLimitDefaults> = {},
): HoldLimits {
  const limits = { ...holdLimitDefaults, ...given };
  const { redis, clock } = room;
  const enterHold = openScript(redis, new URL('./enter-hold-2.lua', import.meta.url));
  // One tag for both: a script of a Redis cluster reaches keys of one slot only.
  const byActor = (actor: string) => room.keys.key('hold-limits', 'open', 'actor', actor);
  const byAddress = (address: string) => room.keys.key('hold-limits', 'open', 'address', address);
  let awayUntil = 0;

  /** Undefined: no answer, so no limit. */
  async function ask(keys: string[], args: (string | number)[]): Promise<[number, number] | undefined> {
    if (clock.now() < awayUntil) return undefined;
    const answered = new AbortController();
    try {
      const asked = enterHold(keys, args);
      // One that answers later than we wait must not end as an unhandled rejection.
      asked.catch(() => undefined);
      const answer = await Promise.race([asked, clock.sleep(limits.answerMs, answered.signal)]);
      if (Array.isArray(answer)) return [Number(answer[0]), Number(answer[1])];
    } catch {
      // Falls through: away.
    } finally {
      answered.abort('answered');
    }
    awayUntil = clock.now() + limits.awayMs;
    return undefined;
  }

  return {
    enter: async ({ actor, address, bookingId, ttlSeconds }) => {
      const answer = await ask(
        [byActor(actor), byAddress(address)],
        [
          clock.now(),
          bookingId,
          ttlSeconds * 1_000,
          limits.openPerUser,
          limits.openPerAddress,
          limits.abandonedWindowMs,
          limits.abandonedStep,
          limits.shortestSeconds * 1_000,
        ],
      );
      if (!answer) return { ttlSeconds };
      const [admitted, ms] = answer;
      if (admitted === 0) throw refuse('RATE_LIMITED', { retryAfterMs: ms });
      return { ttlSeconds: ms / 1_000 };
    },
    left: ({ actor, address, bookingId, abandoned }) => {
      const commands = [
        // Ended now, if it had not ended before: that is what the script counts as abandoned.
        abandoned
          ? redis.commands.zadd(byActor(actor), 'XX', 'LT', clock.now(), bookingId)
          : redis.commands.zrem(byActor(actor), bookingId),
        redis.commands.zrem(byAddress(address), bookingId),
      ];
      // What Redis did not hear ends by its time.
      Promise.all(commands).catch(() => undefined);
    },
  };
}
