import type {
  Batch,
  CancelMember,
  CancelOutcome,
  HoldMember,
  HoldOutcome,
  PayMember,
  PayOutcome,
} from '../../server/domain/booking/booking-store.ts';
import type { SeatTruth } from '../../server/domain/inventory/seat-truth.ts';
import type { Cabin, ModelRecord } from './model-record.ts';
import { demand } from './violation.ts';

/** Seats that a hold could have had: what is free, and what holds keep whose time is over. */
export function gettable(record: ModelRecord, cabin: Cabin): number {
  let seats = cabin.target - cabin.held - cabin.sold;
  for (const booking of record.bookings.values()) {
    if (!record.isDue(booking)) continue;
    for (const need of booking.needs) if (need.cabin === cabin) seats += need.quantity;
  }
  return seats;
}

/** What is published of cabins is what they are. */
export function checkTruths(record: ModelRecord, truths: SeatTruth[]): void {
  for (const truth of truths) {
    const cabin = record.cabinOf(truth.flightId, truth.cabin) as Cabin;
    const { version, held, sold, targetCapacity, priceAmount, state } = truth;
    demand(
      version === cabin.version &&
        held === cabin.held &&
        sold === cabin.sold &&
        targetCapacity === cabin.target &&
        priceAmount === cabin.price &&
        state === cabin.state,
      'a truth is true',
      () =>
        `cabin ${cabin.id}: held ${held}, sold ${sold}, version ${version}; it has ${cabin.held}, ${cabin.sold}, ${cabin.version}`,
    );
  }
}

/** Whether what a batch of holds was told is so, just behind its commit. */
export function checkHolds(record: ModelRecord, members: HoldMember[], { outcomes, truths }: Batch<HoldOutcome>): void {
  checkTruths(record, truths);
  members.forEach((member, place) => {
    const outcome = outcomes[place] as HoldOutcome;
    const booking = record.bookings.get(member.id);
    if (outcome.kind === 'held') {
      demand(
        booking?.actor === member.actor && booking.bodyHash === member.bodyHash && booking.status === 'held',
        'who is told «held» is held',
        () => `${member.id}: ${booking?.status ?? 'no booking'}`,
      );
      const { expected } = member;
      demand(
        !expected || (expected.amount === booking.price && expected.currency === booking.currency),
        'what was shown is charged',
        () => `${member.id}: shown ${expected?.amount}, charged ${booking.price}`,
      );
      return;
    }
    if (outcome.kind === 'exists') {
      demand(booking !== undefined, 'who is told «exists» exists', () => member.id);
      return;
    }
    demand(booking === undefined, 'a refusal writes nothing', () => `${member.id} is ${booking?.status}`);
    if (outcome.kind !== 'refused') return;
    const leg = member.legs[outcome.leg] as HoldMember['legs'][number];
    const cabin = record.cabinOf(leg.flightId, leg.cabin);
    demand(
      (cabin === undefined) === (outcome.why === 'unknown'),
      'a refusal is right',
      () => `${member.id}: ${outcome.why}`,
    );
    if (!cabin) return;
    if (outcome.why === 'closed') {
      demand(!record.isForSale(cabin), 'a refusal is right', () => `${member.id}: closed, but it is for sale`);
    }
    if (outcome.why === 'sold_out') {
      const legs = member.legs.filter((each) => each.flightId === leg.flightId && each.cabin === leg.cabin);
      const wanted = member.seats * legs.length;
      const free = gettable(record, cabin);
      demand(free < wanted, 'who is told «sold out» could not have had seats', () => {
        return `${member.id} wanted ${wanted} seats of cabin ${cabin.id}, and ${free} were to be had`;
      });
    }
  });
}

export function checkPays(record: ModelRecord, members: PayMember[], { outcomes }: Batch<PayOutcome>): void {
  members.forEach((member, place) => {
    const outcome = outcomes[place];
    if (typeof outcome !== 'object') return;
    const booking = record.bookings.get(member.id);
    demand(booking?.actor === member.actor, 'nobody pays for another’s booking', () => member.id);
    demand(
      booking.status === 'paying' && booking.version === outcome.version && booking.locator === member.locator,
      'who is told «paying» is paying',
      () => `${member.id} is ${booking.status} (${booking.version})`,
    );
  });
}

export function checkCancels(record: ModelRecord, members: CancelMember[], batch: Batch<CancelOutcome>): void {
  checkTruths(record, batch.truths);
  members.forEach((member, place) => {
    const booking = record.bookings.get(member.id);
    if (batch.outcomes[place] === 'not_found') return;
    demand(booking?.actor === member.actor, 'nobody cancels another’s booking', () => member.id);
  });
}
