import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { HoldMember } from '../../server/domain/booking/booking-store.ts';
import { openBookingStore } from '../../server/domain/booking/postgres-booking-store.ts';
import { newId } from '../../shared/ids.ts';
import { BookingIds, countIn } from './booking-ids.ts';
import { cpuOf, type Load, monotonicUs, runUpMs } from './load-generator.ts';
import { type Acknowledged, flightsOnSale, type LoadPlan, type RoundPlan, type RoundResult } from './load-plan.ts';

/** Calls the record itself, one batch after another on one connection: what is left when nothing is in the way. */
export class StoreLoad implements Load {
  readonly #plan: LoadPlan;
  readonly #batch: number;
  readonly #pool: pg.Pool;
  readonly #store: ReturnType<typeof openBookingStore>;
  readonly #ids = new BookingIds();
  readonly #actor = newId();
  #flightId = '';
  #rounds = 0;
  readonly #total: Acknowledged = { held: 0, heldIdSum: 0, sold: 0, soldIdSum: 0, soldOut: 0, unanswered: 0 };

  constructor(plan: LoadPlan) {
    const { databaseUrl, batch } = plan.work.store as { databaseUrl: string; batch: number };
    this.#plan = plan;
    this.#batch = batch;
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    this.#pool.on('error', () => undefined);
    this.#store = openBookingStore(this.#pool, databaseUrl);
  }

  async open(): Promise<void> {
    await this.#pool.query('select 1');
  }

  async run(round: RoundPlan): Promise<RoundResult> {
    const latency = createHistogram();
    this.#flightId = flightsOnSale(this.#plan.work, this.#rounds++)[0] as string;
    let held = 0;
    let stopping = false;
    const loop = (async () => {
      while (!stopping) {
        const calledAt = performance.now();
        const members = Array.from({ length: this.#batch }, () => this.#member());
        const { outcomes } = await this.#store.hold(newId(), members);
        outcomes.forEach(({ kind }, place) => {
          if (kind !== 'held') throw new Error(`a hold ended as ${kind}`);
          this.#total.held++;
          this.#total.heldIdSum += countIn((members[place] as HoldMember).id);
        });
        held += outcomes.length;
        latency.record(Math.max(1, Math.round((performance.now() - calledAt) * 1_000)));
      }
    })();
    await Promise.race([loop, sleep(runUpMs(round))]);
    latency.reset();
    held = 0;
    const before = cpuOf(round.watch);
    const startedAt = performance.now();
    const startedUs = monotonicUs();
    await Promise.race([loop, sleep(round.seconds * 1_000)]);
    const ok = held;
    const seconds = (performance.now() - startedAt) / 1_000;
    const endedUs = monotonicUs();
    const after = cpuOf(round.watch);
    stopping = true;
    await loop;
    return {
      seconds,
      ok,
      soldOut: 0,
      errors: {},
      skipped: 0,
      p50Ms: latency.percentile(50) / 1_000,
      p99Ms: latency.percentile(99) / 1_000,
      maxMs: latency.max / 1_000,
      cpu: Object.fromEntries(
        Object.keys(after).map((name) => [name, (after[name] as number) - (before[name] as number)]),
      ),
      windowUs: [startedUs, endedUs],
    };
  }

  total(): Acknowledged {
    return { ...this.#total };
  }

  #member(): HoldMember {
    return {
      id: this.#ids.next(),
      actor: this.#actor,
      bodyHash: '00'.repeat(32),
      seats: 1,
      legs: [{ flightId: this.#flightId, cabin: 'economy' }],
      passengers: [],
      contact: null,
      expected: null,
      ttlSeconds: 86_400,
    };
  }
}
