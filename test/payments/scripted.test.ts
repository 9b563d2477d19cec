import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MockGateway } from '../../server/domain/payments/mock-gateway.ts';
import { scriptOf } from '../../server/domain/payments/mock-script.ts';
import { newId } from '../../shared/ids.ts';
import { eventually, openTill, startGateway, type Till } from './open-till.ts';
import { PatientClock } from './patient-clock.ts';

describe('what the mock gateway can be told to do, against a real server', () => {
  let gateway: MockGateway;
  let till: Till;
  beforeAll(async () => {
    gateway = await startGateway();
    till = await openTill(gateway);
  });
  afterAll(async () => {
    await till.expectMoneyToAddUp();
    expect(await till.drift()).toBe(0);
    await till.close();
    await gateway.close();
  });

  const get = (id: string) => till.guest.trpc.booking.get.query({ id });
  const eventsOf = async (bookingId: string) => {
    const { rows } = await till.db.query<{ type: string }>(
      `select e.type from payment_event e join payment p on p.id = e.payment_id where p.booking_id = $1 order by e.type`,
      [bookingId],
    );
    return rows.map((row) => row.type);
  };
  const atRest = () => eventually(gateway.pending).toBe(0);

  it.each([
    ['approve', 'confirmed', 45_000],
    ['decline', 'failed', 0],
    ['early', 'confirmed', 45_000],
    ['anything else', 'confirmed', 45_000],
  ] as const)('[PAY-8] %s ends %s', async (method, status, captured) => {
    const { id } = await till.buy(method.replace(' ', '-'));
    await till.reaches(id, status);
    await atRest();
    expect(await till.atGateway(id)).toMatchObject({ captured, refunded: 0 });
    expect(await till.payment(id)).toMatchObject({ status: captured ? 'succeeded' : 'failed', isDue: false });
  });

  it('[PAY-8] duplicate: three deliveries, two of them at once, are one effect', async () => {
    const { id, version } = await till.buy('duplicate');
    await till.reaches(id, 'confirmed');
    await atRest();
    expect(await eventsOf(id)).toEqual(['payment.succeeded']);
    expect((await get(id)).version).toBe(version + 1);
  });

  it('[PAY-8] reordered: what contradicts a success afterwards changes nothing', async () => {
    const { id, version } = await till.buy('reordered');
    await till.reaches(id, 'confirmed');
    await atRest();
    expect(await eventsOf(id)).toEqual(['payment.authorised', 'payment.failed', 'payment.succeeded']);
    expect(await get(id)).toMatchObject({ status: 'confirmed', version: version + 1 });
    expect(await till.payment(id)).toMatchObject({ status: 'succeeded', isDue: false });
  });

  it('[PAY-8] [PAY-9] lost: the callback never comes, asking finds the money', async () => {
    const { id } = await till.buy('lost');
    await eventually(async () => (await till.atGateway(id))?.captured).toBe(45_000);
    await atRest();
    expect(await get(id)).toMatchObject({ status: 'paying' });
    await till.due(id);
    await till.reaches(id, 'confirmed');
    // It was asked, and not charged again.
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000 });
  });

  it('[PAY-8] [PAY-9] timeout: nothing is decided before it is looked at', async () => {
    const { id } = await till.buy('timeout');
    await eventually(() => till.atGateway(id)).toMatchObject({ status: 'pending', captured: 0 });
    await till.due(id);
    await till.reaches(id, 'confirmed');
    expect(await till.atGateway(id)).toMatchObject({ status: 'succeeded' });
  });

  it('[PAY-8] [PAY-10] authorise: the promise confirms, then the money is collected', async () => {
    const { id } = await till.buy('authorise');
    await till.reaches(id, 'confirmed');
    await eventually(() => till.payment(id)).toMatchObject({ status: 'succeeded', isDue: false });
    await atRest();
    expect(await till.atGateway(id)).toMatchObject({ status: 'succeeded', captured: 45_000 });
    expect(await eventsOf(id)).toEqual(['payment.authorised', 'payment.succeeded']);
  });

  it('[PAY-8] [PAY-13] flaky: a 500 that had its effect is repeated without a second one', async () => {
    const { id } = await till.buy('flaky');
    await eventually(() => till.payment(id)).toMatchObject({ status: 'pending', calls: 1 });
    expect(await till.atGateway(id)).toBeUndefined();
    // Not known there: it is given again.
    await till.due(id);
    await till.reaches(id, 'confirmed');
    const { quoteId } = await till.guest.trpc.booking.cancelQuote.query({ id });
    await till.guest.trpc.booking.cancel.mutate({ id, quoteId });
    await eventually(() => till.atGateway(id)).toMatchObject({ refunded: 45_000 });
    expect(await get(id)).toMatchObject({ status: 'refund_pending' });
    await till.due(id);
    await till.reaches(id, 'refunded');
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 45_000 });
  });

  it('[PAY-8] without a script the outcome is drawn from the id, always the same, at the rate asked for', () => {
    const draws = Array.from({ length: 4_000 }, () => ({ id: newId(), method: null }));
    const outcomes = draws.map((draw) => scriptOf(draw, 0.75).outcome);
    expect(draws.map((draw) => scriptOf(draw, 0.75).outcome)).toEqual(outcomes);
    const share = outcomes.filter((outcome) => outcome === 'succeeded').length / draws.length;
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
    expect(draws.every((draw) => scriptOf(draw, 1).outcome === 'succeeded')).toBe(true);
    expect(draws.every((draw) => scriptOf(draw, 0).outcome === 'failed')).toBe(true);
  });
});

