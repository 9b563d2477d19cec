import { arrows } from '../../server/domain/booking/booking-lifecycle.ts';
import type { BookingStatus } from '../../shared/booking.ts';
import type { Booking, Cabin, ModelRecord } from './model-record.ts';
import { demand } from './violation.ts';

interface Sums {
  ledgerHeld: number;
  ledgerSold: number;
  bookedHeld: number;
  bookedSold: number;
}

const show = (cabin: Cabin) =>
  `cabin ${cabin.id}: held ${cabin.held}, sold ${cabin.sold}, capacity ${cabin.capacity}, target ${cabin.target}, version ${cabin.version}`;

/**
 * What must be true of the record after every step, whatever happened: seats, counters, arrows,
 * versions, money. Reads everything; the worlds of a simulation are small.
 *
 * @param kept money that a cancellation kept, by booking.
 */
export function checkRecord(record: ModelRecord, kept: ReadonlyMap<string, number>): void {
  checkSeats(record);
  checkLife(record);
  checkMoney(record, kept);
}

/** Never oversold; counters = ledger = legs of bookings. */
function checkSeats(record: ModelRecord): void {
  const sums = new Map<Cabin, Sums>();
  for (const cabin of record.cabins.values()) {
    demand(cabin.held >= 0 && cabin.sold >= 0, 'counters are not negative', () => show(cabin));
    demand(cabin.held + cabin.sold <= cabin.capacity, 'no cabin is oversold', () => show(cabin));
    demand(cabin.capacity >= cabin.target, 'the limit is at least the target', () => show(cabin));
    sums.set(cabin, { ledgerHeld: 0, ledgerSold: 0, bookedHeld: 0, bookedSold: 0 });
  }
  for (const row of record.ledger) {
    const sum = sums.get(row.cabin) as Sums;
    sum.ledgerHeld += row.dHeld;
    sum.ledgerSold += row.dSold;
  }
  for (const booking of record.bookings.values()) {
    const isHeld = booking.status === 'held' || booking.status === 'paying';
    if (!isHeld && booking.status !== 'confirmed') continue;
    for (const { cabin, quantity } of booking.needs) {
      const sum = sums.get(cabin) as Sums;
      if (isHeld) sum.bookedHeld += quantity;
      else sum.bookedSold += quantity;
    }
  }
  for (const [cabin, sum] of sums) {
    demand(
      cabin.held === sum.ledgerHeld && cabin.sold === sum.ledgerSold,
      'counters equal the ledger',
      () => `${show(cabin)}; the ledger has held ${sum.ledgerHeld}, sold ${sum.ledgerSold}`,
    );
    demand(
      cabin.held === sum.bookedHeld && cabin.sold === sum.bookedSold,
      'counters equal the bookings',
      () => `${show(cabin)}; bookings have held ${sum.bookedHeld}, sold ${sum.bookedSold}`,
    );
  }
}

/** Legal arrows only, each written into the log once, with versions without a gap. */
function checkLife(record: ModelRecord): void {
  const told = new Map<Booking, { status: BookingStatus; version: number }>();
  for (const row of record.log) {
    const before = told.get(row.booking) ?? { status: 'held' as const, version: 1 };
    const from: readonly BookingStatus[] = arrows[row.status as keyof typeof arrows];
    demand(
      from.includes(before.status),
      'only legal arrows',
      () => `${row.booking.id}: ${before.status} → ${row.status}`,
    );
    demand(
      row.version === before.version + 1,
      'the log has every version once',
      () => `${row.booking.id}: ${row.status} has version ${row.version} after ${before.version}`,
    );
    before.status = row.status;
    before.version = row.version;
    told.set(row.booking, before);
  }
  for (const booking of record.bookings.values()) {
    const last = told.get(booking) ?? { status: 'held', version: 1 };
    demand(
      booking.status === last.status && booking.version === last.version,
      'the log tells what the booking is',
      () => `${booking.id} is ${booking.status} (${booking.version}), the log says ${last.status} (${last.version})`,
    );
    const once = new Set<string>();
    for (const { status } of record.log.filter((row) => row.booking === booking)) {
      demand(!once.has(status), 'each arrow happens once', () => `${booking.id} became ${status} twice`);
      once.add(status);
    }
  }
}

