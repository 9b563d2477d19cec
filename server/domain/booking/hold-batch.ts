import { money } from '../../../shared/money.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { CabinMap } from '../inventory/cabin-map.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import type { BookingRow } from './booking-rows.ts';
import type { Batch, HoldMember, HoldOutcome, HoldRefusal } from './booking-store.ts';

/** The one row that `hold_seats` answers (migrations/0023_rows_of_a_hold.sql says what the letters mean). */
export interface HoldAnswer {
  /** Null when everybody is held. */
  codes: string | null;
  refusedLeg: (number | null)[] | null;
  /** Milliseconds since the epoch, by Postgres' clock. */
  at: number;
  truths: SeatTruth[];
  /** One seat on each leg of the call, if a cabin's price moved with the seats; else its truth says it. */
  legPrices: (number | null)[] | null;
}

const refusals: Record<string, HoldRefusal> = {
  u: 'unknown',
  c: 'closed',
  f: 'foreign',
  g: 'range',
  s: 'sold_out',
  l: 'locked',
};

/** The arguments of `hold_seats`, in its order. */
export function holdValues(batchId: string, members: HoldMember[], skipLocked: boolean): unknown[] {
  const places = new CabinMap<number>();
  const flights: string[] = [];
  const classes: string[] = [];
  const need: number[] = [];
  const legMember: number[] = [];
  const legPosition: number[] = [];
  const legCabin: number[] = [];
  const legPrice: (number | null)[] = [];
  members.forEach((member, at) => {
    member.legs.forEach((leg, position) => {
      let place = places.get(leg.flightId, leg.cabin);
      if (place === undefined) {
        place = flights.push(leg.flightId);
        places.set(leg.flightId, leg.cabin, place);
        classes.push(leg.cabin);
        need.push(0);
      }
      need[place - 1] = (need[place - 1] as number) + member.seats;
      legMember.push(at + 1);
      legPosition.push(position + 1);
      legCabin.push(place);
      legPrice.push(leg.agreed ?? null);
    });
  });
  const travellers = members.flatMap((member, at) =>
    member.passengers.map((passenger, position) => ({ ...passenger, member: at + 1, position: position + 1 })),
  );
  return [
    batchId,
    arrayLiteral(flights),
    arrayLiteral(classes),
    arrayLiteral(need),
    arrayLiteral(members.map((each) => each.id)),
    arrayLiteral(members.map((each) => each.actor)),
    arrayLiteral(members.map((each) => each.bodyHash)),
    arrayLiteral(members.map((each) => each.seats)),
    arrayLiteral(members.map((each) => each.legs.length)),
    arrayLiteral(members.map((each) => each.expected?.amount ?? null)),
    arrayLiteral(members.map((each) => each.expected?.currency ?? null)),
    arrayLiteral(members.map((each) => each.ttlSeconds)),
    members.some((each) => each.contact)
      ? members.map((each) => each.contact && JSON.stringify(each.contact))
      : arrayLiteral(members.map(() => null)),
    members.some((each) => each.fare) ? members.map((each) => each.fare && JSON.stringify(each.fare)) : null,
    arrayLiteral(legMember),
    arrayLiteral(legPosition),
    arrayLiteral(legCabin),
    legPrice.some((each) => each !== null) ? arrayLiteral(legPrice) : null,
    arrayLiteral(travellers.map((each) => each.member)),
    arrayLiteral(travellers.map((each) => each.position)),
    arrayLiteral(travellers.map((each) => each.type)),
    travellers.map((each) => each.givenName),
    travellers.map((each) => each.familyName),
    arrayLiteral(travellers.map((each) => each.bornOn ?? null)),
    travellers.map((each) => (each.document ? JSON.stringify(each.document) : null)),
    skipLocked,
  ];
}

export function holdOutcomes(members: HoldMember[], answer: HoldAnswer): Batch<HoldOutcome> {
  const { codes, refusedLeg, at, truths, legPrices } = answer;
  const cabins = new CabinMap<SeatTruth>();
  for (const truth of truths) cabins.set(truth.flightId, truth.cabin, truth);
  const createdAt = new Date(at).toISOString();
  /** By their lives: most members of a batch have the same, and writing a time costs a microsecond. */
  const ends = new Map<number, string>();
  const endOf = (ttlSeconds: number): string => {
    let end = ends.get(ttlSeconds);
    if (!end) {
      end = new Date(at + ttlSeconds * 1_000).toISOString();
      ends.set(ttlSeconds, end);
    }
    return end;
  };
  let nextLeg = 0;
  const outcomes = members.map((member, place): HoldOutcome => {
    const firstLeg = nextLeg;
    nextLeg += member.legs.length;
    const seatPrice: SeatPrice = (leg, truth) =>
      member.legs[leg]?.agreed ?? legPrices?.[firstLeg + leg] ?? truth.priceAmount;
    const code = codes === null ? 'h' : (codes[place] as string);
    switch (code) {
      case 'h':
        return { kind: 'held', booking: heldBooking(member, cabins, seatPrice, createdAt, endOf(member.ttlSeconds)) };
      case 'x':
        return { kind: 'exists' };
      case 'p': {
        const price = priceOf(member, cabins, seatPrice);
        return { kind: 'repriced', now: money(price.amount, price.currency) };
      }
      default: {
        const leg = refusedLeg?.[place] ?? 0;
        const refused = member.legs[leg] as HoldMember['legs'][number];
        const cabin = cabins.get(refused.flightId, refused.cabin);
        return { kind: 'refused', why: refusals[code] as HoldRefusal, leg, ...(cabin && { cabin }) };
      }
    }
  });
  return { outcomes, truths };
}

/** One seat on a leg of a member: as agreed, as the call found it, or as the cabin says it still is. */
type SeatPrice = (leg: number, truth: SeatTruth) => number;

function priceOf(
  member: HoldMember,
  cabins: CabinMap<SeatTruth>,
  seatPrice: SeatPrice,
): { amount: number; currency: string } {
  let amount = 0;
  let currency = '';
  for (const [place, leg] of member.legs.entries()) {
    const truth = cabins.get(leg.flightId, leg.cabin) as SeatTruth;
    amount += seatPrice(place, truth) * member.seats;
    currency = truth.priceCurrency;
  }
  return { amount, currency };
}

/** What a hold looks like that was written just now: nobody can have changed it before its maker is told. */
function heldBooking(
  member: HoldMember,
  cabins: CabinMap<SeatTruth>,
  seatPrice: SeatPrice,
  createdAt: string,
  holdExpiresAt: string,
): BookingRow {
  let priceAmount = 0;
  let priceCurrency = '';
  const legs = member.legs.map((leg, place) => {
    const truth = cabins.get(leg.flightId, leg.cabin) as SeatTruth;
    priceAmount += seatPrice(place, truth) * member.seats;
    priceCurrency = truth.priceCurrency;
    return { flightId: leg.flightId, cabin: leg.cabin, cabinId: truth.cabinId, quantity: member.seats };
  });
  return {
    id: member.id,
    actor: member.actor,
    bodyHash: member.bodyHash,
    status: 'held',
    due: false,
    seats: member.seats,
    priceAmount,
    priceCurrency,
    holdExpiresAt,
    locator: null,
    contact: member.contact,
    reason: null,
    fare: member.fare ?? null,
    version: 1,
    createdAt,
    legs,
    passengers: member.passengers,
    payment: null,
    refund: null,
  };
}
