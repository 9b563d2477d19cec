import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { BookingView } from '../../shared/booking.ts';
import type { OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { insist } from '../chaos/insist.ts';
import { count } from '../chaos/journal.ts';
import { countSeats, judgeSeats } from '../chaos/verdict.ts';
import { createRandom, type Random } from '../stage/random.ts';
import type { WireClient } from '../stage/wire-client.ts';
import { type JudgedRefusals, judgeRefusals, type Refusal } from './refusals.ts';

export interface SelloutRun {
  flightId: string;
  buyers: number;
  seats: number;
  sold: number;
  /** Holds that were left to run out, and holds that were given back. */
  abandoned: number;
  returned: number;
  refusals: number;
  judged: JudgedRefusals;
  /** Answers that only asked to come again, by code. */
  repeated: Record<string, number>;
  seconds: number;
  /** What is wrong with how it ended. */
  violations: string[];
}

/** Holds, from the call to its definite answer, over all runs (microseconds). */
export const newHistogram = (): RecordableHistogram => createHistogram();

interface Sale {
  flightId: string;
  seats: number;
  /** As the record has it, read now and then: whoever would still ask then goes home. */
  sold: number;
  /** Bookings whose buyers were told that they fly, and bookings that are paid for. */
  confirmed: Set<string>;
  paid: Set<string>;
  abandoned: number;
  returned: number;
  refusals: Refusal[];
  repeated: Record<string, number>;
  holds: RecordableHistogram;
}

/** Of all buyers so many let their hold run out, or give it back. */
const abandoning = 0.04;
const returning = 0.03;
/** Of those who were refused so many ask until there is nothing left to have; the others only a few times. */
const patient = 0.03;
const triesOfTheOthers = 3;
const soldOutPatienceMs = 60_000;
const soldEveryMs = 200;

/** One flight, `seats` times `demand` buyers at once, to the last seat. */
export async function runSellout(
  stage: { db: pg.Pool; operator: WireClient; clients: readonly WireClient[]; holds: RecordableHistogram },
  options: { seats: number; demand: number; seed: string },
): Promise<SelloutRun> {
  const { seats, demand, seed } = options;
  const buyers = seats * demand;
  const flight = await createFlight(stage.operator, seats, createRandom(`${seed}/flight`));
  const sale: Sale = {
    flightId: flight.id,
    seats,
    sold: 0,
    confirmed: new Set(),
    paid: new Set(),
    abandoned: 0,
    returned: 0,
    refusals: [],
    repeated: {},
    holds: stage.holds,
  };
  const startedAt = performance.now();
  const endsAt = Date.now() + soldOutPatienceMs;
  const buying = Promise.all(
    Array.from({ length: buyers }, (_, place) =>
      buy(stage.clients[place % stage.clients.length] as WireClient, sale, createRandom(`${seed}/${place}`), endsAt),
    ),
  );
  await Promise.all([buying, followSold(stage.db, sale, endsAt)]);
  const seconds = (performance.now() - startedAt) / 1_000;

  const { sold, held } = await countSeats(stage.db, [flight.id]);
  const violations = await judgeSeats(stage.db, [flight.id]);
  if (sold !== seats || held !== 0) violations.push(`${sold} sold and ${held} held of ${seats}`);
  violations.push(...(await judgeBookings(stage.db, sale)));
  const audit = await stage.operator.call<{ drift: number }>('query', 'admin.seats.audit', { flightId: flight.id });
  if (audit.kind !== 'done' || audit.value.drift !== 0) violations.push(`the audit says ${JSON.stringify(audit)}`);
  return {
    flightId: flight.id,
    buyers,
    seats,
    sold,
    abandoned: sale.abandoned,
    returned: sale.returned,
    refusals: sale.refusals.length,
    judged: await judgeRefusals(stage.db, flight.id, seats, sale.refusals),
    repeated: sale.repeated,
    seconds,
    violations,
  };
}

/** One buyer until it flies, walks away, or is tired of asking. */
async function buy(client: WireClient, sale: Sale, random: Random, endsAt: number): Promise<void> {
  const fate = random.next();
  const tries = random.chance(patient) ? Number.POSITIVE_INFINITY : triesOfTheOthers;
  for (let attempt = 1; attempt <= tries && Date.now() < endsAt; attempt++) {
    const id = newId();
    const call = { id, legs: [{ flightId: sale.flightId, cabin: 'economy' as const }], seats: 1 };
    const calledAt = performance.now();
    const held = await ask<BookingView>(client, sale, random, 'booking.hold', call);
    sale.holds.record(Math.max(1, Math.round((performance.now() - calledAt) * 1_000)));
    if (held.answer.kind === 'refused') {
      const { failure } = held.answer;
      if (failure.code !== 'SOLD_OUT') throw new Error(`a hold was refused: ${JSON.stringify(failure)}`);
      const { available, version } = failure.details;
      sale.refusals.push({ sentAt: held.sentAt, answeredAt: Date.now(), available, version });
      // Where nothing is on its way to come back, nobody asks any more.
      if (sale.sold >= sale.seats) return;
      await sleep(random.between(200, 600));
      continue;
    }
    if (fate < abandoning) return void sale.abandoned++;
    if (fate < abandoning + returning) {
      const { answer } = await ask<BookingView>(client, sale, random, 'booking.cancel', { id });
      if (answer.kind === 'done' && answer.value.status === 'cancelled') sale.returned++;
      return;
    }
    if (await pay(client, sale, random, id)) return;
  }
}

/** Pays, and follows the booking to its end, half of the buyers by watching and half by asking. */
async function pay(client: WireClient, sale: Sale, random: Random, id: string): Promise<boolean> {
  const { answer } = await ask<BookingView>(client, sale, random, 'booking.pay', { id });
  // The hold may have run out on the way.
  if (answer.kind === 'refused') return false;
  sale.paid.add(id);
  let { status } = answer.value;
  const isOver = () => status !== 'held' && status !== 'paying';
  if (!isOver() && random.chance(0.5)) {
    await client.watch('booking.onStatus', { bookingId: id }, (value) => {
      ({ status } = (value as { data: BookingView }).data);
      return isOver();
    });
  }
  while (!isOver()) {
    await sleep(random.between(100, 300));
    const read = await ask<BookingView>(client, sale, random, 'booking.get', { id });
    if (read.answer.kind === 'done') ({ status } = read.answer.value);
  }
  if (status === 'confirmed') sale.confirmed.add(id);
  // Otherwise the money came too late for the hold; if the seats are still there it is confirmed all the same.
  return status === 'confirmed';
}

async function followSold(db: pg.Pool, sale: Sale, endsAt: number): Promise<void> {
  while (sale.sold < sale.seats && Date.now() < endsAt) {
    await sleep(soldEveryMs);
    sale.sold = (await countSeats(db, [sale.flightId])).sold;
  }
}

/** Who was told to fly does, and who flies has paid. */
async function judgeBookings(db: pg.Pool, { flightId, confirmed, paid }: Sale): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select b.id from booking b join booking_leg l on l.booking_id = b.id
     where l.flight_id = $1 and b.status = 'confirmed'`,
    [flightId],
  );
  const flying = new Set(rows.map(({ id }) => id));
  return [
    ...[...confirmed].filter((id) => !flying.has(id)).map((id) => `${id} was told to be confirmed and is not`),
    ...[...flying].filter((id) => !paid.has(id)).map((id) => `${id} is confirmed and nobody paid for it`),
  ];
}

function ask<T>(client: WireClient, sale: Sale, random: Random, path: string, input: unknown) {
  const method = path === 'booking.get' ? 'query' : 'mutation';
  return insist<T>(
    [client],
    random,
    { method, path, input },
    {
      onRepeat: (code) => count(sale.repeated, code),
      onAnswer: () => undefined,
    },
  );
}

export async function createFlight(operator: WireClient, seats: number, random: Random): Promise<OperatorFlightView> {
  const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const answer = await operator.call<OperatorFlightView>('mutation', 'admin.flights.create', {
    id: newId(),
    carrier: 'QX',
    number: String(random.between(1, 9_999)),
    origin: 'LHR',
    destination: 'LIS',
    departsAt: `${date}T09:00`,
    arrivesAt: `${date}T12:00`,
    cabins: [{ cabin: 'economy', capacity: seats, price: { amount: 12_900, currency: 'EUR' } }],
  });
  if (answer.kind !== 'done') throw new Error(`a flight was not created: ${JSON.stringify(answer)}`);
  return answer.value;
}
