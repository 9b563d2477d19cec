import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import type { BookingView, Passenger } from '../../shared/booking.ts';
import type { Fare } from '../../shared/fare.ts';
import type { OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const brands: Fare[] = [
  {
    brand: 'light',
    name: 'Light',
    addPercent: 0,
    refund: { rule: 'no' },
    change: { rule: 'no' },
    bags: { cabin: 1, checked: 0 },
  },
  {
    brand: 'flex',
    name: 'Flex',
    addPercent: 50,
    refund: { rule: 'fee', percent: 10 },
    change: { rule: 'free' },
    bags: { cabin: 2, checked: 1 },
  },
];
/** Of ten seats four at 100, four at 150, two at 200. */
const ladder = [
  { above: 6, amount: 10_000 },
  { above: 2, amount: 15_000 },
  { above: 0, amount: 20_000 },
];
const usd = (amount: number) => ({ amount, currency: 'USD' });
const minuteMs = 60_000;

describe('offers', () => {
  let scene: Scene;
  /** How far the server's clock is ahead. */
  let ahead = 0;
  beforeAll(async () => {
    scene = await openScene(silentGateway, { clock: { ...systemClock, now: () => Date.now() + ahead } });
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await scene.close();
  });

  const flightWith = (fares: { ladder?: typeof ladder; brands?: Fare[] }, price = 10_000, seats = 10) =>
    scene.flight({ cabins: [{ cabin: 'economy', capacity: seats, price: usd(price), fares }] });
  const legOf = (flight: { id: string }) => ({ flightId: flight.id, cabin: 'economy' as const });
  const offersOf = async (flights: { id: string }[], seats: number) =>
    (await scene.guest.trpc.offers.list.query({ legs: flights.map(legOf), seats })).offers;
  const priceNow = async (flight: { id: string }) => (await scene.cabin(flight.id)).price.amount;
  const setPrice = (flight: OperatorFlightView, amount: number, currency = 'USD', version = flight.version) =>
    scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: version,
      cabins: [{ cabin: 'economy', price: { amount, currency } }],
    });
  const hold = (input: Omit<Parameters<Scene['guest']['trpc']['booking']['hold']['mutate']>[0], 'id'>, id = newId()) =>
    scene.guest.trpc.booking.hold.mutate({ id, ...input });
  const later = async <T>(ms: number, run: () => Promise<T>): Promise<T> => {
    ahead = ms;
    try {
      return await run();
    } finally {
      ahead = 0;
    }
  };
  const differences = async (booking: { id: string }) => {
    const { rows } = await scene.db.query(
      `select stage, reason, was_amount::int as was, now_amount::int as now, charged_amount::int as charged
       from price_difference where booking_id = $1 order by stage desc`,
      [booking.id],
    );
    return rows;
  };
  const legSum = async ({ id }: BookingView) => {
    const { rows } = await scene.db.query<{ sum: number }>(
      'select sum(price_amount * quantity)::int as sum from booking_leg where booking_id = $1',
      [id],
    );
    return rows[0]?.sum;
  };

  it('[FARE-4] the price of a cabin with a ladder is its present step, whoever takes or gives back seats', async () => {
    const flight = await flightWith({ ladder });
    expect(flight.cabins[0]).toMatchObject({ price: usd(10_000), version: 1 });
    const first = await hold({ legs: [legOf(flight)], seats: 3 });
    expect([first.price.amount, await priceNow(flight)]).toEqual([30_000, 10_000]);
    const second = await hold({ legs: [legOf(flight)], seats: 1 });
    expect([second.price.amount, await priceNow(flight)]).toEqual([10_000, 15_000]);
    // Four of the second step are left: five must pay the third.
    const third = await hold({ legs: [legOf(flight)], seats: 5 });
    expect([third.price.amount, await priceNow(flight)]).toEqual([100_000, 20_000]);
    await scene.guest.trpc.booking.cancel.mutate({ id: third.id });
    expect(await priceNow(flight)).toBe(15_000);
    await scene.guest.trpc.booking.cancel.mutate({ id: first.id });
    expect(await priceNow(flight)).toBe(10_000);
    expect(await scene.guest.trpc.booking.get.query({ id: second.id })).toMatchObject({
      price: usd(10_000),
      fare: null,
    });
  });

  it('[FARE-4] the database keeps it so, and takes no ladder that is none', async () => {
    const flight = await flightWith({ ladder });
    const set = (change: string) => scene.db.query(`update cabin set ${change} where flight_id = $1`, [flight.id]);
    await set('price_amount = 1');
    expect(await priceNow(flight)).toBe(10_000);
    await set('target_capacity = 5');
    expect(await priceNow(flight)).toBe(15_000);
    for (const bad of ['{6,100,6,200,0,300}', '{6,100,2,100,0,300}', '{6,100,2,200}', '{6,100,2}', '{}', '{0,-1}']) {
      await expect(set(`ladder = '${bad}'`), bad).rejects.toMatchObject({ code: '23514' });
    }
  });

  it('[FARE-5] operators set ladders and brands; a price alone ends a ladder', async () => {
    const flight = await flightWith({ ladder, brands });
    const edit = (cabin: object, version: number) =>
      scene.operator.trpc.admin.flights.update.mutate({
        flightId: flight.id,
        expectedVersion: version,
        cabins: [{ cabin: 'economy', ...cabin }],
      });
    expect((await offersOf([flight], 2)).map((each) => [each.brand, each.price.amount])).toEqual([
      ['light', 20_000],
      ['flex', 30_000],
    ]);
    await edit({ fares: { ladder: [{ above: 0, amount: 7_000 }] } }, 1);
    expect(await priceNow(flight)).toBe(7_000);
    await edit({ price: usd(8_000) }, 2);
    await hold({ legs: [legOf(flight)], seats: 9 });
    expect(await priceNow(flight)).toBe(8_000);
    await edit({ fares: { brands: null } }, 3);
    expect(await offersOf([flight], 1)).toMatchObject([
      { brand: 'standard', conditions: { refund: { rule: 'house' } } },
    ]);
    // The same brands are one family.
    await flightWith({ brands });
    const { rows } = await scene.db.query('select count(*)::int as n from fare_family');
    expect(rows).toEqual([{ n: 1 }]);
    const bad = [
      { price: usd(1), fares: { ladder } },
      { fares: { ladder: ladder.slice(0, 2) } },
      { fares: { ladder: [...ladder].reverse() } },
      { fares: { brands: brands.slice(1) } },
      { fares: { brands: [...brands, ...brands] } },
    ];
    for (const cabin of bad) expect(await failureOf(edit(cabin, 4))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failureOf(flightWith({ ladder }, 9_999))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('[FARE-6] within its guarantee an offer holds at its price, whatever the cabin costs by now', async () => {
    const flight = await flightWith({ brands });
    const [light, flex] = await offersOf([flight], 2);
    await setPrice(flight, 14_000);
    // Without the promise the rise is charged.
    expect(await hold({ legs: [legOf(flight)], seats: 2 })).toMatchObject({ price: usd(28_000) });
    expect(await failureOf(hold({ legs: [legOf(flight)], seats: 2, expected: usd(20_000) }))).toMatchObject({
      code: 'PRICE_CHANGED',
    });
    const held = await hold({ offerToken: light?.offerToken as string });
    expect(held).toMatchObject({
      legs: [legOf(flight)],
      seats: 2,
      price: usd(20_000),
      priceGuaranteedUntil: light?.guaranteedUntil,
      fare: { brand: 'light', legs: [{ price: usd(10_000), conditions: { refund: { rule: 'no' } } }] },
    });
    expect(Date.parse(held.priceGuaranteedUntil)).toBeLessThan(Date.parse(held.holdExpiresAt));
    expect(await scene.guest.trpc.booking.get.query({ id: held.id })).toEqual(held);
    const dearer = await hold({ offerToken: flex?.offerToken as string, legs: [legOf(flight)], seats: 2 });
    expect(dearer.price).toEqual(usd(30_000));
    expect(await legSum(dearer)).toBe(30_000);
    expect(await differences(held)).toEqual([
      { stage: 'hold', reason: 'guaranteed', was: 20_000, now: 28_000, charged: 20_000 },
    ]);
    expect(await differences(dearer)).toMatchObject([{ was: 30_000, now: 42_000, charged: 30_000 }]);
    const paid = await scene.guest.trpc.booking.pay.mutate({ id: held.id });
    expect(paid.payment?.amount).toEqual(usd(20_000));
    const { entries } = await scene.guest.trpc.booking.timeline.query({ id: held.id });
    expect(entries.find((each) => each.kind === 'price')).toMatchObject({ was: usd(20_000), now: usd(28_000) });
  });

  it('[FARE-7] after it the same price is fine, and another one is told', async () => {
    const flight = await flightWith({ brands });
    const [, flex] = await offersOf([flight], 1);
    const offerToken = flex?.offerToken as string;
    await later(11 * minuteMs, async () => {
      expect(await hold({ offerToken })).toMatchObject({ price: usd(15_000), fare: { brand: 'flex' } });
      await setPrice(flight, 12_000);
      const id = newId();
      expect(await failureOf(hold({ offerToken }, id))).toMatchObject({
        code: 'PRICE_CHANGED',
        details: { was: usd(15_000), now: usd(18_000) },
      });
      const held = await hold({ offerToken, expected: usd(18_000) }, id);
      expect(held.price).toEqual(usd(18_000));
      expect(held.priceGuaranteedUntil).toBe(held.holdExpiresAt);
      expect(await differences(held)).toEqual([
        { stage: 'offer', reason: 'price_set', was: 15_000, now: 18_000, charged: 18_000 },
      ]);
      // A repeat is answered as the first call was, whatever it costs by then.
      await setPrice(flight, 13_000, 'USD', flight.version + 1);
      expect(await hold({ offerToken, expected: usd(18_000) }, id)).toEqual(held);
      expect(await failureOf(hold({ offerToken }, id))).toMatchObject({ code: 'REQUEST_ID_REUSED' });
    });
  });

  it('[FARE-3] a token that was changed, and legs or seats beside it that differ, are refused', async () => {
    const [flight, other] = await Promise.all([flightWith({}), flightWith({})]);
    const [offer] = await offersOf([flight], 2);
    const offerToken = offer?.offerToken as string;
    const changed = `${offerToken.slice(0, 30)}${offerToken[30] === 'A' ? 'B' : 'A'}${offerToken.slice(31)}`;
    const couple: Passenger[] = [
      { type: 'adult', givenName: 'Ada', familyName: 'Byron' },
      { type: 'infant_on_lap', givenName: 'Anne', familyName: 'Byron' },
    ];
    const bad = [
      { offerToken: changed },
      { offerToken: 'none' },
      { offerToken, legs: [legOf(other)] },
      { offerToken, legs: [legOf(flight), legOf(other)] },
      { offerToken, seats: 1 },
      { offerToken, passengers: couple },
      {},
    ];
    for (const input of bad) expect(await failureOf(hold(input))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 10 });
  });

  it('[FARE-1] a lap infant takes no seat and pays nothing, in an offer too', async () => {
    const flight = await flightWith({ brands });
    const [light] = await offersOf([flight], 1);
    const passengers: Passenger[] = [
      { type: 'adult', givenName: 'Ada', familyName: 'Byron' },
      { type: 'infant_on_lap', givenName: 'Anne', familyName: 'Byron' },
    ];
    expect(await hold({ offerToken: light?.offerToken as string, passengers })).toMatchObject({
      price: usd(10_000),
      seats: 1,
      passengers: [{ type: 'adult' }, { type: 'infant_on_lap' }],
    });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 9 });
  });

  it('[FARE-8] legs are sold in the brands that all have; conditions are the strictest; one currency', async () => {
    const [out, back, plain] = await Promise.all([
      flightWith({ brands, ladder }),
      flightWith({
        brands: [
          { ...(brands[0] as Fare), refund: { rule: 'free' } },
          { ...(brands[1] as Fare), addPercent: 20 },
        ],
      }),
      flightWith({}, 5_000),
    ]);
    expect(await offersOf([out, back], 5)).toMatchObject([
      // The first leg costs its second step: only four seats are left of the first.
      { brand: 'light', price: usd(5 * (15_000 + 10_000)), conditions: { refund: { rule: 'no' } } },
      { brand: 'flex', price: usd(5 * (22_500 + 12_000)), conditions: { refund: { rule: 'fee', percent: 10 } } },
    ]);
    const [mixed, ...none] = await offersOf([out, plain], 1);
    expect(none).toEqual([]);
    expect(mixed).toMatchObject({ brand: 'mixed', name: 'Light + Standard', price: usd(15_000) });
    expect(await hold({ offerToken: mixed?.offerToken as string })).toMatchObject({ price: usd(15_000) });
    await setPrice(plain, 5_000, 'EUR');
    const list = scene.guest.trpc.offers.list.query;
    expect(await failureOf(list({ legs: [out, plain].map(legOf) }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failureOf(list({ legs: [legOf({ id: newId() })] }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failureOf(list({ legs: [legOf(back), legOf(back)], seats: 6 }))).toMatchObject({
      code: 'SOLD_OUT',
      details: { flightId: back.id, available: 10 },
    });
    // An agreed amount says nothing in another currency.
    const [offer] = await offersOf([back], 1);
    await setPrice(back, 10_000, 'JPY');
    expect(await failureOf(hold({ offerToken: offer?.offerToken as string }))).toMatchObject({
      code: 'PRICE_CHANGED',
      details: { was: usd(10_000), now: { amount: 10_000, currency: 'JPY' } },
    });
  });

  it('[FARE-9] repricing tells was, now and why, and promises anew', async () => {
    const flight = await flightWith({ brands, ladder });
    const [, flex] = await offersOf([flight], 2);
    const reprice = (offerToken: string) => scene.guest.trpc.offers.reprice.query({ offerToken });
    const token = flex?.offerToken as string;
    expect(await reprice(token)).toMatchObject({ was: usd(30_000), now: usd(30_000), changed: false, reason: null });
    await hold({ legs: [legOf(flight)], seats: 3 });
    const bySeats = await reprice(token);
    expect(bySeats).toMatchObject({ was: usd(30_000), now: usd(45_000), changed: true, reason: 'seats' });
    const held = await hold({ offerToken: bySeats.offerToken });
    expect(held.price).toEqual(usd(45_000));
    // What was shown first is known to the booking that it became.
    expect(await differences(held)).toEqual([
      { stage: 'offer', reason: 'seats', was: 30_000, now: 45_000, charged: 45_000 },
    ]);
    await setPrice(flight, 9_000);
    expect(await reprice(token)).toMatchObject({ now: usd(27_000), reason: 'price_set' });
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: flight.version + 1,
      cabins: [{ cabin: 'economy', fares: { brands: brands.slice(0, 1) } }],
    });
    expect(await reprice(token)).toMatchObject({ now: usd(18_000), reason: 'brand_gone', offer: { brand: 'light' } });
    // The old promise stands: brand, conditions and price as they were shown.
    expect(await hold({ offerToken: token })).toMatchObject({
      price: usd(30_000),
      fare: { brand: 'flex', conditions: { refund: { rule: 'fee', percent: 10 } } },
    });
    expect(await failureOf(reprice('AAAA'))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('[FARE-10] cancelling gives back what the fare says, leg by leg', async () => {
    const [out, back] = await Promise.all([flightWith({ brands }, 10_001), flightWith({ brands }, 5_000)]);
    const refundOf = async (brand: string) => {
      const offer = (await offersOf([out, back], 2)).find((each) => each.brand === brand);
      const held = await hold({ offerToken: offer?.offerToken as string });
      await scene.guest.trpc.booking.pay.mutate({ id: held.id });
      expect(await scene.deliver({ bookingId: held.id })).toBe(200);
      const quote = await scene.guest.trpc.booking.cancelQuote.query({ id: held.id });
      expect(quote.refund.amount + quote.penalty.amount).toBe(held.price.amount);
      return { held, quote };
    };
    const light = await refundOf('light');
    expect(light.quote).toMatchObject({ refund: usd(0), penalty: usd(30_002) });
    expect(
      await scene.guest.trpc.booking.cancel.mutate({ id: light.held.id, quoteId: light.quote.quoteId }),
    ).toMatchObject({ status: 'cancelled', refund: null });
    // 10 % of 2 × 15,002 and of 2 × 7,500, each rounded down.
    const flex = await refundOf('flex');
    expect(flex.quote.penalty).toEqual(usd(3_000 + 1_500));
    expect(
      await scene.guest.trpc.booking.cancel.mutate({ id: flex.held.id, quoteId: flex.quote.quoteId }),
    ).toMatchObject({ status: 'refund_pending', refund: { amount: usd(45_004 - 4_500) } });
  });

  it('[FARE-11] a party without an offer pays the step that can seat all of it, for each of its seats', async () => {
    const flight = await flightWith({ ladder });
    expect((await hold({ legs: [legOf(flight)], seats: 3 })).price).toEqual(usd(30_000));
    // One more seat would still be of the first step; two are not.
    expect(await priceNow(flight)).toBe(10_000);
    const { id, price } = await hold({ legs: [legOf(flight)], seats: 2 });
    expect(price).toEqual(usd(30_000));
    // What is told of it first is not read from the record, which is what will be paid.
    expect((await scene.guest.trpc.booking.get.query({ id })).price).toEqual(usd(30_000));
  });

  it('[FARE-11] at the boundary of a step racing parties each pay a step that could seat them, in their order', async () => {
    const seats = 40;
    const steps = [
      { above: 25, amount: 10_000 },
      { above: 10, amount: 15_000 },
      { above: 0, amount: 20_000 },
    ];
    const flight = await flightWith({ ladder: steps, brands }, 10_000, seats);
    const [promise] = await offersOf([flight], 2);
    const guests = await Promise.all([1, 2, 3, 4].map(() => connectGuest(scene.server.url)));
    const held = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        const { trpc } = guests[at % 4] as (typeof guests)[number];
        const wants =
          at % 5 === 4 ? { offerToken: promise?.offerToken as string } : { legs: [legOf(flight)], seats: 1 + (at % 3) };
        return trpc.booking.hold.mutate({ id: newId(), ...wants }).catch(() => undefined);
      }),
    );
    await Promise.all(guests.map((each) => each.close()));
    const { rows } = await scene.db.query<{ id: string; quantity: number; price: number; offered: boolean }>(
      // In the order in which seats were taken: batches by the cabin's version, members by their place in the batch.
      // Neither the time a row was made nor where it lies says so: a table's pages are filled again.
      `select b.id, l.quantity, l.price_amount::int as price, b.fare is not null as offered
       from booking b join booking_leg l on l.booking_id = b.id
       join ledger g on g.booking_id = b.id and g.kind = 'hold'
       join hold_deadline d on b.id = any(d.bookings)
       where l.flight_id = $1 order by g.version, array_position(d.bookings, b.id)`,
      [flight.id],
    );
    let free = seats;
    for (const { id, quantity, price, offered } of rows) {
      const step = steps.find(({ above }) => free - quantity >= above);
      expect(price).toBe(offered ? 10_000 : step?.amount);
      expect(held.find((each) => each?.id === id)?.price).toEqual(usd(price * quantity));
      free -= quantity;
    }
    expect(rows.length).toBe(held.filter(Boolean).length);
    expect(free).toBe((await scene.cabin(flight.id)).available);
    expect(free).toBeLessThanOrEqual(2);
  });
});
