import type { PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import type { Bug } from './bugs.ts';
import { checkHolds, checkPays, checkTruths } from './check-answer.ts';
import { checkRecord, checkStep, startStep } from './check-record.ts';
import type { Cabin } from './model-record.ts';
import { ModelStore } from './model-store.ts';
import type { Scope, ScopeAction } from './scopes.ts';
import { demand, Violation } from './violation.ts';

export interface Exploration {
  scope: string;
  states: number;
  transitions: number;
  /** Everything that the scope can reach was reached. */
  complete: boolean;
  violation?: { message: string; rule: string; path: string[] };
}

const ttlSeconds = 60;
const beginMs = Date.UTC(2026, 0, 1);
const tickMs = ttlSeconds * 1_000;
const bodyHash = '0'.repeat(64);

const statusCodes = ['held', 'paying', 'confirmed', 'failed', 'expired', 'cancelled', 'refund_pending', 'refunded'];
const paymentCodes = ['pending', 'failed', 'authorised', 'voiding', 'voided', 'succeeded'];
const stateCodes = ['open', 'closed', 'cancelled'];

const flightOf = (cabin: number) => `00000000-0000-7000-8000-00000000000${cabin}`;
const bookingOf = (client: number) => `00000000-0000-7000-9000-00000000000${client}`;
const paymentOf = (client: number, which: string) => `payment ${which} of ${client}`;

/**
 * Every order in which the actions of a small world can happen, by depth-first search over the verbs
 * of the model, with states that were seen before left out. Messages may arrive in any order, as
 * often as their action's budget says, and not at all, so repeats, reordering, loss and crashes of
 * whoever sent them need no actions of their own.
 */
export function explore(scope: Scope, options: { statesMax: number; bug?: Bug }): Exploration {
  const world = new SmallWorld(scope, options.bug);
  const seen = new Set<number>();
  const path: string[] = [];
  const result: Exploration = { scope: scope.name, states: 0, transitions: 0, complete: true };

  const visit = (): void => {
    const key = world.key();
    if (seen.has(key)) return;
    if (seen.size >= options.statesMax) {
      result.complete = false;
      return;
    }
    seen.add(key);
    for (let place = 0; place < scope.actions.length; place++) {
      if (world.left[place] === 0) continue;
      const { record } = world.store;
      const mark = record.mark();
      const action = scope.actions[place] as ScopeAction;
      path.push(action.name);
      const changed = world.take(place, action);
      // What changed nothing leads nowhere that the state itself does not, with more budget.
      if (changed) {
        result.transitions += 1;
        visit();
      }
      record.rollback(mark);
      path.pop();
    }
  };
  try {
    visit();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    result.complete = false;
    result.violation = { message: error.message, rule: error.rule, path: [...path] };
  }
  result.states = seen.size;
  return result;
}

class SmallWorld {
  readonly store: ModelStore;
  /** How often each action may still happen. */
  readonly left: Uint8Array;
  readonly #time = { now: beginMs };
  readonly #cabins: Cabin[];
  readonly #kept = new Map<string, number>();
  readonly #quotes = new Map<string, { refund: number; order: number }>();
  readonly #scope: Scope;
  #batches = 0;

  constructor(scope: Scope, bug: Bug | undefined) {
    this.#scope = scope;
    this.store = new ModelStore({ now: () => this.#time.now, bug, keepsUndo: true });
    this.left = Uint8Array.from(scope.actions, (each) => each.times);
    this.#cabins = scope.capacities.map((target, place) =>
      this.store.record.addCabin({
        id: place + 1,
        flightId: flightOf(place),
        cabin: 'economy',
        target,
        price: 100 + place,
        currency: 'USD',
        departsAt: beginMs + 100 * 3_600_000,
      }),
    );
  }

  /** Does one action and checks everything. Answers whether it changed anything. */
  take(place: number, action: ScopeAction): boolean {
    const { record } = this.store;
    record.set(this.left, place, (this.left[place] as number) - 1);
    const start = startStep(record);
    const batches = record.batches.size;
    const before = record.mark();
    let edited: Cabin[] | undefined;
    try {
      edited = this.#do(action);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Violation('nothing fails for no reason', (error as Error).message);
    }
    // The only thing that every batch writes is its own id.
    const wrote = (record.mark() - before) / 3 - (record.batches.size - batches);
    if (wrote === 0 && action.kind !== 'ghost') return false;
    checkStep(record, start, edited);
    checkRecord(record, this.#kept);
    return true;
  }

  #do(action: ScopeAction): Cabin[] | undefined {
    const { store } = this;
    const { record } = store;
    this.#batches += 1;
    const batchId = `batch ${this.#batches}`;
    switch (action.kind) {
      case 'hold':
        this.#hold(batchId, action.clients);
        return;
      case 'ghost':
        this.#ghost(action.client);
        return;
      case 'seal':
        if (store.seal(`ghost of ${action.client}`)) this.#remember(`sealed ${action.client}`, 1);
        return;
      case 'pay': {
        const paymentId = paymentOf(action.client, 'own');
        if (record.payments.has(paymentId) && record.bug !== 'pay-ignores-status') return;
        const locator = `L${this.#batches}`;
        const members = [
          { id: bookingOf(action.client), actor: `actor ${action.actor}`, paymentId, locator, method: null },
        ];
        checkPays(record, members, store.pay(batchId, members));
        return;
      }
      case 'event':
        checkTruths(record, store.settle(batchId, [this.#eventOf(action)]).truths);
        return;
      case 'voided':
        store.markVoided(paymentOf(action.client, action.payment));
        return;
      case 'quote': {
        const booking = record.bookings.get(bookingOf(action.client));
        if (booking?.status !== 'confirmed') return;
        const order = (this.#quotes.get(booking.id)?.order ?? 0) + 1;
        const refund = booking.price - Math.floor(booking.price * action.keeps);
        record.put(this.#quotes, booking.id, { refund, order });
        store.saveQuote({
          bookingId: booking.id,
          quoteId: `quote ${order}`,
          refund,
          penalty: booking.price - refund,
          lifeSeconds: 600,
        });
        return;
      }
      case 'cancel':
        this.#cancel(batchId, action);
        return;
      case 'expire':
        store.expire(
          batchId,
          this.#scope.clients.map((_, client) => bookingOf(client)),
        );
        return;
      case 'release':
        store.release(
          batchId,
          this.#scope.clients.map((_, client) => bookingOf(client)),
        );
        return;
      case 'refund': {
        const pending = [...record.refunds.values()].filter((each) => each.status === 'pending');
        const refund = pending[action.which];
        if (refund) store.refunded(batchId, [refund]);
        return;
      }
      case 'tick':
        record.set(this.#time, 'now', this.#time.now + tickMs);
        return;
      case 'capacity':
        store.editCabin(this.#cabins[action.cabin] as Cabin, { target: action.target });
        return [this.#cabins[action.cabin] as Cabin];
      case 'state':
        if ((this.#cabins[action.cabin] as Cabin).state === action.state) return;
        return store.setFlightState(flightOf(action.cabin), action.state);
    }
  }

  #hold(batchId: string, clients: number[]): void {
    const members = clients.map((client) => this.#holdOf(client));
    checkHolds(this.store.record, members, this.store.hold(batchId, members));
  }

  #holdOf(client: number) {
    const { legs, seats } = this.#scope.clients[client] as Scope['clients'][number];
    return {
      id: bookingOf(client),
      actor: `actor ${client}`,
      bodyHash,
      seats,
      legs: legs.map((cabin) => ({ flightId: flightOf(cabin), cabin: 'economy' as const })),
      passengers: [],
      contact: null,
      expected: null,
      ttlSeconds,
    };
  }

  /** A statement whose caller is gone: it may still come, unless it was sealed. */
  #ghost(client: number): void {
    const { record } = this.store;
    try {
      this.store.hold(`ghost of ${client}`, [this.#holdOf(client)]);
    } catch (error) {
      if ((error as { code?: string }).code !== '23505') throw error;
      return;
    }
    demand(!record.events.has(`sealed ${client}`), 'a sealed batch never commits', () => `the ghost of ${client} did`);
  }

  #remember(fact: string, value: number): void {
    this.store.record.put(this.store.record.events, fact, String(value));
  }

  #eventOf(action: Extract<ScopeAction, { kind: 'event' }>): PaymentEvent {
    const { client, payment, result } = action;
    const { legs, seats } = this.#scope.clients[client] as Scope['clients'][number];
    const price = legs.reduce((sum, cabin) => sum + (100 + cabin) * seats, 0);
    return {
      provider: 'mock',
      id: `${result} of ${payment} of ${client}`,
      type: `payment.${result}` as PaymentEvent['type'],
      paymentId: paymentOf(client, payment),
      bookingId: bookingOf(client),
      amount: payment === 'odd' ? price + 1 : price,
      currency: 'USD',
      at: 0,
    };
  }

  #cancel(batchId: string, action: Extract<ScopeAction, { kind: 'cancel' }>): void {
    const { record } = this.store;
    const id = bookingOf(action.client);
    const quote = this.#quotes.get(id);
    const quoteId = quote ? `quote ${Math.max(1, quote.order - action.quotesAgo)}` : null;
    const before = record.bookings.get(id);
    const status = before?.status;
    const [outcome] = this.store.cancel(batchId, [{ id, actor: `actor ${action.actor}`, quoteId }]).outcomes;
    if (outcome !== 'cancelled') return;
    demand(action.actor === action.client, 'nobody cancels another’s booking', () => `${action.actor} cancelled ${id}`);
    if (status !== 'confirmed') return;
    demand(action.quotesAgo === 0 || quote?.order === 1, 'only the newest quote counts', () => id);
    record.put(this.#kept, id, (before?.price ?? 0) - (quote?.refund ?? 0));
  }

  /** The state as 53 bits: two states that share a key by chance (1 in 10^9 at 5 million) hide one of them. */
  key(): number {
    const { record } = this.store;
    let a = 0x811c9dc5;
    let b = 0x9e3779b9;
    const mix = (value: number) => {
      a = Math.imul(a ^ value, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b + value, 0x85ebca6b);
      b ^= b >>> 13;
    };
    mix((this.#time.now - beginMs) / tickMs);
    for (const times of this.left) mix(times);
    for (const cabin of this.#cabins) {
      mix(cabin.held * 64 + cabin.sold);
      mix(cabin.target * 64 + cabin.capacity);
      mix(stateCodes.indexOf(cabin.state));
    }
    for (let client = 0; client < this.#scope.clients.length; client++) {
      const id = bookingOf(client);
      const booking = record.bookings.get(id);
      mix(booking ? statusCodes.indexOf(booking.status) + 1 : 0);
      if (!booking) continue;
      mix((booking.holdExpiresAt - beginMs) / tickMs);
      mix(this.#kept.get(id) ?? 7);
      const quote = record.quotes.get(id);
      mix(quote ? Number(quote.quoteId.slice(6)) * 1_000 + quote.refund : 0);
      mix(this.#quotes.get(id)?.order ?? 0);
      // Payments stand in the order of their coming, which decides which one is given back.
      for (const payment of record.paymentsOf.get(id) ?? []) {
        mix(payment.id.charCodeAt(8) * 16 + paymentCodes.indexOf(payment.status));
        mix((payment.createdAt - beginMs) / tickMs);
        const refund = record.refundOf(payment);
        mix(refund ? refund.amount * 4 + (refund.status === 'pending' ? 1 : 2) : 0);
      }
    }
    let facts = 0;
    for (const fact of record.events.keys()) facts = (facts + factCode(fact)) | 0;
    mix(facts);
    for (let client = 0; client < this.#scope.clients.length; client++) {
      const known = record.batches.get(`ghost of ${client}`);
      mix(known === undefined ? 0 : known === 'committed' ? 1 : 2);
    }
    return (a >>> 0) * 2 ** 21 + ((b >>> 0) & (2 ** 21 - 1));
  }
}

const codes = new Map<string, number>();

/** A number of its own for each fact; their sum does not depend on the order in which they were learnt. */
function factCode(fact: string): number {
  let code = codes.get(fact);
  if (code === undefined) {
    code = 0;
    for (let place = 0; place < fact.length; place++) code = Math.imul(code ^ fact.charCodeAt(place), 0x5bd1e995) + 77;
    codes.set(fact, code);
  }
  return code;
}
