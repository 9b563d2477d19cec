import type { Pool } from 'pg';
import { type CabinClass, cabinClasses } from '../../../shared/flight.ts';
import type { Update } from '../../platform/live/topic.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { KnownCabin, KnownSeats } from './known-seats.ts';
import { readTruths } from './read-truths.ts';
import type { Admission, RedisGate } from './redis-gate.ts';
import { availableOf, type CabinPart, type SeatTruth } from './seat-truth.ts';

/** So many seats of one cabin. */
export interface SeatWant {
  flightId: string;
  cabin: CabinClass;
  quantity: number;
}

/** `leg` is the place of the first want that cannot be had; `version` is the cabin's. */
export interface SoldOut {
  leg: number;
  available: number;
  version: number;
}

/**
 * Sheds buyers who would surely be told SOLD_OUT, so that a storm on a full cabin does not reach
 * Postgres. It never decides that somebody gets a seat, and whatever it has wrong is right again
 * within a second: selling is as correct with a gate that lets everybody pass.
 *
 * A storm still sends one buyer of each process to Postgres every 100 ms and cabin: his answer is the
 * news for the others, and holds that are over come back when somebody buys.
 *
 * It knows nothing of requests. Whoever repeats a hold that was made must be given his booking, also
 * when the cabin is full by now, so look for the booking before a refusal of the gate is told.
 */
export interface SeatGate {
  /**
   * Sold out as far as this process knows, by what Postgres told at most 100 ms ago, or at most a
   * second ago while somebody is on the way to ask. No waiting. Undefined: go on.
   */
  refuses(wants: SeatWant[]): SoldOut | undefined;
  /**
   * Asks Redis, if this process does not know of plenty of seats: one call a cabin for all who ask in
   * the same turn of the event loop. Never rejects, and never waits longer than 50 ms. Meant to run
   * beside the way to Postgres, not before it: a member that still waits there may be shed by the answer.
   *
   * Undefined: go on. Redis said so, does not know, or does not answer; or, at once and without a promise,
   * it is not worth asking.
   */
  asks(wants: SeatWant[]): Promise<SoldOut | undefined> | undefined;
  /**
   * What Postgres has just said, also of the cabins that refused: for this process and for Redis. At
   * once and never failing; nobody waits for Redis.
   */
  settle(truths: SeatTruth[]): void;
}

/** The gate as the process keeps it: it also hears what others have sold. */
export interface OpenSeatGate extends SeatGate {
  /** Takes what arrives over the state channel. */
  learn(updates: Update[]): void;
}

/** With at least this many seats free a moment ago nobody is asked about: asking costs half as much as a hold. */
const ample = 64;
/** Rows read at once after Redis has lost them. */
const pageMax = 500;

interface Asking {
  quantity: number;
  answer: (soldOut: { version: number } | undefined) => void;
}

