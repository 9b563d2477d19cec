import { setTimeout as sleep } from 'node:timers/promises';
import type { BookingView, CancelQuoteView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import type { Random } from '../stage/random.ts';
import type { WireClient } from '../stage/wire-client.ts';
import { type Definite, insist } from './insist.ts';
import { count, type Sale, type Verb } from './journal.ts';
import type { Round } from './round.ts';

/** A traveller of a seed: what it wants next is drawn, when it gets there is not. */
export interface Buyer {
  userId: string;
  /** One connection to each web process; each attempt takes any of them. */
  clients: WireClient[];
}

const verbs: Record<Verb, { method: 'query' | 'mutation'; path: string }> = {
  hold: { method: 'mutation', path: 'booking.hold' },
  pay: { method: 'mutation', path: 'booking.pay' },
  cancel: { method: 'mutation', path: 'booking.cancel' },
  quote: { method: 'query', path: 'booking.cancelQuote' },
  read: { method: 'query', path: 'booking.get' },
};

/** Buys until the round is over. Whatever it is told goes into the round's journal. */
export async function goShopping(buyer: Buyer, round: Round, random: Random): Promise<void> {
  const confirmed: Sale[] = [];
  while (round.phase !== 'over') {
    const sale = await hold(buyer, round, random);
    if (!sale) {
      // Sold out. While things are killed somebody changes their mind now and then, so that seats keep moving.
      const given = round.phase === 'fire' && random.chance(0.4) ? confirmed.shift() : undefined;
      if (given) await cancelConfirmed(buyer, round, random, given);
      else await sleep(random.between(50, 400));
      continue;
    }
    const fate = round.phase === 'fire' ? random.next() : 1;
    if (fate < 0.08) continue;
    if (fate < 0.16) await cancelHold(buyer, round, random, sale);
    else if (await pay(buyer, round, random, sale)) confirmed.push(sale);
    await sleep(random.between(0, 60));
  }
}

async function hold(buyer: Buyer, round: Round, random: Random): Promise<Sale | undefined> {
  const wanted = round.phase === 'fire' && random.chance(0.2) ? 2 : 1;
  const first = random.below(round.flights.length);
  const flights = Array.from({ length: wanted }, (_, leg) => round.flights[(first + leg) % round.flights.length]);
  const seats = round.phase === 'fire' ? random.pick([1, 1, 1, 2, 2, 3]) : 1;
  const sale: Sale = {
    id: newId(),
    buyer: buyer.userId,
    legs: flights.map((flight) => ({ flightId: flight?.id as string, cabin: 'economy' as const })),
    seats,
    price: flights.reduce((sum, flight) => sum + (flight?.cabins[0]?.price.amount as number) * seats, 0),
    paid: false,
    confirmed: false,
    cancelled: false,
    penalty: 0,
    version: 0,
    doubted: false,
  };
  round.sales.set(sale.id, sale);
  const { answer, doubted, sentAt } = await ask<BookingView>(buyer, round, random, 'hold', {
    id: sale.id,
    legs: sale.legs,
    seats,
  });
  sale.doubted = doubted;
  if (answer.kind === 'refused') {
    sale.refused = answer.failure.code;
    if (doubted) round.tally.unknown.refused++;
    if (answer.failure.code !== 'SOLD_OUT') round.violations.push(`hold ${sale.id} was refused as ${sale.refused}`);
    return undefined;
  }
  const view = answer.value;
  if (doubted) round.tally.unknown[Date.parse(view.createdAt) < sentAt ? 'heldBefore' : 'heldByRepeat']++;
  sale.held = view;
  see(round, sale, view);
  if (view.id !== sale.id || view.seats !== seats || view.price.amount !== sale.price) {
    round.violations.push(`hold ${sale.id} was acknowledged as something else: ${JSON.stringify(view)}`);
  }
  // A repeat may find that its hold has run out by now.
  return view.status === 'held' ? sale : undefined;
}

async function cancelHold(buyer: Buyer, round: Round, random: Random, sale: Sale): Promise<void> {
  const { answer } = await during(round, () => ask<BookingView>(buyer, round, random, 'cancel', { id: sale.id }));
  if (answer.kind === 'done') {
    sale.cancelled = true;
    see(round, sale, answer.value);
  } else mustNotBe(round, sale, 'cancel', answer, ['NOT_FOUND', 'REQUEST_ID_REUSED']);
}

/** Pays and waits for the outcome. Answers whether it is confirmed. */
async function pay(buyer: Buyer, round: Round, random: Random, sale: Sale): Promise<boolean> {
  const method = random.chance(0.05) ? 'decline' : undefined;
  const { answer } = await ask<BookingView>(buyer, round, random, 'pay', { id: sale.id, method });
  if (answer.kind === 'refused') {
    mustNotBe(round, sale, 'pay', answer, ['NOT_FOUND', 'REQUEST_ID_REUSED']);
    return false;
  }
  sale.paid = true;
  let view = answer.value;
  see(round, sale, view);
  for (let waitMs = 60; view.status === 'held' || view.status === 'paying'; waitMs = Math.min(waitMs * 2, 500)) {
    if (round.phase === 'over') return false;
    await sleep(random.between(waitMs / 2, waitMs));
    const read = await ask<BookingView>(buyer, round, random, 'read', { id: sale.id });
    if (read.answer.kind === 'refused') {
      mustNotBe(round, sale, 'read', read.answer, ['NOT_FOUND']);
      return false;
    }
    view = read.answer.value;
    see(round, sale, view);
  }
  return view.status === 'confirmed';
}

async function cancelConfirmed(buyer: Buyer, round: Round, random: Random, sale: Sale): Promise<void> {
  await during(round, async () => {
    const quote = await ask<CancelQuoteView>(buyer, round, random, 'quote', { id: sale.id });
    if (quote.answer.kind === 'refused') return mustNotBe(round, sale, 'quote', quote.answer, ['NOT_FOUND']);
    const { quoteId, refund, penalty } = quote.answer.value;
    if (refund.amount + penalty.amount !== sale.price) {
      round.violations.push(`quote for ${sale.id}: ${refund.amount} + ${penalty.amount} is not ${sale.price}`);
    }
    sale.penalty = penalty.amount;
    const { answer } = await ask<BookingView>(buyer, round, random, 'cancel', { id: sale.id, quoteId });
    if (answer.kind === 'refused') return mustNotBe(round, sale, 'cancel', answer, ['NOT_FOUND']);
    sale.cancelled = true;
    see(round, sale, answer.value);
  });
}

/** One call until its answer is definite, counted. */
async function ask<T>(buyer: Buyer, round: Round, random: Random, verb: Verb, input: unknown) {
  const insisted = await insist<T>(
    buyer.clients,
    random,
    { ...verbs[verb], input },
    {
      onRepeat: (code) => count(round.tally.repeated, code),
      onAnswer: round.onAnswer,
    },
  );
  if (insisted.doubted && verb !== 'read') round.tally.unknown.calls++;
  if (insisted.answer.kind === 'done') round.tally.acknowledged[verb]++;
  else count(round.tally.refused, insisted.answer.failure.code);
  return insisted;
}

async function during<T>(round: Round, work: () => Promise<T>): Promise<T> {
  round.cancelling++;
  try {
    return await work();
  } finally {
    round.cancelling--;
  }
}

/** What was told once is never untold: a booking's version only rises. */
function see(round: Round, sale: Sale, view: BookingView): void {
  if (view.version < sale.version) {
    round.violations.push(`booking ${sale.id} went back from version ${sale.version} to ${view.version}`);
  }
  sale.version = view.version;
  if (view.status === 'confirmed') sale.confirmed = true;
}

function mustNotBe(
  round: Round,
  sale: Sale,
  verb: Verb,
  answer: Extract<Definite<unknown>, { kind: 'refused' }>,
  codes: string[],
): void {
  const { code } = answer.failure;
  if (codes.includes(code)) round.violations.push(`${verb} of ${sale.id}, whose hold was acknowledged, says ${code}`);
}
