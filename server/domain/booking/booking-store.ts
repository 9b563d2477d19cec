import type { Passenger } from '../../../shared/booking.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import type { Money } from '../../../shared/money.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import type { StoredFare } from '../offers/stored-fare.ts';
import type { PaymentEvent } from '../payments/payment-event.ts';
import type { BookingRow } from './booking-rows.ts';

/**
 * What selling needs of the record. Each verb decides a whole batch in one call and one transaction,
 * each member for itself, and answers one outcome a member, in order. No two members of a batch may
 * be about the same booking.
 *
 * Two implementations must decide alike: Postgres (postgres-booking-store.ts) and the model that the
 * simulation runs on.
 *
 * A call that rejects has either written nothing, or it is unknown whether it committed (the
 * connection was lost). `seal` ends the doubt; afterwards the same members may be sent again under a
 * new batch id, for every verb is idempotent by the booking's id and state.
 */
export interface BookingStore {
  hold(batchId: string, members: HoldMember[], options?: { skipLocked?: boolean }): Promise<Batch<HoldOutcome>>;
  /** `held → paying`, with the payment's row. */
  pay(batchId: string, members: PayMember[]): Promise<Batch<PayOutcome>>;
  /** Merges what a provider told into payment, booking and seats. */
  settle(batchId: string, events: PaymentEvent[]): Promise<Batch<SettleOutcome>>;
  cancel(batchId: string, members: CancelMember[]): Promise<Batch<CancelOutcome>>;
  /** `held | paying → expired` where the deadline is over by the record's clock. Answers who moved. */
  expire(batchId: string, bookingIds: string[]): Promise<Batch<boolean>>;
  /** Ends bookings with a leg on a cancelled flight: holds are given back, confirmed ones refunded in full. */
  release(batchId: string, bookingIds: string[]): Promise<Batch<boolean>>;
  /** The provider has given this money back: `refund_pending → refunded` when nothing else is pending. */
  refunded(batchId: string, refunds: { id: string; bookingId: string }[]): Promise<Batch<boolean>>;

  /** From now on this batch can never commit. True: it never did; false: it had committed, or was sealed before. */
  seal(batchId: string): Promise<boolean>;

  read(bookingId: string): Promise<BookingRow | undefined>;
  /** Waits for whoever is deciding about this booking at the moment. */
  untilDecided(bookingId: string): Promise<void>;
  /** Which of these ids belong to bookings, whoever's. */
  known(bookingIds: string[]): Promise<boolean[]>;
  /** Bookings past their deadline, longest first. */
  due(limit: number): Promise<string[]>;
  /** Bookings that `release` would end. */
  stranded(limit: number): Promise<string[]>;
  /** Hours until the first departure of the booking; negative after it. */
  hoursToDeparture(bookingId: string): Promise<number>;
  /** A newer quote replaces an older one. Answers when it ends (ISO instant). */
  saveQuote(quote: {
    bookingId: string;
    quoteId: string;
    refund: number;
    penalty: number;
    lifeSeconds: number;
  }): Promise<string>;
}

export interface Batch<Outcome> {
  outcomes: Outcome[];
  /** The touched cabins as this batch leaves them; of `hold` also those that refused. */
  truths: SeatTruth[];
}

/**
 * One hold on its way to the record. Legs are priced there, under the lock that takes the seats, but
 * for one whose price was agreed before: it costs that, in minor units a seat of its cabin's currency.
 */
export interface HoldMember {
  id: string;
  actor: string;
  /** SHA-256 of what was asked, in hex. */
  bodyHash: string;
  seats: number;
  legs: { flightId: string; cabin: CabinClass; agreed?: number }[];
  passengers: Passenger[];
  contact: { email: string; phone?: string } | null;
  /** What the booking keeps of the offer it is made from; then every leg has an agreed price. */
  fare?: StoredFare;
  /** What the party was shown; another price refuses the hold. */
  expected: Money | null;
  ttlSeconds: number;
}

export type HoldOutcome =
  | { kind: 'held'; booking: BookingRow }
  /** The id is taken already: a repeat, or somebody else's. */
  | { kind: 'exists' }
  /** Nothing was written. `leg` is the place of the first leg that refused, `cabin` what it is now. */
  | { kind: 'refused'; why: HoldRefusal; leg: number; cabin?: SeatTruth }
  /** Nothing was written: the party costs this now. */
  | { kind: 'repriced'; now: Money };

export type HoldRefusal =
  | 'sold_out'
  /** Closed, cancelled or departed. */
  | 'closed'
  /** No such flight, or no such cabin on it. */
  | 'unknown'
  /** Priced in another currency than the first leg. */
  | 'foreign'
  /** The sum is beyond 2^53. */
  | 'range'
  /** Somebody keeps the cabin's row locked (only with `skipLocked`). */
  | 'locked';

export interface PayMember {
  id: string;
  actor: string;
  paymentId: string;
  locator: string;
  method: string | null;
}

/** The booking's new version. Undefined: not held any more, over, or not the actor's. Read it and answer accordingly. */
export type PayOutcome = { version: number } | 'locator_taken' | undefined;

export type SettleOutcome =
  | { kind: 'applied'; status: 'authorised' | 'succeeded' | 'failed' }
  /** Heard before, or it changes nothing: a payment's status only rises. */
  | { kind: 'known' }
  /** Nothing was written for these. */
  | { kind: 'no_booking' | 'other_booking' | 'other_amount' };

export interface CancelMember {
  id: string;
  actor: string;
  quoteId: string | null;
}

export type CancelOutcome =
  | 'cancelled'
  /** It was cancelled before. */
  | 'unchanged'
  /** A confirmed booking is cancelled by a quote. */
  | 'quote_missing'
  /** Over, used, or not the newest. */
  | 'quote_stale'
  /** Its money is promised but not there yet; soon it can be given back. */
  | 'capturing'
  | 'not_cancellable'
  | 'not_found';