export function createSeatGate(room: {
  known: KnownSeats;
  redis: RedisGate;
  pool: Pool;
  clock: Clock;
  metrics: Pick<Metrics, 'redisDecrementsTotal' | 'redisDecrementsFailed' | 'gateVerdictsTotal'>;
  report: ErrorReporter;
}): OpenSeatGate {
  const { known, redis, clock, metrics } = room;
  const knownVerdicts = metrics.gateVerdictsTotal.labels('known');

  const tell = (truths: SeatTruth[], teller: 'buyer' | 'reading'): void => {
    const newest: KnownCabin[] = [];
    for (const truth of truths) {
      const cabin = known.learn({ ...truth, available: availableOf(truth) }, teller);
      if (!cabin) continue;
      cabin.wantedAt = clock.now();
      if (redis.isAway()) continue;
      cabin.settledAt = clock.now();
      newest.push(cabin);
    }
    if (newest.length > 0) void redis.settle(newest);
  };
  const load = createLoader(room, (truths) => tell(truths, 'reading'));

  /** Whether Redis may know of something that this process does not. */
  const isWorthAsking = (cabin: KnownCabin): boolean => {
    if (!known.isYoung(cabin)) return true;
    // Nothing is free, and this member was let through to ask Postgres; or it is not for sale.
    if (cabin.available === 0 || cabin.state !== 'open') return false;
    return cabin.available < ample;
  };

  let asking = new Map<KnownCabin, Asking[]>();
  /** Sends what has gathered, one call a cabin. Each member is answered whatever happens. */
  const flush = async (): Promise<void> => {
    const asked = [...asking];
    asking = new Map();
    const attempt = await redis.admit(
      asked.map(([{ cabinId }, members]) => ({ cabinId, quantities: members.map((each) => each.quantity) })),
    );
    for (const [place, [cabin, members]] of asked.entries()) {
      const admission = attempt.kind === 'answered' ? attempt.value[place] : undefined;
      if (admission) {
        answer(cabin, members, admission);
        continue;
      }
      if (attempt.kind !== 'open') metrics.redisDecrementsFailed.inc(members.length);
      for (const member of members) member.answer(undefined);
    }
  };

  const answer = (cabin: KnownCabin, members: Asking[], admission: Admission): void => {
    const mayRefuse = believes(cabin, admission);
    members.forEach((member, place) => {
      const verdict = admission.verdicts[place] ?? 'try';
      metrics.gateVerdictsTotal.inc({ verdict });
      if (verdict === 'admit') metrics.redisDecrementsTotal.inc();
      const isRefused = verdict === 'sold_out' && mayRefuse && !probes(cabin);
      if (isRefused) cabin.refusedAt = clock.now();
      member.answer(isRefused ? { version: admission.version } : undefined);
    });
    if (admission.verdicts[0] === 'cold') load(cabin);
  };

  /** Redis must be ahead of this process, or agree with it; one that lags is told what is known here. */
  const believes = (cabin: KnownCabin, { verdicts, version }: Admission): boolean => {
    if (!verdicts.includes('sold_out')) return true;
    const agrees = version > cabin.version || (version === cabin.version && cabin.available === 0);
    if (!agrees) void redis.settle([cabin]);
    return agrees;
  };

  /** True for one member in 100 ms: it passes, and brings the truth. */
  const probes = (cabin: KnownCabin): boolean => {
    if (known.isProbed(cabin)) return false;
    cabin.probedAt = clock.now();
    return true;
  };

  return {
    refuses: (wants) => {
      let doubtful: KnownCabin[] | undefined;
      for (let leg = 0; leg < wants.length; leg++) {
        const want = wants[leg] as SeatWant;
        const cabin = known.find(want.flightId, want.cabin);
        if (!cabin) continue;
        cabin.wantedAt = clock.now();
        if (!known.isSoldOut(cabin)) continue;
        cabin.refusedAt = clock.now();
        if (known.isAnswered(cabin) || known.isProbed(cabin)) {
          knownVerdicts.inc();
          return { leg, available: 0, version: cabin.version };
        }
        doubtful ??= [];
        doubtful.push(cabin);
      }
      // Only a member that no other leg refuses gets to Postgres.
      if (doubtful) for (const cabin of doubtful) cabin.probedAt = clock.now();
      return undefined;
    },

    asks: (wants) => {
      if (redis.isAway()) return undefined;
      let cabins: Map<KnownCabin, { leg: number; quantity: number }> | undefined;
      for (let leg = 0; leg < wants.length; leg++) {
        const want = wants[leg] as SeatWant;
        const cabin = known.find(want.flightId, want.cabin);
        // Of a cabin that nobody here has heard of, this very hold will bring the truth.
        if (!cabin) continue;
        cabin.wantedAt = clock.now();
        if (!isWorthAsking(cabin)) continue;
        cabins ??= new Map();
        const same = cabins.get(cabin);
        if (same) same.quantity += want.quantity;
        else cabins.set(cabin, { leg, quantity: want.quantity });
      }
      if (!cabins) return undefined;
      const answers = Promise.all(
        Array.from(cabins, ([cabin, { leg, quantity }]) => {
          const answered = new Promise<{ version: number } | undefined>((resolve) => {
            // Whoever asks before the event loop has looked at all of its sockets rides along.
            if (asking.size === 0) setImmediate(() => void flush());
            const members = asking.get(cabin) ?? [];
            members.push({ quantity, answer: resolve });
            asking.set(cabin, members);
          });
          return answered.then((soldOut) => soldOut && { leg, available: 0, version: soldOut.version });
        }),
      );
      // In the order of the legs, so this is the first.
      return answers.then((all) => all.find((each) => each !== undefined));
    },

    settle: (truths) => tell(truths, 'buyer'),

    learn: (updates) => {
      for (const { topic, parts } of updates) {
        for (const cabin of cabinClasses) {
          const part = parts[cabin];
          // Another release of the server may tell something else.
          const { cabinId, state, view }: Partial<CabinPart> = part?.body ?? {};
          if (!part || !cabinId || !state || !view) continue;
          known.learn(
            { cabinId, flightId: topic, cabin, available: view.available, state, version: part.version },
            'elsewhere',
          );
        }
      }
    },
  };
}

/** Reads the rows of cabins, each once however many ask for it, and one statement at a time. */
function createLoader(
  room: { pool: Pool; report: ErrorReporter },
  onLoaded: (truths: SeatTruth[]) => void,
): (cabin: KnownCabin) => void {
  const wanted = new Set<KnownCabin>();
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    try {
      while (wanted.size > 0) {
        const page = [...wanted].slice(0, pageMax);
        onLoaded(await readTruths(room.pool, page));
        for (const cabin of page) wanted.delete(cabin);
      }
    } catch (error) {
      // The next member that finds Redis cold asks again.
      wanted.clear();
      room.report(error, { chore: 'load seats' });
    } finally {
      running = false;
    }
  };
  return (cabin) => {
    wanted.add(cabin);
    if (!running) void run();
  };
}
