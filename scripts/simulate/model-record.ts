import type { BookingRow } from '../../server/domain/booking/booking-rows.ts';
import type { MovementKind } from '../../server/domain/inventory/ledger.entity.ts';
import type { SeatTruth } from '../../server/domain/inventory/seat-truth.ts';
import type { BookingStatus, Passenger } from '../../shared/booking.ts';
import type { CabinClass } from '../../shared/flight.ts';
import type { Bug } from './bugs.ts';

/** A cabin of the model. Instants are milliseconds since the epoch. */
export interface Cabin {
  readonly id: number;
  readonly flightId: string;
  readonly cabin: CabinClass;
  target: number;
  capacity: number;
  held: number;
  sold: number;
  price: number;
  currency: string;
  state: 'open' | 'closed' | 'cancelled';
  departsAt: number;
  version: number;
}

export interface Booking {
  readonly id: string;
  readonly actor: string;
  readonly bodyHash: string;
  status: BookingStatus;
  readonly seats: number;
  readonly price: number;
  readonly currency: string;
  readonly holdExpiresAt: number;
  locator: string | null;
  readonly contact: BookingRow['contact'];
  reason: string | null;
  version: number;
  readonly createdAt: number;
  readonly legs: { flightId: string; cabin: CabinClass; cabinId: number; quantity: number; price: number }[];
  /** Seats a cabin, summed over the legs. */
  readonly needs: { cabin: Cabin; quantity: number }[];
  readonly passengers: Passenger[];
}

export type PaymentStatus = 'pending' | 'failed' | 'authorised' | 'voiding' | 'voided' | 'succeeded';

export interface Payment {
  readonly id: string;
  readonly bookingId: string;
  readonly provider: string;
  readonly amount: number;
  readonly currency: string;
  readonly method: string | null;
  status: PaymentStatus;
  nextCallAt: number | null;
  readonly createdAt: number;
}

export interface Refund {
  readonly id: string;
  readonly paymentId: string;
  readonly bookingId: string;
  readonly amount: number;
  readonly currency: string;
  status: 'pending' | 'succeeded';
  nextCallAt: number | null;
  readonly createdAt: number;
}

export interface Quote {
  readonly quoteId: string;
  readonly refund: number;
  readonly penalty: number;
  readonly expiresAt: number;
}

export interface LedgerRow {
  readonly cabin: Cabin;
  readonly version: number;
  readonly booking: Booking;
  readonly kind: MovementKind;
  readonly dHeld: number;
  readonly dSold: number;
}

export interface LogRow {
  readonly type: string;
  readonly booking: Booking;
  readonly version: number;
  readonly status: BookingStatus;
}

/** An error as Postgres throws it. */
export const postgresError = (code: string, message: string, constraint?: string): Error =>
  Object.assign(new Error(message), { code, constraint });

/**
 * The rows that selling needs, in memory, with an undo log instead of copies: a batch that fails, or
 * a step that an exploration takes back, costs what it changed.
 */
export class ModelRecord {
  readonly cabins = new Map<string, Cabin>();
  readonly bookings = new Map<string, Booking>();
  readonly payments = new Map<string, Payment>();
  readonly paymentsOf = new Map<string, Payment[]>();
  readonly refunds = new Map<string, Refund>();
  readonly refundsOf = new Map<string, Refund[]>();
  readonly events = new Map<string, string>();
  readonly quotes = new Map<string, Quote>();
  readonly batches = new Map<string, 'committed' | 'sealed'>();
  readonly locators = new Map<string, string>();
  readonly ledger: LedgerRow[] = [];
  readonly log: LogRow[] = [];
  /** Cabins that the batch at hand has touched. */
  readonly touched = new Set<Cabin>();
  /** Cabins that the batch at hand is about, for a refusal tells of them as well. */
  readonly asked = new Set<Cabin>();
  /** Cabins whose version the movement at hand has raised. */
  private readonly raised = new Set<Cabin>();
  readonly now: () => number;
  readonly bug: Bug | undefined;
  /** Explorations take whole batches back; otherwise the log is dropped with each commit. */
  readonly keepsUndo: boolean;
  private readonly undo: unknown[] = [];

