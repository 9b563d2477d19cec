import type { Pool } from 'pg';
import { KnownSeats } from '../../server/domain/inventory/known-seats.ts';
import type { Admission, RedisGate, Verdict } from '../../server/domain/inventory/redis-gate.ts';
import { createSeatGate, type OpenSeatGate } from '../../server/domain/inventory/seat-gate.ts';
import { type SeatTruth, seatUpdates } from '../../server/domain/inventory/seat-truth.ts';
import type { Clock } from '../../server/platform/runtime/clock.ts';
import { GateModel } from '../../test/inventory/gate-model.ts';
import type { World } from './world.ts';

/** Messages that take longer are lost: Redis is asked no longer than that. */
const lateMs = 50;
const epoch = 1;
const letters: Record<string, Verdict> = { A: 'admit', S: 'sold_out', T: 'try', C: 'cold' };

const uncounted = { inc: () => undefined, labels: () => ({ inc: () => undefined }) };
const metrics = {
  redisDecrementsTotal: uncounted,
  redisDecrementsFailed: uncounted,
  gateVerdictsTotal: uncounted,
} as unknown as Parameters<typeof createSeatGate>[0]['metrics'];

/** One Redis for all processes of a world: it loses what it pleases, and everything from time to time. */
export class RedisModel {
  readonly #world: World;
  readonly #gates = new Map<number, GateModel>();
  readonly #listeners = new Map<OpenSeatGate, () => boolean>();

  constructor(world: World) {
    this.#world = world;
  }

  /** All keys are gone. */
  flush(): void {
    this.#gates.clear();
  }

  /** What one process tells the others of cabins, each of whom may miss it. */
  publish(from: OpenSeatGate, truths: SeatTruth[]): void {
    const updates = seatUpdates(truths);
    for (const [gate, isAlive] of this.#listeners) {
      if (gate === from) continue;
      this.#send(() => {
        if (isAlive()) gate.learn(updates);
      });
    }
  }

  /** The gate of one process: the real one, on this Redis. */
  gateOf(clock: Clock, isAlive: () => boolean): OpenSeatGate {
    const { recorder, cabins } = this.#world;
    // Its only reading: rows of cabins that Redis has lost.
    const query = async ({ values: [flightIds] }: { values: [string[]] }) => ({
      rows: cabins
        .filter((each) => flightIds.includes(each.flightId))
        .map((each) => recorder.model.record.truthOf(each)),
    });
    const gate = createSeatGate({
      known: new KnownSeats(clock),
      redis: this.#redis(),
      pool: { query } as unknown as Pool,
      clock,
      metrics,
      report: () => '',
    });
    this.#listeners.set(gate, isAlive);
    return gate;
  }

  #redis(): RedisGate {
    const { scheduler } = this.#world;
    const gateOf = (cabinId: number): GateModel => {
      let gate = this.#gates.get(cabinId);
      if (!gate) {
        gate = new GateModel();
        this.#gates.set(cabinId, gate);
      }
      return gate;
    };
    return {
      isAway: () => false,
      admit: (asked) =>
        new Promise((resolve) => {
          const isSent = this.#send(() => {
            const value = asked.map(({ cabinId, quantities }): Admission => {
              const { letters: said, version, free } = gateOf(cabinId).admit(epoch, quantities, scheduler.now);
              return { verdicts: Array.from(said, (letter) => letters[letter] as Verdict), version, free };
            });
            resolve({ kind: 'answered', value });
          });
          if (!isSent) scheduler.after(lateMs, () => resolve({ kind: 'failed' }));
        }),
      settle: async (truths) => {
        this.#send(() => {
          for (const { cabinId, version, available, state, disproved } of truths) {
            gateOf(cabinId).settle(epoch, version, available, state, scheduler.now, disproved);
          }
        });
        return [];
      },
    };
  }

  /** Answers whether it was sent; what is lost nobody is told. */
  #send(arrive: () => void): boolean {
    const { random, scheduler, weather, isCalm } = this.#world;
    if (!isCalm && random.chance(weather.redisLossRate)) return false;
    scheduler.after(random.pick([0, 0, 1, random.below(lateMs)]), arrive);
    return true;
  }
}
