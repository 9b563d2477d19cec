import type { BookingRow } from '../../server/domain/booking/booking-rows.ts';
import type {
  Batch,
  BookingStore,
  CancelMember,
  CancelOutcome,
  HoldMember,
  HoldOutcome,
  HoldRefusal,
  PayMember,
  PayOutcome,
  SettleOutcome,
} from '../../server/domain/booking/booking-store.ts';
import { mockProvider, type PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import { type Booking, type Cabin, ModelRecord, type Payment, postgresError, type Refund } from './model-record.ts';
import { type GivesBack, settleAll } from './model-settle.ts';

/** The port, each verb answered at once: what a statement does while it has the rows to itself. */
export type Verbs = {
  [V in keyof BookingStore]: (...given: Parameters<BookingStore[V]>) => Awaited<ReturnType<BookingStore[V]>>;
};

/** Bookings that a batch ends, and whose seats go back together. */
interface Ended {
  held: Booking[];
  sold: Booking[];
}

const reclaimMax = 500;
const hourMs = 3_600_000;

/**
 * Selling decided in memory, by the same text as the SQL of the record. Each verb is one step that
 * nobody can look into; time is the clock that the record was given.
 */
export class ModelStore implements Verbs {
  readonly record: ModelRecord;
  /** Cabins that somebody keeps locked just now. */
  readonly locked = new Set<Cabin>();

  constructor(options: ConstructorParameters<typeof ModelRecord>[0]) {
    this.record = new ModelRecord(options);
  }

  hold(batchId: string, members: HoldMember[], options: { skipLocked?: boolean } = {}): Batch<HoldOutcome> {
    return this.#batch(batchId, () => {
      for (const { legs } of members) {
        for (const { flightId, cabin: name } of legs) {
          const cabin = this.record.cabinOf(flightId, name);
          if (cabin) this.record.asked.add(cabin);
        }
      }
      this.#reclaim(members);
      this.record.nextMovement();
      const outcomes = members.map((member) => this.#holdOne(member, options.skipLocked ?? false));
      // A refusal tells of its cabin as the whole batch leaves it.
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.kind !== 'refused') continue;
        const leg = (members[place] as HoldMember).legs[outcome.leg] as HoldMember['legs'][number];
        const cabin = this.record.cabinOf(leg.flightId, leg.cabin);
        if (cabin) outcome.cabin = this.record.truthOf(cabin);
      }
      return outcomes;
    });
  }

  #holdOne(member: HoldMember, skipLocked: boolean): HoldOutcome {
    const { record } = this;
    const { bug } = record;
    const now = record.now();
    for (const { givenName } of member.passengers) refuseNul(givenName);
    if (member.contact?.email.includes('\0')) throw postgresError('22P05', 'unsupported Unicode escape sequence');
    if (record.bookings.has(member.id) && bug !== 'no-id-test') return { kind: 'exists' };
    const cabins: Cabin[] = [];
    const priceOf = (leg: number): number => member.legs[leg]?.agreed ?? (cabins[leg] as Cabin).price;
    for (const [leg, { flightId, cabin: name }] of member.legs.entries()) {
      const cabin = record.cabinOf(flightId, name);
      if (!cabin) return refused('unknown', leg);
      if (skipLocked && this.locked.has(cabin)) return refused('locked', leg);
      if (!record.isForSale(cabin) && bug !== 'hold-ignores-state') return refused('closed', leg);
      if (cabin.currency !== (cabins[0] ?? cabin).currency) return refused('foreign', leg);
      cabins.push(cabin);
    }
    const currency = (cabins[0] as Cabin).currency;
    let total = 0;
    for (const leg of cabins.keys()) total += (bug === 'hold-charges-once' ? 1 : member.seats) * priceOf(leg);
    if (total > Number.MAX_SAFE_INTEGER) return refused('range', 0);
    const { expected } = member;
    if (expected && bug !== 'hold-ignores-expected' && (expected.amount !== total || expected.currency !== currency)) {
      return { kind: 'repriced', now: { amount: total, currency } };
    }
    const needs: Booking['needs'] = [];
    for (const [leg, cabin] of cabins.entries()) {
      let need = needs.find((each) => each.cabin === cabin);
      if (!need) {
        need = { cabin, quantity: 0 };
        needs.push(need);
      }
      need.quantity += member.seats;
      const spare = bug === 'sold-out-early' && cabin.target > 1 ? 1 : 0;
      if (record.freeOf(cabin) - spare < need.quantity && bug !== 'no-capacity-test') {
        if (bug === 'partial-legs') this.#leavePart(needs.filter((each) => each !== need));
        return refused('sold_out', leg);
      }
    }
    const booking: Booking = {
      id: member.id,
      actor: member.actor,
      bodyHash: member.bodyHash,
      status: 'held',
      seats: member.seats,
      price: total,
      currency,
      holdExpiresAt: now + member.ttlSeconds * 1_000,
      locator: null,
      contact: member.contact,
      reason: null,
      version: 1,
      createdAt: now,
      legs: member.legs.map(({ flightId, cabin }, leg) => ({
        flightId,
        cabin,
        cabinId: (cabins[leg] as Cabin).id,
        quantity: member.seats,
        price: priceOf(leg),
      })),
      needs,
      passengers: member.passengers,
    };
    record.put(record.bookings, booking.id, booking);
    record.move(booking, 'hold', 1, 0);
    return { kind: 'held', booking: record.rowOf(booking) };
  }

  #leavePart(needs: Booking['needs']): void {
    for (const { cabin, quantity } of needs) {
      this.record.set(cabin, 'held', cabin.held + quantity);
    }
  }

  /** Holds that are over give their seats to a batch that wants more than is free. */
  #reclaim(members: HoldMember[]): void {
    const { record } = this;
    if (record.bug === 'due-holds-stay') return;
    const demand = new Map<Cabin, number>();
    for (const member of members) {
      for (const leg of member.legs) {
        const cabin = record.cabinOf(leg.flightId, leg.cabin);
        if (cabin) demand.set(cabin, (demand.get(cabin) ?? 0) + member.seats);
      }
    }
    const short = new Set<Cabin>();
    for (const [cabin, wanted] of demand) if (record.freeOf(cabin) < wanted) short.add(cabin);
    if (short.size === 0) return;
    const due: Booking[] = [];
    for (const booking of record.bookings.values()) {
      if (record.isDue(booking) && booking.needs.some(({ cabin }) => short.has(cabin))) due.push(booking);
    }
    due.sort((a, b) => a.holdExpiresAt - b.holdExpiresAt);
    record.nextMovement();
    for (const booking of due.slice(0, reclaimMax)) this.#expireOne(booking);
  }

  pay(batchId: string, members: PayMember[]): Batch<PayOutcome> {
    const { record } = this;
    const { bug } = record;
    return this.#batch(batchId, () => {
      for (const member of members) refuseNul(member.method);
      return members.map((member): PayOutcome => {
        const booking = record.bookings.get(member.id);
        if (!booking || (booking.actor !== member.actor && bug !== 'pay-ignores-actor')) return undefined;
        if (booking.status !== 'held' && bug !== 'pay-ignores-status') return undefined;
        if (booking.holdExpiresAt <= record.now() && bug !== 'pay-ignores-deadline') return undefined;
        if (record.locators.has(member.locator)) return 'locator_taken';
        if (record.payments.has(member.paymentId)) throw postgresError('23505', 'payment taken', 'payment_pkey');
        record.put(record.locators, member.locator, booking.id);
        record.set(booking, 'locator', booking.locator ?? member.locator);
        record.addPayment({
          id: member.paymentId,
          bookingId: booking.id,
          provider: mockProvider,
          amount: booking.price,
          currency: booking.currency,
          method: member.method,
          status: 'pending',
          nextCallAt: record.now(),
          createdAt: record.now(),
        });
        record.advance(booking, 'paying');
        return { version: booking.version };
      });
    });
  }

  settle(batchId: string, events: PaymentEvent[]): Batch<SettleOutcome> {
    return this.#batch(batchId, () => settleAll(this.record, this.#giveBack, events));
  }

  cancel(batchId: string, members: CancelMember[]): Batch<CancelOutcome> {
    return this.#batch(batchId, () => {
      const ended: Ended = { held: [], sold: [] };
      const outcomes = members.map((member) => this.#cancelOne(member, ended));
      this.#giveSeatsBack(ended);
      return outcomes;
    });
  }

  #giveSeatsBack({ held, sold }: Ended): void {
    this.record.nextMovement();
    for (const booking of held) this.record.move(booking, 'release', -1, 0);
    this.record.nextMovement();
    for (const booking of sold) this.record.move(booking, 'return', 0, -1);
  }

  #cancelOne(member: CancelMember, ended: Ended): CancelOutcome {
    const { record } = this;
    const { bug } = record;
    const reason = 'Cancelled by the traveller.';
    const booking = record.bookings.get(member.id);
    if (!booking || (booking.actor !== member.actor && bug !== 'cancel-ignores-actor')) return 'not_found';
    switch (booking.status) {
      case 'held':
        record.advance(booking, 'cancelled', reason);
        ended.held.push(booking);
        return 'cancelled';
      case 'confirmed': {
        if (this.#isCapturing(booking) && bug !== 'cancel-while-capturing') return 'capturing';
        if (member.quoteId === null) return 'quote_missing';
        const quote = record.quotes.get(booking.id);
        if (!quote) return 'quote_stale';
        const isNewest = quote.quoteId === member.quoteId && quote.expiresAt > record.now();
        if (!isNewest && bug !== 'cancel-ignores-quote') return 'quote_stale';
        // What it says was said of a hold, for which nothing had been paid.
        if (quote.refund + quote.penalty !== booking.price && bug !== 'quote-of-a-hold') return 'quote_stale';
        record.remove(record.quotes, booking.id);
        this.#endConfirmed(booking, quote.refund, reason);
        ended.sold.push(booking);
        return 'cancelled';
      }
      case 'cancelled':
      case 'refund_pending':
      case 'refunded':
        return 'unchanged';
      case 'paying':
      case 'failed':
      case 'expired':
        return 'not_cancellable';
    }
  }

  #isCapturing(booking: Booking): boolean {
    return (this.record.paymentsOf.get(booking.id) ?? []).some((each) => each.status === 'authorised');
  }

  #endConfirmed(booking: Booking, refund: number, reason: string): void {
    const refunds = refund > 0 && this.record.bug !== 'cancel-forgets-refund' && this.#refundSome(booking, refund);
    const to = refunds ? 'refund_pending' : 'cancelled';
    this.record.advance(booking, to, reason);
  }

  /** Gives an amount back from the booking's oldest payment that has it and was not refunded yet. */
  #refundSome(booking: Booking, amount: number): boolean {
    const payment = (this.record.paymentsOf.get(booking.id) ?? [])
      .filter(
        (each) =>
          each.status === 'succeeded' &&
          each.currency === booking.currency &&
          each.amount >= amount &&
          (this.record.bug === 'refund-not-unique' || !this.record.refundOf(each)),
      )
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))[0];
    if (!payment) return false;
    this.#giveBack(payment, amount);
    return true;
  }

  readonly #giveBack: GivesBack = (payment, amount) => {
    const { record } = this;
    if (amount === 0) return false;
    if (record.refundOf(payment) && record.bug !== 'refund-not-unique') return false;
    // Known by its payment: there is one refund a payment.
    const times = (record.refundsOf.get(payment.bookingId) ?? []).filter(
      (each) => each.paymentId === payment.id,
    ).length;
    record.addRefund({
      id: times === 0 ? `refund of ${payment.id}` : `refund of ${payment.id} (${times})`,
      paymentId: payment.id,
      bookingId: payment.bookingId,
      amount,
      currency: payment.currency,
      status: 'pending',
      nextCallAt: record.now(),
      createdAt: record.now(),
    });
    return true;
  };

  expire(batchId: string, bookingIds: string[]): Batch<boolean> {
    const { record } = this;
    return this.#batch(batchId, () =>
      bookingIds.map((id) => {
        const booking = record.bookings.get(id);
        if (!booking) return false;
        const ended = booking.status === 'expired' || (booking.status !== 'held' && booking.status !== 'paying');
        if (ended && (record.bug !== 'no-status-test' || booking.status === 'expired')) return false;
        if (booking.holdExpiresAt > record.now() && record.bug !== 'expire-ignores-deadline') return false;
        this.#expireOne(booking);
        return true;
      }),
    );
  }

  #expireOne(booking: Booking): void {
    if (this.record.bug !== 'release-twice') {
      this.record.advance(booking, 'expired', 'The seats were not paid for in time.');
    }
    this.record.move(booking, 'release', -1, 0);
  }

  release(batchId: string, bookingIds: string[]): Batch<boolean> {
    const { record } = this;
    const reason = 'The airline cancelled a flight of this booking.';
    return this.#batch(batchId, () => {
      const ended: Ended = { held: [], sold: [] };
      const outcomes = bookingIds.map((id) => {
        const booking = record.bookings.get(id);
        if (!booking || record.bug === 'release-forgets-holds' || !isStranded(booking)) return false;
        if (this.#isCapturing(booking)) return false;
        if (booking.status === 'held') {
          record.advance(booking, 'cancelled', reason);
          ended.held.push(booking);
        } else {
          this.#endConfirmed(booking, booking.price, reason);
          ended.sold.push(booking);
        }
        return true;
      });
      this.#giveSeatsBack(ended);
      return outcomes;
    });
  }

  refunded(batchId: string, refunds: { id: string; bookingId: string }[]): Batch<boolean> {
    const { record } = this;
    return this.#batch(batchId, () =>
      refunds.map(({ id, bookingId }) => {
        const refund = record.refunds.get(id);
        const booking = record.bookings.get(bookingId);
        if (!refund || !booking || refund.status !== 'pending') return false;
        record.set(refund, 'status', 'succeeded');
        record.set(refund, 'nextCallAt', null);
        const open = (record.refundsOf.get(bookingId) ?? []).some((each) => each.status === 'pending');
        if (booking.status !== 'refund_pending' || (open && record.bug !== 'refunded-early')) return false;
        record.advance(booking, 'refunded', booking.reason);
        return true;
      }),
    );
  }

  /** True for the first who seals a batch that has not committed; a tombstone looks like a commit afterwards. */
  seal(batchId: string): boolean {
    const { record } = this;
    if (record.batches.has(batchId)) return false;
    if (record.bug !== 'no-fence') record.put(record.batches, batchId, 'sealed');
    record.forgetUndo();
    return true;
  }

  known(bookingIds: string[]): boolean[] {
    return bookingIds.map((id) => this.record.bookings.has(id));
  }

  /** Nobody is ever in the middle of deciding here. */
  untilDecided(_bookingId: string): void {}

  read(bookingId: string): BookingRow | undefined {
    const booking = this.record.bookings.get(bookingId);
    return booking && this.record.rowOf(booking);
  }

  due(limit: number): string[] {
    return [...this.record.bookings.values()]
      .filter((each) => this.record.isDue(each))
      .sort((a, b) => a.holdExpiresAt - b.holdExpiresAt)
      .slice(0, limit)
      .map((each) => each.id);
  }

  stranded(limit: number): string[] {
    const stranded: string[] = [];
    for (const booking of this.record.bookings.values()) {
      if (stranded.length >= limit) break;
      if (isStranded(booking) && !this.#isCapturing(booking)) stranded.push(booking.id);
    }
    return stranded;
  }

  hoursToDeparture(bookingId: string): number {
    const { needs } = this.record.bookings.get(bookingId) as Booking;
    const first = Math.min(...needs.map(({ cabin }) => cabin.departsAt));
    return (first - this.record.now()) / hourMs;
  }

  saveQuote(quote: {
    bookingId: string;
    quoteId: string;
    refund: number;
    penalty: number;
    lifeSeconds: number;
  }): string {
    const { record } = this;
    const { bookingId, quoteId, refund, penalty } = quote;
    const expiresAt = record.now() + quote.lifeSeconds * 1_000;
    record.put(record.quotes, bookingId, { quoteId, refund, penalty, expiresAt });
    record.forgetUndo();
    return new Date(expiresAt).toISOString();
  }

  // ---- what others do to the record ----

  /** An operator's edit, as inventory writes it: seats that were promised stay. */
  editCabin(cabin: Cabin, edit: { target?: number; price?: number }): void {
    const { record } = this;
    const target = edit.target ?? cabin.target;
    record.set(cabin, 'target', target);
    record.set(cabin, 'capacity', Math.max(target, cabin.held + cabin.sold));
    record.set(cabin, 'price', edit.price ?? cabin.price);
    record.set(cabin, 'version', cabin.version + 1);
    record.forgetUndo();
  }

  /** Sales begin or end with this commit; the state of a flight stands on each of its cabins. */
  setFlightState(flightId: string, state: Cabin['state']): Cabin[] {
    const { record } = this;
    const cabins = [...record.cabins.values()].filter((each) => each.flightId === flightId);
    for (const cabin of cabins) {
      record.set(cabin, 'state', state);
      record.set(cabin, 'version', cabin.version + 1);
    }
    record.forgetUndo();
    return cabins;
  }

  /** Payments that somebody must call the provider for; they are due again `againMs` later. */
  claimPayments(againMs: number): Payment[] {
    return this.#claim(this.record.payments.values(), againMs);
  }

  claimRefunds(againMs: number): Refund[] {
    return this.#claim(this.record.refunds.values(), againMs);
  }

  #claim<T extends { nextCallAt: number | null }>(rows: Iterable<T>, againMs: number): T[] {
    const now = this.record.now();
    const due: T[] = [];
    for (const row of rows) if (row.nextCallAt !== null && row.nextCallAt <= now) due.push(row);
    for (const row of due) this.record.set(row, 'nextCallAt', now + againMs);
    this.record.forgetUndo();
    return due;
  }

  /** The provider has let the promise go. */
  markVoided(paymentId: string): void {
    const payment = this.record.payments.get(paymentId);
    if (payment?.status !== 'voiding') return;
    this.record.set(payment, 'status', 'voided');
    this.record.set(payment, 'nextCallAt', null);
    this.record.forgetUndo();
  }

  /** All of it or nothing: what a member throws undoes the members before it. */
  #batch<T>(batchId: string, decide: () => T[]): Batch<T> {
    const { record } = this;
    if (record.batches.has(batchId)) throw postgresError('23505', 'this batch is known', 'batch_pkey');
    const before = record.mark();
    record.touched.clear();
    record.asked.clear();
    const old =
      record.bug === 'old-truth' ? new Map([...record.cabins.values()].map((c) => [c, record.truthOf(c)])) : null;
    try {
      record.put(record.batches, batchId, 'committed');
      record.nextMovement();
      const outcomes = decide();
      const truths = [...new Set([...record.touched, ...record.asked])].sort((a, b) => a.id - b.id);
      return { outcomes, truths: truths.map((cabin) => old?.get(cabin) ?? record.truthOf(cabin)) };
    } catch (error) {
      if (record.bug !== 'no-rollback') record.rollback(before);
      throw error;
    } finally {
      record.forgetUndo();
    }
  }
}

/** Whether `release` would end it: a hold or a confirmed booking with a leg on a cancelled flight. */
const isStranded = (booking: Booking): boolean =>
  (booking.status === 'held' || booking.status === 'confirmed') &&
  booking.needs.some(({ cabin }) => cabin.state === 'cancelled');

const refused = (why: HoldRefusal, leg: number): HoldOutcome => ({ kind: 'refused', why, leg });

/** Postgres takes no NUL in a text, and refuses the whole statement. */
function refuseNul(text: string | null): void {
  if (text?.includes('\0')) throw postgresError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
}