  constructor(options: { now: () => number; bug?: Bug; keepsUndo?: boolean }) {
    this.now = options.now;
    this.bug = options.bug;
    this.keepsUndo = options.keepsUndo ?? false;
  }

  // ---- writing, so that it can be taken back ----

  set<T extends object, K extends keyof T>(row: T, key: K, value: T[K]): void {
    this.undo.push(row, key, row[key]);
    row[key] = value;
  }

  put<V>(map: Map<string, V>, key: string, value: V): void {
    this.undo.push(map, key, map.get(key));
    map.set(key, value);
  }

  remove<V>(map: Map<string, V>, key: string): void {
    this.undo.push(map, key, map.get(key));
    map.delete(key);
  }

  push<T>(list: T[], item: T): void {
    this.undo.push(list, undefined, undefined);
    list.push(item);
  }

  mark(): number {
    return this.undo.length;
  }

  rollback(mark: number): void {
    const { undo } = this;
    while (undo.length > mark) {
      const old = undo.pop();
      const key = undo.pop() as string;
      const target = undo.pop();
      if (target instanceof Map) {
        if (old === undefined) target.delete(key);
        else target.set(key, old);
      } else if (Array.isArray(target)) target.pop();
      else (target as Record<string, unknown>)[key] = old;
    }
  }

  forgetUndo(): void {
    if (!this.keepsUndo) this.undo.length = 0;
  }

  // ---- rows ----

  addCabin(row: Omit<Cabin, 'held' | 'sold' | 'version' | 'capacity' | 'state'>): Cabin {
    const cabin: Cabin = { ...row, capacity: row.target, held: 0, sold: 0, version: 1, state: 'open' };
    this.cabins.set(`${cabin.flightId} ${cabin.cabin}`, cabin);
    return cabin;
  }

  cabinOf(flightId: string, cabin: CabinClass): Cabin | undefined {
    return this.cabins.get(`${flightId} ${cabin}`);
  }

  isForSale(cabin: Cabin): boolean {
    return cabin.state === 'open' && cabin.departsAt > this.now();
  }

  freeOf(cabin: Cabin): number {
    const limit = this.bug === 'hold-ignores-target' ? cabin.capacity : cabin.target;
    return limit - cabin.held - cabin.sold;
  }

  /** From here on, movements raise versions again: those between two calls are one statement. */
  nextMovement(): void {
    this.raised.clear();
  }

  private raise(cabin: Cabin): void {
    this.touched.add(cabin);
    if (this.raised.has(cabin)) return;
    this.raised.add(cabin);
    if (this.bug !== 'version-stays') this.set(cabin, 'version', cabin.version + 1);
  }

  /** Moves seats of one booking on all its cabins, each with its row of the ledger. */
  move(booking: Booking, kind: MovementKind, heldOfOne: number, soldOfOne: number): void {
    for (const { cabin, quantity } of booking.needs) {
      this.raise(cabin);
      const dHeld = quantity * heldOfOne;
      const dSold = quantity * soldOfOne;
      this.set(cabin, 'held', cabin.held + dHeld);
      this.set(cabin, 'sold', cabin.sold + dSold);
      // Above its target a cabin has only what was promised before the cut: freed seats are not sold again.
      if (dHeld + dSold < 0 && this.bug !== 'hold-ignores-target')
        this.set(cabin, 'capacity', Math.max(cabin.target, cabin.held + cabin.sold));
      this.checkCabin(cabin);
      const forgets =
        (this.bug === 'release-forgets-ledger' && kind === 'release') ||
        (this.bug === 'hold-forgets-ledger' && kind === 'hold');
      if (!forgets) this.push(this.ledger, { cabin, version: cabin.version, booking, kind, dHeld, dSold });
      if (this.bug === 'release-forgets-a-leg' && kind === 'release') break;
    }
  }

