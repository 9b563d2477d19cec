import type { HoldMember } from '../../server/domain/booking/booking-store.ts';
import { mockProvider, type PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import type { Bug } from './bugs.ts';
import type { Booking, Cabin } from './model-record.ts';
import type { Verbs } from './model-store.ts';
import { createRandom, locatorsOf, type Random } from './random.ts';
import { Recorder, type Twin } from './recorder.ts';
import { Violation } from './violation.ts';

const beginMs = Date.UTC(2026, 0, 1);
const ttlSeconds = 60;
/** Batches that one seed makes; then the rows are compared, and the next seed begins with others. */
export const batchesASeed = 40;

/**
 * Random batches of all verbs, larger and odder than commands would send them, on one small set of
 * bookings: whatever two implementations of the port could understand differently.
 */
export async function runBatches(options: {
  seed: number;
  bug?: Bug;
  twin?: Twin;
  cabinIdFrom?: number;
  trace?: (line: string) => void;
}): Promise<{ steps: number; violation?: { rule: string; message: string } }> {
  const story = new Batches(options);
  try {
    await story.tell(options.cabinIdFrom ?? 1);
    return { steps: story.steps };
  } catch (error) {
    const violation =
      error instanceof Violation ? error : new Violation('nothing fails for no reason', (error as Error).message);
    return { steps: story.steps, violation: { rule: violation.rule, message: violation.message } };
  }
}

class Batches {
  steps = 0;
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #cabins: Cabin[] = [];
  readonly #ids: string[];
  readonly #actors: string[];
  readonly #payments: string[] = [];
  readonly #events: PaymentEvent[] = [];
  readonly #quotes: string[] = [];
  readonly #locators: string[];
  #now = beginMs;

  constructor({ seed, bug, twin }: { seed: number; bug?: Bug; twin?: Twin }) {
    const random = createRandom(seed);
    this.#random = random;
    this.#recorder = new Recorder({ now: () => this.#now, bug, twin });
    this.#ids = Array.from({ length: 14 }, () => random.uuid());
    this.#actors = [random.uuid(), random.uuid()];
    this.#locators = locatorsOf(seed);
  }

  async tell(cabinIdFrom: number): Promise<void> {
    const random = this.#random;
    const flights = [random.uuid(), random.uuid()];
    const price = random.pick([100, 100, 0, 2 ** 51]);
    for (const [place, cabin] of (['economy', 'business', 'first', 'economy'] as const).entries()) {
      const row = {
        id: cabinIdFrom + place,
        flightId: flights[place === 3 ? 1 : 0] as string,
        cabin,
        target: random.between(1, 6),
        price: price + place,
        currency: place === 3 && random.chance(0.3) ? 'EUR' : 'USD',
        departsAt: beginMs + random.pick([90_000, 10 * 3_600_000, 90 * 3_600_000]),
      };
      this.#cabins.push(await this.#recorder.addCabin(row));
    }
    for (let count = 0; count < batchesASeed; count++) await this.#batch();
    await this.#recorder.compareRows();
  }

  async #do<V extends keyof Verbs>(verb: V, ...given: Parameters<Verbs[V]>): Promise<void> {
    this.steps += 1;
    try {
      await this.#recorder.perform(verb, given);
    } catch (error) {
      // Both have failed, and alike.
      if (error instanceof Violation) throw error;
    }
  }

  async #batch(): Promise<void> {
    const random = this.#random;
    const { record } = this.#recorder.model;
    if (random.chance(0.2)) this.#now += random.pick([1, 500, 20_000, 61_000]);
    if (random.chance(0.1)) await this.#edit();
    const batchId = random.uuid();
    const ids = random.shuffle([...this.#ids]).slice(0, random.between(1, 7));
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        await this.#do(
          'hold',
          batchId,
          ids.map((id) => this.#hold(id)),
        );
        break;
      case 3:
        await this.#do(
          'pay',
          batchId,
          ids.map((id) => ({
            id,
            actor: this.#actorOf(id),
            paymentId: this.#newPayment(),
            locator: random.pick(this.#locators),
            method: random.pick([null, 'card']),
          })),
        );
        break;
      case 4:
      case 5:
        await this.#do('settle', batchId, this.#settlements(ids));
        break;
      case 6:
        for (const id of ids) await this.#quote(id);
        await this.#do(
          'cancel',
          batchId,
          ids.map((id) => ({ id, actor: this.#actorOf(id), quoteId: this.#someQuote(id) })),
        );
        break;
      case 7:
        await this.#do('expire', batchId, ids);
        break;
      case 8:
        await this.#do('release', batchId, ids);
        break;
      case 9: {
        const seen = new Set<string>();
        const refunds = random.shuffle([...record.refunds.values()]);
        await this.#do(
          'refunded',
          batchId,
          refunds.filter((each) => !seen.has(each.bookingId) && seen.add(each.bookingId)),
        );
      }
    }
    if (random.chance(0.1)) await this.#do('seal', random.chance(0.5) ? batchId : random.uuid());
    if (random.chance(0.05)) await this.#do('expire', batchId, ids);
    await this.#do('read', random.pick(this.#ids));
    if (random.chance(0.1)) await this.#do('known', ids);
  }

  /** Mostly the owner. */
  #actorOf(id: string): string {
    const owner = this.#recorder.model.record.bookings.get(id)?.actor;
    return owner && this.#random.chance(0.9) ? owner : this.#random.pick(this.#actors);
  }

  #hold(id: string): HoldMember {
    const random = this.#random;
    const legs = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => {
      const { flightId, cabin } = random.pick(this.#cabins);
      const leg = { flightId, cabin: random.chance(0.02) ? ('premium_economy' as const) : cabin };
      return random.chance(0.2) ? { ...leg, agreed: random.pick([0, 90, 100, 2 ** 51]) } : leg;
    });
    const seats = random.between(1, 3);
    let expected: HoldMember['expected'] = null;
    if (random.chance(0.2)) {
      const sum = legs.reduce(
        (total, leg) => {
          const now = this.#recorder.model.record.cabinOf(leg.flightId, leg.cabin)?.price ?? 0;
          return total + seats * (('agreed' in leg ? leg.agreed : undefined) ?? now);
        },
        random.pick([0, 0, 1]),
      );
      if (Number.isSafeInteger(sum)) expected = { amount: sum, currency: random.pick(['USD', 'USD', 'EUR']) };
    }
    return {
      id,
      actor: this.#actorOf(id),
      bodyHash: 'ab'.repeat(32),
      seats,
      legs,
      passengers: random.chance(0.2)
        ? [{ type: 'adult', givenName: random.chance(0.05) ? 'A\0' : 'Ann', familyName: 'O’Neill, "the" {first}' }]
        : [],
      contact: random.chance(0.1) ? { email: random.chance(0.2) ? '\0' : 'a@example.org' } : null,
      expected,
      ttlSeconds,
    };
  }

  #newPayment(): string {
    const id = this.#random.uuid();
    this.#payments.push(id);
    return id;
  }

  /** Events about these bookings, no two with anything in common. */
  #settlements(ids: string[]): PaymentEvent[] {
    const random = this.#random;
    const { record } = this.#recorder.model;
    const used = new Set<string>();
    const events: PaymentEvent[] = [];
    for (const bookingId of ids) {
      const booking: Booking | undefined = record.bookings.get(bookingId);
      const own = record.paymentsOf.get(bookingId) ?? [];
      const old = random.chance(0.15) ? this.#events.find((each) => each.bookingId === bookingId) : undefined;
      const payment = own.length > 0 && random.chance(0.8) ? random.pick(own) : undefined;
      const event: PaymentEvent = old ?? {
        provider: random.chance(0.05) ? 'other' : mockProvider,
        id: random.uuid(),
        type: random.pick(['payment.succeeded', 'payment.succeeded', 'payment.authorised', 'payment.failed']),
        paymentId:
          payment?.id ??
          (this.#payments.length > 0 && random.chance(0.1) ? random.pick(this.#payments) : this.#newPayment()),
        bookingId,
        amount: (payment?.amount ?? booking?.price ?? 1) + (random.chance(0.1) ? 1 : 0),
        currency: random.chance(0.05) ? 'EUR' : (booking?.currency ?? 'USD'),
        at: 0,
      };
      if (used.has(event.paymentId) || used.has(event.id) || event.amount > 2 ** 52) continue;
      used.add(event.paymentId).add(event.id);
      this.#events.push(event);
      events.push(event);
    }
    return events;
  }

  async #quote(bookingId: string): Promise<void> {
    const random = this.#random;
    const booking = this.#recorder.model.record.bookings.get(bookingId);
    if (!booking || random.chance(0.5)) return;
    if (booking.status !== 'held' && booking.status !== 'confirmed') return;
    const quoteId = random.uuid();
    this.#quotes.push(quoteId);
    const isHeld = booking.status === 'held';
    const penalty = isHeld || random.chance(0.5) ? 0 : Math.floor(booking.price / 2);
    const refund = isHeld ? 0 : booking.price - penalty;
    await this.#do('saveQuote', { bookingId, quoteId, refund, penalty, lifeSeconds: random.pick([30, 600]) });
  }

  #someQuote(bookingId: string): string | null {
    const random = this.#random;
    if (random.chance(0.1)) return null;
    if (random.chance(0.1) && this.#quotes.length > 0) return random.pick(this.#quotes);
    return this.#recorder.model.record.quotes.get(bookingId)?.quoteId ?? null;
  }

  async #edit(): Promise<void> {
    const random = this.#random;
    const cabin = random.pick(this.#cabins);
    switch (random.below(3)) {
      case 0:
        return this.#recorder.edit(cabin, { target: random.below(7) });
      case 1:
        return this.#recorder.edit(cabin, { price: random.pick([100, 150, cabin.price]) });
      case 2:
        return this.#recorder.setFlightState(cabin.flightId, random.pick(['open', 'open', 'closed', 'cancelled']));
    }
  }
}
