import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HoldMember, HoldOutcome } from '../../server/domain/booking/booking-store.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { openLanes } from '../support/lanes.ts';
import { openScene, type Scene } from '../support/scene.ts';

const seats = 5;
const buyers = 12;

/** The line of the function that decides. Without it a hold takes seats that are not there. */
const guard = 'if free[k] < p_seats[member] then';

describe('many buyers for few seats', () => {
  let scene: Scene;
  let pool: pg.Pool;
  let flightId: string;

  beforeAll(async () => {
    scene = await openScene();
    pool = new pg.Pool({ connectionString: scene.server.engines.databaseUrl, max: buyers });
  });
  afterAll(async () => {
    await pool.end();
    await scene.close();
  });
  beforeEach(async () => {
    flightId = (await scene.flight({ seats })).id;
  });

  /** Cuts the guard out of the function, for as long as `body` runs. */
  async function withoutGuard<T>(body: () => Promise<T>): Promise<T> {
    const { rows } = await pool.query<{ source: string }>(
      `select pg_get_functiondef(oid) as source from pg_proc where proname = 'hold_together'`,
    );
    const source = rows[0]?.source as string;
    expect(source).toContain(guard);
    await pool.query(source.replace(guard, 'if false then'));
    try {
      return await body();
    } finally {
      await pool.query(source);
    }
  }

  /**
   * Twelve buyers through as many lanes as there would be processes: all wait
   * before their call when the first of them may go on.
   */
  async function race(lanes: number): Promise<PromiseSettledResult<HoldOutcome>[]> {
    const all = Array.from({ length: lanes }, () => openLanes(pool, scene.server.engines.databaseUrl));
    let waiting = 0;
    let open = () => {};
    const everybodyIsHere = new Promise<void>((resolve) => {
      open = resolve;
    });
    const disarm = armPausePoint('lane.hold.before-call', () => {
      if (++waiting >= lanes) open();
      return everybodyIsHere;
    });
    const member = (): HoldMember => ({
      id: newId(),
      actor: newId(),
      bodyHash: '00'.repeat(32),
      seats: 1,
      passengers: [],
      contact: null,
      legs: [{ flightId, cabin: 'economy' }],
      expected: null,
      ttlSeconds: 900,
    });
    const outcomes = await Promise.allSettled(
      Array.from(
        { length: buyers },
        (_, place) => all[place % lanes]?.lanes.hold.send(member()) as Promise<HoldOutcome>,
      ),
    );
    disarm();
    await Promise.all(all.map((each) => each.close()));
    return outcomes;
  }

  const countHeld = (outcomes: PromiseSettledResult<HoldOutcome>[]) =>
    outcomes.filter((each) => each.status === 'fulfilled' && each.value.kind === 'held').length;

  it.each([1, 4, buyers])(
    '[SEAT-1] control experiment, %i lanes: with both guards off, seats are sold that do not exist',
    async (lanes) => {
      await pool.query('alter table cabin drop constraint cabin_no_overbooking_ck');
      try {
        const outcomes = await withoutGuard(() => race(lanes));
        expect(countHeld(outcomes)).toBe(buyers);
        const { rows } = await pool.query('select held, target_capacity from cabin where flight_id = $1', [flightId]);
        expect(rows[0]).toEqual({ held: buyers, target_capacity: seats });
      } finally {
        await pool.query('update cabin set capacity = greatest(capacity, held + sold) where flight_id = $1', [
          flightId,
        ]);
        await pool.query('alter table cabin add constraint cabin_no_overbooking_ck check ((held + sold) <= capacity)');
      }
    },
  );

  it.each([1, 4, buyers])('[SEAT-1] %i lanes: the CHECK alone stops it', async (lanes) => {
    const outcomes = await withoutGuard(() => race(lanes));
    expect(countHeld(outcomes)).toBe(seats);
    expect(outcomes.filter((each) => each.status === 'rejected')).toHaveLength(buyers - seats);
  });

  it.each([1, 4, buyers])(
    '[SEAT-1] %i lanes: with the guard on, exactly the seats that exist are held, and the rest is told so',
    async (lanes) => {
      const outcomes = await race(lanes);
      expect(countHeld(outcomes)).toBe(seats);
      const refused = outcomes.filter((each) => each.status === 'fulfilled' && each.value.kind === 'refused');
      expect(refused).toHaveLength(buyers - seats);
      expect(await scene.cabin(flightId)).toMatchObject({ available: 0, capacity: seats });
      expect(await scene.operator.trpc.admin.seats.audit.query({ flightId })).toMatchObject({ checked: 1, drift: 0 });
    },
  );

  it('[SEAT-1] the same over sockets: forty buyers, five seats', async () => {
    const guests = await Promise.all(Array.from({ length: 40 }, () => connectGuest(scene.server.url)));
    const answers = await Promise.all(
      guests.map((guest) =>
        scene.hold(flightId, 1, guest).then(
          () => 'held',
          (error) => failureOf(Promise.reject(error)).then((failure) => failure.code),
        ),
      ),
    );
    await Promise.all(guests.map((guest) => guest.close()));
    expect(answers.filter((each) => each === 'held')).toHaveLength(seats);
    expect(answers.filter((each) => each === 'SOLD_OUT')).toHaveLength(40 - seats);
    expect(await scene.operator.trpc.admin.seats.audit.query({ flightId })).toMatchObject({ drift: 0 });
  });
});
