import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { dateIn, flightInput } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('what an operator does with flights', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await scene.close();
  });
  const flights = () => scene.operator.trpc.admin.flights;
  const economy = (change: { capacity?: number; price?: { amount: number; currency: string } }) => ({
    cabins: [{ cabin: 'economy' as const, ...change }],
  });

  it('[FLIGHT-1] creates a flight once per id, with its times through the zones', async () => {
    const input = flightInput({ seats: 7 });
    const [first, again] = await Promise.all([flights().create.mutate(input), flights().create.mutate(input)]);
    expect(again).toEqual(first);
    expect(first).toMatchObject({
      id: input.id,
      state: 'open',
      version: 1,
      durationMinutes: 420,
      cabins: [{ cabin: 'economy', capacity: 7, available: 7, held: 0, sold: 0, version: 1 }],
    });
    expect(await failureOf(flights().create.mutate({ ...input, number: '1' }))).toMatchObject({
      code: 'REQUEST_ID_REUSED',
    });
    expect(await scene.guest.trpc.flights.get.query({ flightId: first.id })).toMatchObject({ id: first.id });
  });

  it('[FLIGHT-2] refuses what cannot fly, naming the field', async () => {
    const bad = async (change: Parameters<typeof flightInput>[0]) => {
      const failure = await failureOf(flights().create.mutate(flightInput(change)));
      return failure.code === 'INVALID_INPUT' ? failure.details.issues[0]?.path.join('.') : failure.code;
    };
    expect(await bad({ origin: 'QQQ' })).toBe('origin');
    expect(await bad({ origin: 'NYC' })).toBe('origin');
    expect(await bad({ destination: 'JFK' })).toBe('destination');
    expect(await bad({ arrivesAt: `${dateIn(30)}T13:00` })).toBe('arrivesAt');
    expect(await bad({ departsAt: '2026-02-30T10:00' })).toBe('departsAt');
    expect(await bad({ carrier: '12' })).toBe('carrier');
    expect(await bad({ number: '12345' })).toBe('number');
    expect(await bad({ seats: -1 })).toBe('cabins.0.capacity');
    expect(await bad({ price: 0.5 })).toBe('cabins.0.price.amount');
    const { rows } = await scene.db.query(`select count(*)::int as n from flight where origin = 'QQQ'`);
    expect(rows[0]).toEqual({ n: 0 });
  });

  it('[FLIGHT-3] two edits of one version: one wins, the other is told', async () => {
    const flight = await scene.flight();
    const edit = (amount: number) =>
      flights().update.mutate({
        flightId: flight.id,
        expectedVersion: flight.version,
        ...economy({ price: { amount, currency: 'USD' } }),
      });
    const answers = await Promise.allSettled([edit(1), edit(2), edit(3), edit(4)]);
    const won = answers.filter((each) => each.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const each of answers) {
      if (each.status === 'fulfilled') continue;
      expect(await failureOf(Promise.reject(each.reason))).toMatchObject({
        code: 'VERSION_CONFLICT',
        details: { expected: 1, actual: 2 },
      });
    }
    const now = await scene.guest.trpc.flights.get.query({ flightId: flight.id });
    expect(now.version).toBe(2);
    expect(now.cabins[0]?.price.amount).toBe(
      won[0]?.status === 'fulfilled' ? won[0].value.cabins[0]?.price.amount : -1,
    );
  });

  it('[FLIGHT-3] an edit of a version that is gone is refused', async () => {
    const flight = await scene.flight();
    const edit = (expectedVersion: number) =>
      flights().update.mutate({ flightId: flight.id, expectedVersion, ...economy({ capacity: 7 + expectedVersion }) });
    await edit(1);
    expect(await failureOf(edit(1))).toMatchObject({ code: 'VERSION_CONFLICT', details: { expected: 1, actual: 2 } });
    expect(await edit(2)).toMatchObject({ version: 3 });
    expect(await failureOf(flights().remove.mutate({ flightId: flight.id, expectedVersion: 2 }))).toMatchObject({
      code: 'VERSION_CONFLICT',
      details: { expected: 2, actual: 3 },
    });
  });

  it('[FLIGHT-4] selling does not raise the flight\u2019s version, so it cannot spoil an edit', async () => {
    const flight = await scene.flight({ seats: 9 });
    await scene.hold(flight.id);
    const edited = await flights().update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      ...economy({ capacity: 20 }),
    });
    expect(edited).toMatchObject({ version: 2, cabins: [{ capacity: 20, available: 19, held: 1, version: 3 }] });
  });

  it('[FLIGHT-5] capacity below what is sold breaks nothing, and freed seats are not sold again', async () => {
    const flight = await scene.flight({ seats: 5 });
    const holds = await Promise.all([1, 2, 3].map(() => scene.hold(flight.id)));
    const cut = await flights().update.mutate({ flightId: flight.id, expectedVersion: 1, ...economy({ capacity: 1 }) });
    expect(cut.cabins[0]).toMatchObject({ capacity: 1, available: 0, held: 3 });
    await scene.guest.trpc.booking.cancel.mutate({ id: holds[0]?.id as string });
    expect(await failureOf(scene.hold(flight.id))).toMatchObject({ code: 'SOLD_OUT', details: { available: 0 } });
    await Promise.all(holds.slice(1).map(({ id }) => scene.guest.trpc.booking.cancel.mutate({ id })));
    expect(await scene.hold(flight.id)).toMatchObject({ status: 'held' });
    expect(await failureOf(scene.hold(flight.id))).toMatchObject({ code: 'SOLD_OUT' });
  });

  it('[FLIGHT-6] new times move the departure that selling looks at', async () => {
    const flight = await scene.flight();
    await flights().update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      departsAt: `${dateIn(-1)}T10:00`,
      arrivesAt: `${dateIn(-1)}T22:00`,
    });
    expect(await failureOf(scene.hold(flight.id))).toMatchObject({ code: 'CLOSED' });
  });

  it('[FLIGHT-7] a flight that nobody touched is deleted; a sold one is cancelled and everybody gets the money back', async () => {
    const untouched = await scene.flight();
    expect(await flights().previewRemoval.query({ flightId: untouched.id })).toMatchObject({ wouldDelete: true });
    expect(await flights().remove.mutate({ flightId: untouched.id, expectedVersion: 1 })).toMatchObject({
      deleted: true,
    });
    expect(await failureOf(scene.guest.trpc.flights.get.query({ flightId: untouched.id }))).toMatchObject({
      code: 'NOT_FOUND',
    });

    const flight = await scene.flight({ seats: 9 });
    const [held, paying, confirmed] = await Promise.all([1, 2, 3].map(() => scene.hold(flight.id)));
    for (const booking of [paying, confirmed]) await scene.guest.trpc.booking.pay.mutate({ id: booking?.id as string });
    await scene.deliver({ bookingId: confirmed?.id as string });
    expect(await flights().previewRemoval.query({ flightId: flight.id })).toEqual({
      bookings: { held: 1, paying: 1, confirmed: 1 },
      refunds: [{ amount: 45_000, currency: 'USD' }],
      wouldDelete: false,
    });
    expect(await failureOf(flights().remove.mutate({ flightId: flight.id, expectedVersion: 9 }))).toMatchObject({
      code: 'VERSION_CONFLICT',
    });
    expect(await flights().remove.mutate({ flightId: flight.id, expectedVersion: 1 })).toMatchObject({
      deleted: false,
      state: 'cancelled',
    });
    expect(await failureOf(scene.hold(flight.id))).toMatchObject({ code: 'CLOSED' });
    await scene.reaches(held?.id as string, 'cancelled');
    await scene.reaches(confirmed?.id as string, 'refunded');
    // One that was being paid for is met when its money arrives.
    await scene.deliver({ bookingId: paying?.id as string });
    await scene.reaches(paying?.id as string, 'refunded');
    const { rows } = await scene.db.query('select held, sold from cabin where flight_id = $1', [flight.id]);
    expect(rows[0]).toEqual({ held: 0, sold: 0 });
  });

  it('[FLIGHT-8] lists flights with their counters, page by page', async () => {
    const date = dateIn(90);
    const made = [];
    for (const hour of ['08', '10', '12', '14', '16']) {
      const times = { departsAt: `${date}T${hour}:00`, arrivesAt: `${date}T23:00` };
      made.push(await scene.flight({ origin: 'LHR', destination: 'CDG', ...times }));
    }
    const first = await flights().list.query({ origin: 'LON', destination: 'PAR', date, limit: 3 });
    const second = await flights().list.query({
      origin: 'LON',
      destination: 'PAR',
      date,
      limit: 3,
      cursor: first.nextCursor,
    });
    expect([...first.flights, ...second.flights].map((each) => each.id)).toEqual(made.map((each) => each.id));
    expect(second.nextCursor).toBeNull();
    expect(first.flights[0]?.cabins[0]).toMatchObject({ held: 0, sold: 0, targetCapacity: 10 });
  });

  it('[SEAT-2] the audit finds what does not add up', async () => {
    const flight = await scene.flight({ seats: 9 });
    await scene.hold(flight.id);
    await scene.db.query('update cabin set held = held + 1 where flight_id = $1', [flight.id]);
    expect(await scene.operator.trpc.admin.seats.audit.query({ flightId: flight.id })).toEqual({
      checked: 1,
      drift: 1,
      disagreements: [
        {
          flightId: flight.id,
          cabin: 'economy',
          version: 2,
          counters: { held: 2, sold: 0 },
          ledger: { held: 1, sold: 0 },
          bookings: { held: 1, sold: 0 },
        },
      ],
    });
    await scene.operator.trpc.admin.seats.audit.query();
    const metrics = async () => (await fetch(`${scene.server.url}/metrics`)).text();
    expect(await metrics()).toContain('seat_drift_cabins 1');
    await scene.db.query('update cabin set held = held - 1 where flight_id = $1', [flight.id]);
    await scene.operator.trpc.admin.seats.audit.query();
    expect(await metrics()).toContain('seat_drift_cabins 0');
    expect(await scene.operator.trpc.admin.seats.audit.query({ flightId: newId() })).toMatchObject({
      checked: 0,
      drift: 0,
    });
  });

  it('[FLIGHT-9] removing a flight and holding its first seat at once: one of them wins, whole', async () => {
    for (let round = 0; round < 10; round++) {
      const flight = await scene.flight();
      const guest = await connectGuest(scene.server.url);
      const [held, removed] = await Promise.allSettled([
        scene.hold(flight.id, 1, guest),
        flights().remove.mutate({ flightId: flight.id, expectedVersion: 1 }),
      ]);
      if (held.status === 'fulfilled') {
        expect(removed).toMatchObject({ status: 'fulfilled', value: { deleted: false } });
      } else {
        expect(['NOT_FOUND', 'CLOSED']).toContain((await failureOf(Promise.reject(held.reason))).code);
      }
      await guest.close();
    }
  });
});
