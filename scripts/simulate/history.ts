import { applyPaymentEvent } from '../../server/domain/booking/apply-payment-event.ts';
import { completeRefund } from '../../server/domain/booking/complete-refund.ts';
import { expireHolds } from '../../server/domain/booking/expire-holds.ts';
import { releaseCancelledFlights } from '../../server/domain/booking/release-cancelled-flights.ts';
import { mockProvider, type PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import type { Bug } from './bugs.ts';
import { Buyers } from './buyers.ts';
import { checkRest } from './check-rest.ts';
import type { Cabin } from './model-record.ts';
import type { Twin } from './recorder.ts';
import { immediately, seedGlobals } from './seeded-globals.ts';
import { Violation } from './violation.ts';
import { ttlSeconds } from './weather.ts';
import { World } from './world.ts';

export interface HistoryResult {
  seed: number;
  steps: number;
  bookings: number;
  violation?: { rule: string; message: string };
}

/** More moments than any sound history needs; beyond it something runs in a circle. */
const stepsMax = 50_000;
const callAgainMs = 5_000;
const roundsMax = 60;

/**
 * One history: some buyers, an operator, a provider and a few processes of ours, with everything that
 * can go wrong between them, told by one seed. It ends at rest: faults are over, time has passed, all
 * money has arrived. Every step is checked, and the whole at the end.
 */
export async function runHistory(options: {
  seed: number;
  bug?: Bug;
  twin?: Twin;
  /** Two histories in one database need cabins of their own. */
  cabinIdFrom?: number;
  trace?: (line: string) => void;
}): Promise<HistoryResult> {
  const world = new World({ ...options, deliver: deliverSometimes });
  const turns = realTurns();
  seedGlobals({
    random: world.random,
    seed: options.seed,
    now: () => world.scheduler.now,
    // Postgres' client takes its turns by it, too, and cannot wait for the history's time; so the history waits for them.
    soon: options.twin ? (task) => turns.take(task) : (task) => world.scheduler.after(0, task),
  });
  await world.open(options.cabinIdFrom ?? 1);
  world.say(() => `seed ${options.seed}: ${JSON.stringify(world.weather)}`);
  let isOver = false;
  const story = live(world).then(
    () => {
      isOver = true;
    },
    (error) => world.fail(error),
  );
  await world.scheduler.run(
    () => {
      if (world.scheduler.steps > stepsMax) world.fail(new Violation('a history ends', `${stepsMax} steps`));
      return isOver || world.violation !== undefined;
    },
    () => world.recorder.pending ?? turns.pending(),
  );
  if (!isOver && !world.violation) world.fail(new Violation('every call is answered', 'nothing can happen any more'));
  if (isOver) await story;
  const { violation } = world;
  if (violation) world.say(() => `VIOLATED ${violation.message}`);
  return {
    seed: options.seed,
    steps: world.scheduler.steps,
    bookings: world.recorder.model.record.bookings.size,
    ...(violation ? { violation: { rule: violation.rule, message: world.names.shorten(violation.message) } } : {}),
  };
}

async function live(world: World): Promise<void> {
  const { random, scheduler, weather } = world;
  const buyers = new Buyers(world);
  let isLiving = true;
  const chores = (async () => {
    while (isLiving) {
      await scheduler.sleep(random.between(500, 30_000));
      if (isLiving) await chore(world, random.below(4));
      if (random.chance(0.1)) world.gate?.flush();
    }
  })().catch((error) => world.fail(error));
  const lives = Array.from({ length: weather.buyers }, () => buyers.live());
  lives.push(operate(world));
  await Promise.all(lives);
  isLiving = false;
  await chores;

  world.say(() => 'calm');
  world.isCalm = true;
  await rest(world);
  if (weather.sellsOut) {
    await sellRest(world, buyers);
    await rest(world);
  }
  checkRest(world);
  buyers.checkAll();
  await world.recorder.compareRows();
}

/** What runs in the background of some process. */
async function chore(world: World, which: number): Promise<void> {
  switch (which) {
    case 0:
      await world.request('expire holds', (room) => expireHolds(room));
      return;
    case 1:
      await world.request('release cancelled flights', (room) => releaseCancelledFlights(room));
      return;
    default:
      await callProvider(world);
  }
}

/** Intents are read from the record; the calls are made, and what comes of them is written down. */
async function callProvider(world: World): Promise<void> {
  const { random, recorder, provider } = world;
  const { payments, refunds } = await recorder.claim(callAgainMs);
  for (const payment of payments) {
    // Who claimed it died: it is due again by itself.
    if (!world.isCalm && random.chance(world.weather.faultRate)) continue;
    if (payment.status === 'pending') provider.submit(payment);
    if (payment.status === 'authorised') provider.capture(payment.id);
    if (payment.status === 'voiding' && provider.void(payment.id)) await recorder.markVoided(payment.id);
  }
  const done = refunds.map(async ({ id, paymentId, bookingId, amount, currency }) => {
    if (!world.isCalm && random.chance(world.weather.faultRate)) return;
    provider.refund(paymentId, amount);
    const due = { id, paymentId, bookingId, provider: mockProvider, amount: { amount, currency } };
    await world.request(`write down that ${id} is done`, (room) => completeRefund(room, due));
  });
  await Promise.all(done);
}

/** An event comes late, twice, in any order, or not at all; and somebody may have tampered with it. */
function deliverSometimes(world: World, event: PaymentEvent): void {
  const { random, scheduler, weather } = world;
  if (!world.isCalm && random.chance(weather.lossRate)) return;
  const times = 1 + (random.chance(weather.repeatRate) ? random.between(1, 2) : 0);
  for (let time = 0; time < times; time++) {
    const lateMs = world.isCalm ? 0 : random.pick([0, 10, random.below(3_000), random.below(ttlSeconds * 1_500)]);
    scheduler.after(lateMs + world.travelMs(), () => {
      deliver(world, event).catch((error) => world.fail(error));
    });
  }
  if (world.isCalm || !random.chance(0.03)) return;
  const { record } = world.recorder.model;
  if (!record.payments.has(event.paymentId)) return;
  const other = random.pick([...record.bookings.keys()]);
  const forged = random.chance(0.5) ? { amount: event.amount + 1 } : { bookingId: other };
  if (forged.bookingId === event.bookingId) return;
  scheduler.after(random.below(1_000), () => {
    const lie = { ...event, ...forged, id: `forged-${event.id}` };
    world.request('believe a forged event', (room) => applyPaymentEvent(room, lie)).catch((error) => world.fail(error));
  });
}

async function deliver(world: World, event: PaymentEvent): Promise<void> {
  const reply = await world.request(`believe ${event.id}`, (room) => applyPaymentEvent(room, event));
  if (reply.kind === 'done') world.untold.delete(event.id);
}

/** Somebody who edits what is sold while it is sold. */
async function operate(world: World): Promise<void> {
  const { random, recorder, scheduler, weather, cabins } = world;
  for (let edit = 0; edit < weather.edits; edit++) {
    await scheduler.sleep(random.below(120_000));
    const cabin = random.pick(cabins);
    const isGone = cabin.state === 'cancelled';
    switch (random.below(isGone ? 1 : 5)) {
      case 0:
      case 1: {
        const target = random.below(5);
        await recorder.edit(cabin, { target });
        world.say(() => `capacity of cabin ${cabin.id} is ${target}`);
        break;
      }
      case 2: {
        const price = cabin.price < 2 ** 49 ? cabin.price + 50 : cabin.price;
        await recorder.edit(cabin, { price });
        world.say(() => `price of cabin ${cabin.id} is ${price}`);
        break;
      }
      default: {
        const state = random.pick(['closed', 'open', 'cancelled'] as const);
        if (state === cabin.state) break;
        await recorder.setFlightState(cabin.flightId, state);
        world.say(() => `flight ${cabin.flightId} is ${state}`);
      }
    }
  }
}

/** Turns of the real event loop that were asked for and have not come yet. */
function realTurns(): { take(task: () => void): void; pending(): Promise<void> | undefined } {
  const asked = new Set<Promise<void>>();
  return {
    take: (task) => {
      const turn = new Promise<void>((resolve) => {
        immediately(() => {
          asked.delete(turn);
          task();
          resolve();
        });
      });
      asked.add(turn);
    },
    pending: () => asked.values().next().value,
  };
}

/** Time passes until nothing is left to do. */
async function rest(world: World): Promise<void> {
  const { scheduler, provider, recorder } = world;
  const { record } = recorder.model;
  // Whatever was still on its way has come by then, and every hold is over.
  await scheduler.sleep(100_000 + ttlSeconds * 1_000);
  for (let round = 0; round < roundsMax; round++) {
    for (const payment of provider.payments.values()) while (provider.advance(payment));
    for (let which = 0; which < 3; which++) await chore(world, which);
    await scheduler.sleep(callAgainMs + 1_000);
    await Promise.all([...world.untold.values()].map((event) => deliver(world, event)));
    const isBusy =
      world.openCalls > 0 ||
      world.untold.size > 0 ||
      recorder.model.stranded(1).length > 0 ||
      [...record.bookings.values()].some((each) => each.status === 'held' || each.status === 'paying') ||
      [...record.payments.values(), ...record.refunds.values()].some((each) => each.nextCallAt !== null);
    if (!isBusy) return;
    await scheduler.sleep(ttlSeconds * 1_000);
  }
  throw new Violation('the world comes to rest', `not within ${roundsMax} rounds`);
}

const paymentsMax = 20;

/** Buyers who want one seat each come until there is none, and all of them pay. */
async function sellRest(world: World, buyers: Buyers): Promise<void> {
  const { provider, random, scheduler } = world;
  provider.approveAll();
  const sellOut = async (cabin: Cabin): Promise<void> => {
    for (let count = 0; count <= cabin.target; count++) {
      const actor = random.uuid();
      const leg = { flightId: cabin.flightId, cabin: cabin.cabin };
      const input = { id: random.uuid(), legs: [leg], seats: 1 };
      const held = await buyers.hold(actor, input);
      if (held.kind !== 'done') return;
      // Who is told to come back does: where locators are few, eight draws may all be somebody's.
      for (let attempt = 1; attempt <= paymentsMax; attempt++) {
        const paid = await buyers.pay(actor, input.id);
        if (paid.kind !== 'refused' || paid.failure.code !== 'BUSY') break;
      }
    }
  };
  await Promise.all(world.cabins.map(sellOut));
  for (let round = 0; round < 3; round++) {
    await callProvider(world);
    for (const payment of provider.payments.values()) while (provider.advance(payment));
    await scheduler.sleep(1_000);
  }
}