/**
 * Money that came, or was promised, and is not on its way back is the price of a confirmed booking,
 * or what its cancellation kept. This holds at every commit, for a refund is written with its cause.
 */
function checkMoney(record: ModelRecord, kept: ReadonlyMap<string, number>): void {
  for (const booking of record.bookings.values()) {
    let balance = 0;
    for (const payment of record.paymentsOf.get(booking.id) ?? []) {
      if (payment.status === 'succeeded' || payment.status === 'authorised') balance += payment.amount;
      let back = 0;
      let times = 0;
      for (const refund of record.refundsOf.get(booking.id) ?? []) {
        if (refund.paymentId !== payment.id) continue;
        back += refund.amount;
        times += 1;
      }
      demand(times <= 1, 'one refund a payment', () => `payment ${payment.id} of ${booking.id} has ${times}`);
      demand(
        back <= (payment.status === 'succeeded' ? payment.amount : 0),
        'no more goes back than came',
        () => `payment ${payment.id} of ${booking.id}: ${back} of ${payment.amount} (${payment.status})`,
      );
      balance -= back;
    }
    const owed = booking.status === 'confirmed' ? booking.price : (kept.get(booking.id) ?? 0);
    demand(
      balance === owed,
      'captured − refunded is what is sold',
      () => `${booking.id} is ${booking.status}, costs ${booking.price}; we have ${balance} and should have ${owed}`,
    );
  }
}

/** Where a step began: what it wrote stands behind these. */
export interface StepStart {
  ledger: number;
  log: number;
  versions: ReadonlyMap<Cabin, number>;
}

export const startStep = (record: ModelRecord): StepStart => ({
  ledger: record.ledger.length,
  log: record.log.length,
  versions: new Map([...record.cabins.values()].map((cabin) => [cabin, cabin.version])),
});

/**
 * What must be true of one step.
 *
 * @param edited cabins that an operator has edited in it.
 */
export function checkStep(record: ModelRecord, start: StepStart, edited: Cabin[] = []): void {
  const now = record.now();
  for (const { booking, status } of record.log.slice(start.log)) {
    if (status === 'paying') {
      demand(now < booking.holdExpiresAt, 'no hold is paid for after its deadline', () => booking.id);
    }
    if (status === 'expired')
      demand(now >= booking.holdExpiresAt, 'no hold expires before its deadline', () => booking.id);
    if (status === 'refunded') {
      const pending = (record.refundsOf.get(booking.id) ?? []).some((each) => each.status === 'pending');
      demand(!pending, 'refunded means that the money went back', () => booking.id);
    }
  }
  const written = record.ledger.slice(start.ledger);
  for (const { cabin, booking, kind } of written) {
    if (kind !== 'hold' && kind !== 'retake') continue;
    demand(cabin.held + cabin.sold <= cabin.target, 'nothing is sold beyond what the operator asked for', () =>
      show(cabin),
    );
    demand(record.isForSale(cabin), 'only what is for sale is sold', () => `${show(cabin)}, ${cabin.state}`);
    if (kind === 'hold') {
      const sum = booking.legs.reduce((total, leg) => total + leg.price * leg.quantity, 0);
      demand(
        booking.price === sum,
        'each seat costs the price of its cabin',
        () => `${booking.id}: ${booking.price}, not ${sum}`,
      );
    }
  }
  for (const [cabin, before] of start.versions) {
    demand(cabin.version >= before, 'versions rise', () => show(cabin));
    for (let version = before + 1; version <= cabin.version; version++) {
      demand(
        edited.includes(cabin) || written.some((row) => row.cabin === cabin && row.version === version),
        'each version has its row of the ledger',
        () => show(cabin),
      );
    }
  }
  for (const { cabin, version } of written) {
    demand(
      version > (start.versions.get(cabin) ?? 0) && version <= cabin.version,
      'a change of seats raises the version',
      () => `${show(cabin)}; the ledger says ${version}`,
    );
  }
}