describe('a gateway that takes its time', () => {
  let clock: PatientClock;
  let gateway: MockGateway;
  let till: Till;
  beforeAll(async () => {
    clock = new PatientClock();
    gateway = await startGateway({ clock, minDelayMs: 1_000, maxDelayMs: 1_000 });
    till = await openTill(gateway);
  });
  afterAll(async () => {
    await till.expectMoneyToAddUp();
    expect(await till.drift()).toBe(0);
    await till.close();
    await gateway.close();
  });

  /** Pays for the only seat of a flight, and lets the hold run out before the gateway has decided. */
  const outrun = async (method: string, isSeatTaken: boolean) => {
    const flight = await till.flight({ seats: 1 });
    const { id } = await till.buy(method, flight.id);
    await eventually(gateway.pending).toBe(1);
    await till.overdue(id);
    await till.reaches(id, 'expired');
    if (isSeatTaken) await till.hold(flight.id);
    return id;
  };

  it('[PAY-8] late: money that comes after the hold takes the seats again', async () => {
    const id = await outrun('late-3600', false);
    clock.advance(3_599_000);
    expect(await till.atGateway(id)).toMatchObject({ status: 'pending' });
    clock.advance(1_000);
    expect(await till.reaches(id, 'confirmed')).toMatchObject({ reason: expect.stringContaining('came late') });
  });

  it('[PAY-8] late: where the seats are gone it goes back', async () => {
    const id = await outrun('late-5s', true);
    clock.advance(5_000);
    await till.reaches(id, 'refunded');
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 45_000 });
  });

  it('[PAY-10] an authorisation that comes too late is given up, and nothing is ever collected', async () => {
    const id = await outrun('authorise', true);
    clock.advance(1_000);
    await eventually(() => till.payment(id)).toMatchObject({ status: 'voided', isDue: false });
    expect(await till.atGateway(id)).toMatchObject({ status: 'voided', captured: 0, refunded: 0 });
    expect(await till.guest.trpc.booking.get.query({ id })).toMatchObject({ status: 'expired' });
  });

  it('[PAY-9] a payment that the provider has not decided stays as it is, and is asked for again', async () => {
    const { id } = await till.buy('late-1000000');
    await eventually(gateway.pending).toBe(1);
    await till.due(id);
    await eventually(() => till.payment(id)).toMatchObject({ status: 'pending', calls: 2, isDue: true });
    expect(await till.guest.trpc.booking.get.query({ id })).toMatchObject({ status: 'paying' });
  });
});