  /** The CHECKs of the table. */
  checkCabin(cabin: Cabin): void {
    if (this.bug === 'no-capacity-test' || this.bug === 'retake-without-test' || this.bug === 'no-id-test') return;
    if (cabin.held < 0 || cabin.sold < 0 || cabin.held + cabin.sold > cabin.capacity) {
      throw postgresError('23514', 'a cabin would be overbooked', 'cabin_no_overbooking_ck');
    }
  }

  /** One arrow of a booking's life: status, version, and what the log keeps. */
  advance(booking: Booking, to: Exclude<BookingStatus, 'held'>, reason?: string | null): void {
    this.set(booking, 'status', to);
    this.set(booking, 'version', booking.version + 1);
    this.set(booking, 'reason', reason ?? null);
    if (this.bug === 'log-forgotten' && to === 'expired') return;
    const type = to === 'paying' ? 'booking_intent.created' : `booking.${to}`;
    this.push(this.log, { type, booking, version: booking.version, status: to });
  }

  addPayment(payment: Payment): void {
    this.put(this.payments, payment.id, payment);
    let own = this.paymentsOf.get(payment.bookingId);
    if (!own) {
      own = [];
      this.put(this.paymentsOf, payment.bookingId, own);
    }
    this.push(own, payment);
  }

  addRefund(refund: Refund): void {
    this.put(this.refunds, refund.id, refund);
    let own = this.refundsOf.get(refund.bookingId);
    if (!own) {
      own = [];
      this.put(this.refundsOf, refund.bookingId, own);
    }
    this.push(own, refund);
  }

  refundOf(payment: Payment): Refund | undefined {
    return this.refundsOf.get(payment.bookingId)?.find((each) => each.paymentId === payment.id);
  }

  truthOf(cabin: Cabin): SeatTruth {
    return {
      cabinId: cabin.id,
      flightId: cabin.flightId,
      cabin: cabin.cabin,
      targetCapacity: cabin.target,
      capacity: cabin.capacity,
      held: cabin.held,
      sold: cabin.sold,
      priceAmount: cabin.price,
      priceCurrency: cabin.currency,
      state: cabin.state,
      version: cabin.version,
    };
  }

  isDue(booking: Booking): boolean {
    return (booking.status === 'held' || booking.status === 'paying') && booking.holdExpiresAt <= this.now();
  }

  rowOf(booking: Booking): BookingRow {
    const payment = newest(this.paymentsOf.get(booking.id));
    const refund = newest(this.refundsOf.get(booking.id));
    return {
      id: booking.id,
      actor: booking.actor,
      bodyHash: booking.bodyHash,
      status: booking.status,
      due: this.isDue(booking),
      seats: booking.seats,
      priceAmount: booking.price,
      priceCurrency: booking.currency,
      holdExpiresAt: new Date(booking.holdExpiresAt).toISOString(),
      locator: booking.locator,
      contact: booking.contact,
      reason: booking.reason,
      fare: null,
      version: booking.version,
      createdAt: new Date(booking.createdAt).toISOString(),
      legs: booking.legs.map(({ flightId, cabin, cabinId, quantity }) => ({ flightId, cabin, cabinId, quantity })),
      passengers: booking.passengers,
      payment: payment
        ? { id: payment.id, status: payment.status, amount: { amount: payment.amount, currency: payment.currency } }
        : null,
      refund: refund ? { status: refund.status, amount: { amount: refund.amount, currency: refund.currency } } : null,
    };
  }
}

/** By creation, then by id, as the record's views order them. */
function newest<T extends { createdAt: number; id: string }>(rows: T[] | undefined): T | undefined {
  let best: T | undefined;
  for (const row of rows ?? []) {
    if (!best || row.createdAt > best.createdAt || (row.createdAt === best.createdAt && row.id > best.id)) best = row;
  }
  return best;
}
