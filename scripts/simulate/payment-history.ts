import type { PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import { mockProvider } from '../../server/domain/payments/payment-event.ts';
import type { Bug } from './bugs.ts';
import type { Payment, PaymentStatus } from './model-record.ts';
import type { Verbs } from './model-store.ts';
import { createRandom, locatorsOf, type Random } from './random.ts';
import { Recorder, type Twin } from './recorder.ts';
import { demand, Violation } from './violation.ts';

const beginMs = Date.UTC(2026, 0, 1);
const ttlSeconds = 60;

/** What a payment's provider says of it over time, in this order; it arrives in any. */
const courses: ('failed' | 'authorised' | 'succeeded')[][] = [
  ['succeeded'],
  ['succeeded'],
  ['failed'],
  ['failed', 'succeeded'],
  ['authorised', 'succeeded'],
  ['authorised'],
  ['authorised', 'failed'],
];

const strongest = { failed: 1, authorised: 2, succeeded: 3 } as const;

/**
 * Money under every kind of delivery: some bookings, several payments each, every event three times,
 * shuffled with expiry, cancellation and refunds. It ends when all is told and refunded; then what was
 * captured and not given back is exactly what is sold or was kept, and every payment has ended in the
 * strongest thing that was said of it, whatever came first.
 */
export async function runPaymentHistory(options: {
  seed: number;
  bug?: Bug;
  twin?: Twin;
  cabinIdFrom?: number;
  trace?: (line: string) => void;
}): Promise<{ steps: number; violation?: { rule: string; message: string } }> {
  const story = new PaymentStory(options);
  try {
    await story.tell(options.cabinIdFrom ?? 1);
    return { steps: story.steps };
  } catch (error) {
    const violation =
      error instanceof Violation ? error : new Violation('nothing fails for no reason', (error as Error).message);
    return { steps: story.steps, violation: { rule: violation.rule, message: violation.message } };
  }
}

class PaymentStory {
  steps = 0;
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #actor: string;
  readonly #locators: string[];
  #now = beginMs;

  constructor({ seed, bug, twin }: { seed: number; bug?: Bug; twin?: Twin }) {
    this.#random = createRandom(seed);
    this.#actor = this.#random.uuid();
    this.#locators = locatorsOf(seed);
    this.#recorder = new Recorder({ now: () => this.#now, bug, twin });
  }

  async #do<V extends keyof Verbs>(verb: V, ...given: Parameters<Verbs[V]>): Promise<ReturnType<Verbs[V]>> {
    this.steps += 1;
    const answer = this.#recorder.perform(verb, given);
    return answer instanceof Promise ? await answer : answer;
  }

  async tell(cabinId: number): Promise<void> {
    const random = this.#random;
    const { record } = this.#recorder.model;
    const flightId = random.uuid();
    await this.#recorder.addCabin({
      id: cabinId,
      flightId,
      cabin: 'economy',
      target: random.between(1, 2),
      price: random.pick([100, 101]),
      currency: 'USD',
      departsAt: beginMs + random.pick([20, 100]) * 3_600_000,
    });
    const legs = [{ flightId, cabin: 'economy' as const }];
    const ids = Array.from({ length: random.between(1, 3) }, () => random.uuid());
    for (const id of ids) {
      const member = {
        id,
        actor: this.#actor,
        bodyHash: '00'.repeat(32),
        seats: 1,
        legs,
        passengers: [],
        contact: null,
        expected: null,
        ttlSeconds,
      };
      await this.#do('hold', random.uuid(), [member]);
    }
    const moves: (() => Promise<unknown>)[] = [];
    const said = new Map<string, PaymentEvent['type'][]>();
    for (const [place, id] of ids.entries()) {
      const own = random.uuid();
      const locator = this.#locators[place] as string;
      moves.push(async () => {
        // No provider knows of it before us, but in a shuffled history it may seem so.
        if (record.payments.has(own)) return;
        await this.#do('pay', random.uuid(), [{ id, actor: this.#actor, paymentId: own, locator, method: null }]);
      });
      const payments = [own, ...Array.from({ length: random.below(3) }, () => random.uuid())];
      for (const paymentId of payments) {
        const amount = (record.bookings.get(id)?.price ?? 100) + (paymentId !== own && random.chance(0.2) ? 1 : 0);
        for (const what of random.pick(courses)) {
          const event: PaymentEvent = {
            provider: mockProvider,
            id: random.uuid(),
            type: `payment.${what}`,
            paymentId,
            bookingId: id,
            amount,
            currency: 'USD',
            at: 0,
          };
          said.set(paymentId, [...(said.get(paymentId) ?? []), event.type]);
          for (let time = 0; time < 3; time++) moves.push(() => this.#do('settle', random.uuid(), [event]));
        }
      }
      if (random.chance(0.4))
        moves.push(
          () => this.#cancel(id),
          () => this.#cancel(id),
        );
    }
    const expire = () => this.#do('expire', random.uuid(), [...ids]);
    if (random.chance(0.6)) {
      moves.push(expire, async () => {
        this.#now += ttlSeconds * 1_000;
      });
    }
    moves.push(
      () => this.#refund(),
      () => this.#refund(),
    );
    for (const move of random.shuffle(moves)) await move();
    await this.#rest(ids);
    this.#check(said);
    await this.#recorder.compareRows();
  }

  async #cancel(id: string): Promise<void> {
    const random = this.#random;
    const { record } = this.#recorder.model;
    const booking = record.bookings.get(id);
    let quoteId: string | null = null;
    if (booking?.status === 'confirmed') {
      quoteId = random.uuid();
      const penalty = random.chance(0.5) ? 0 : Math.floor(booking.price / 2);
      const refund = booking.price - penalty;
      await this.#do('saveQuote', { bookingId: id, quoteId, refund, penalty, lifeSeconds: 600 });
    }
    await this.#do('cancel', random.uuid(), [{ id, actor: this.#actor, quoteId }]);
  }

  async #refund(): Promise<void> {
    const pending = [...this.#recorder.model.record.refunds.values()].filter((each) => each.status === 'pending');
    const seen = new Set<string>();
    // No two of a batch are about one booking.
    const batch = pending.filter(({ bookingId }) => !seen.has(bookingId) && seen.add(bookingId));
    if (batch.length > 0) await this.#do('refunded', this.#random.uuid(), batch);
  }

  async #rest(ids: string[]): Promise<void> {
    const { record } = this.#recorder.model;
    this.#now += 2 * ttlSeconds * 1_000;
    await this.#do('expire', this.#random.uuid(), ids);
    for (let round = 0; [...record.refunds.values()].some((each) => each.status === 'pending'); round++) {
      demand(round < 20, 'refunds come to an end', () => `${record.refunds.size} refunds`);
      await this.#refund();
    }
  }

  #check(said: Map<string, PaymentEvent['type'][]>): void {
    const { record } = this.#recorder.model;
    let captured = 0;
    let refunded = 0;
    for (const payment of record.payments.values()) {
      const events = said.get(payment.id) ?? [];
      demand(hasEndedAs(payment, events), 'any order of events ends the same', () => {
        return `payment ${payment.id} is ${payment.status} after ${events.join(', ')}`;
      });
      if (payment.status === 'succeeded' || payment.status === 'authorised') captured += payment.amount;
    }
    for (const refund of record.refunds.values()) refunded += refund.amount;
    let owed = 0;
    for (const booking of record.bookings.values()) {
      owed += booking.status === 'confirmed' ? booking.price : (this.#recorder.kept.get(booking.id) ?? 0);
    }
    demand(captured - refunded === owed, 'captured − refunded is what is sold', () => {
      return `${captured} came, ${refunded} went back, and ${owed} is ours`;
    });
  }
}

function hasEndedAs(payment: Payment, events: PaymentEvent['type'][]): boolean {
  let best: keyof typeof strongest = 'failed';
  for (const type of events) {
    const what = type.slice('payment.'.length) as keyof typeof strongest;
    if (strongest[what] > strongest[best]) best = what;
  }
  const allowed: PaymentStatus[] = best === 'authorised' ? ['authorised', 'voiding'] : [best];
  return allowed.includes(payment.status);
}
