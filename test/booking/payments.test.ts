import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('payments, early, late, twice and never', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await scene.close();
  });

  const held = async (seats = 3) => {
    const flight = await scene.flight({ seats });
    return { flight, booking: await scene.hold(flight.id) };
  };
  const paying = async (seats = 3) => {
    const { flight, booking } = await held(seats);
    return { flight, booking: await scene.guest.trpc.booking.pay.mutate({ id: booking.id }) };
  };
  const get = (id: string) => scene.guest.trpc.booking.get.query({ id });

  /** Captured minus refunded, and the price of what is confirmed: equal at rest, but for penalties kept. */
  const money = async (bookingId: string) => {
    const { rows } = await scene.db.query<{ captured: number; refunded: number; confirmed: number }>(
      `select coalesce((select sum(amount) from payment where booking_id = b.id and status = 'succeeded'), 0)::float8 as captured,
         coalesce((select sum(amount) from refund where booking_id = b.id and status = 'succeeded'), 0)::float8 as refunded,
         case when b.status = 'confirmed' then price_amount else 0 end::float8 as confirmed
       from booking b where id = $1`,
      [bookingId],
    );
    return rows[0] as { captured: number; refunded: number; confirmed: number };
  };

  it('[PAY-1] pays once, however often it is asked to', async () => {
    const { booking } = await held();
    const views = await Promise.all(
      Array.from({ length: 8 }, () => scene.guest.trpc.booking.pay.mutate({ id: booking.id })),
    );
    expect(new Set(views.map((view) => view.locator)).size).toBe(1);
    const { rows } = await scene.db.query('select count(*)::int as n from payment where booking_id = $1', [booking.id]);
    expect(rows[0]).toEqual({ n: 1 });
  });

  it('[PAY-2] one event delivered twenty times at once has one effect', async () => {
    const { flight, booking } = await paying();
    const event = { id: newId(), bookingId: booking.id };
    const statuses = await Promise.all(Array.from({ length: 20 }, () => scene.deliver(event)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await get(booking.id)).toMatchObject({ status: 'confirmed', version: booking.version + 1 });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 2 });
    expect(await money(booking.id)).toEqual({ captured: 45_000, refunded: 0, confirmed: 45_000 });
  });

  it('[PAY-3] success wins over failure, in either order', async () => {
    const first = await paying();
    await scene.deliver({ bookingId: first.booking.id, type: 'payment.succeeded' });
    await scene.deliver({ bookingId: first.booking.id, type: 'payment.failed' });
    expect(await get(first.booking.id)).toMatchObject({ status: 'confirmed' });

    const second = await paying();
    await scene.deliver({ bookingId: second.booking.id, type: 'payment.failed' });
    expect(await get(second.booking.id)).toMatchObject({ status: 'failed', reason: 'The payment was declined.' });
    expect(await scene.cabin(second.flight.id)).toMatchObject({ available: 3 });
    await scene.deliver({ bookingId: second.booking.id, type: 'payment.succeeded' });
    expect(await get(second.booking.id)).toMatchObject({ status: 'confirmed' });
    expect(await scene.cabin(second.flight.id)).toMatchObject({ available: 2 });
  });

  it('[PAY-4] a late payment takes the seats again when they are still free', async () => {
    const { flight, booking } = await paying(1);
    await scene.overdue(booking.id);
    await scene.reaches(booking.id, 'expired');
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 1 });
    await scene.deliver({ bookingId: booking.id });
    expect(await get(booking.id)).toMatchObject({ status: 'confirmed', reason: expect.stringContaining('came late') });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 0 });
  });

  it('[PAY-4] a late payment goes back when the seats are gone', async () => {
    const { flight, booking } = await paying(1);
    await scene.overdue(booking.id);
    // Nobody waits for the sweeper: the next buyer's hold ends this one.
    await expect
      .poll(() =>
        scene.hold(flight.id).then(
          ({ status }) => status,
          () => 'refused',
        ),
      )
      .toBe('held');
    await scene.deliver({ bookingId: booking.id });
    expect(await scene.reaches(booking.id, 'refunded')).toMatchObject({
      refund: { status: 'succeeded', amount: { amount: 45_000, currency: 'USD' } },
    });
    expect(await money(booking.id)).toEqual({ captured: 45_000, refunded: 45_000, confirmed: 0 });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 0 });
  });

  it('[PAY-4] a hold past its deadline cannot be paid, but one whose payment came before somebody said so is kept', async () => {
    const { booking } = await held();
    await scene.overdue(booking.id);
    expect(await failureOf(scene.guest.trpc.booking.pay.mutate({ id: booking.id }))).toMatchObject({
      code: 'HOLD_EXPIRED',
    });
    expect(await get(booking.id)).toMatchObject({ status: 'expired', availableActions: ['rehold'] });
  });

  it('[PAY-5] a second payment of a booking is given back and changes nothing else', async () => {
    const { booking } = await paying();
    await scene.deliver({ bookingId: booking.id });
    expect(await scene.deliver({ bookingId: booking.id, paymentId: newId() })).toBe(200);
    await expect.poll(() => money(booking.id)).toEqual({ captured: 90_000, refunded: 45_000, confirmed: 45_000 });
    expect(await get(booking.id)).toMatchObject({ status: 'confirmed' });
  });

  it('[PAY-5] money that comes for a cancelled hold goes back', async () => {
    const { booking } = await held();
    await scene.guest.trpc.booking.cancel.mutate({ id: booking.id });
    await scene.deliver({ bookingId: booking.id });
    await scene.reaches(booking.id, 'refunded');
    expect(await money(booking.id)).toEqual({ captured: 45_000, refunded: 45_000, confirmed: 0 });
  });

  it('[PAY-6] only signed, fresh and fitting events are believed', async () => {
    const { booking } = await paying();
    const event = { bookingId: booking.id };
    expect(await scene.deliver(event, { secret: 'somebody else' })).toBe(401);
    expect(await scene.deliver(event, { header: 'nonsense' })).toBe(401);
    expect(await scene.deliver(event, { atMs: Date.now() - 301_000 })).toBe(401);
    expect(await scene.deliver(event, { body: '{"half":' })).toBe(400);
    expect(await scene.deliver({ ...event, amount: 1 })).toBe(400);
    expect(await scene.deliver({ ...event, currency: 'EUR' })).toBe(400);
    expect(await scene.deliver({ bookingId: newId() })).toBe(404);
    expect(await get(booking.id)).toMatchObject({ status: 'paying' });
    // The secret before the newest still verifies.
    expect(await scene.deliver(event, { secret: scene.server.engines.webhookSecrets[1] as string })).toBe(200);
    expect(await get(booking.id)).toMatchObject({ status: 'confirmed' });
  });

  it('[PAY-7] any order of success, failure, expiry and cancellation ends with the money right', async () => {
    const steps = ['succeed', 'fail', 'expire', 'cancel', 'succeed-again'] as const;
    // Every order of five steps: 120 bookings.
    const orders = permutations([...steps]);
    const flight = await scene.flight({ seats: 400 });
    await Promise.all(
      chunks(orders, 15).map(async (some) => {
        for (const order of some) {
          const booking = await scene.hold(flight.id);
          await scene.guest.trpc.booking.pay.mutate({ id: booking.id });
          const again = newId();
          for (const step of order) {
            if (step === 'succeed') expect(await scene.deliver({ bookingId: booking.id })).toBe(200);
            if (step === 'succeed-again')
              expect(await scene.deliver({ bookingId: booking.id, paymentId: again })).toBe(200);
            if (step === 'fail')
              expect(await scene.deliver({ bookingId: booking.id, type: 'payment.failed' })).toBe(200);
            if (step === 'expire') await scene.overdue(booking.id).then(() => get(booking.id));
            if (step === 'cancel')
              await scene.guest.trpc.booking.cancel.mutate({ id: booking.id }).catch(() => undefined);
          }
        }
      }),
    );
    const unsettled = async () => {
      const { rows } = await scene.db.query<{ n: number }>(
        `select count(*)::int as n from refund where status = 'pending'`,
      );
      return rows[0]?.n;
    };
    await expect.poll(unsettled, { timeout: 20_000 }).toBe(0);
    const { rows } = await scene.db.query<{ captured: number; refunded: number; confirmed: number }>(
      `select (select sum(amount) from payment where status = 'succeeded')::float8 as captured,
         (select coalesce(sum(amount), 0) from refund where status = 'succeeded')::float8 as refunded,
         (select coalesce(sum(price_amount), 0) from booking where status = 'confirmed')::float8 as confirmed`,
    );
    const total = rows[0] as { captured: number; refunded: number; confirmed: number };
    expect(total.captured - total.refunded).toBe(total.confirmed);
    expect(await scene.drift()).toBe(0);
  });
});

const permutations = <T>(items: T[]): T[][] =>
  items.length <= 1
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

const chunks = <T>(items: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
