import type { BookingStatus } from '../../../shared/booking.ts';
import type { replayFaults } from '../../../shared/operations.ts';
import type { MovementKind } from './ledger.entity.ts';

/*
 * What the ledger says when it is read as a story, told without any code that sells: the sums row by
 * row, and each booking's rows as the life of its seats. If both tellers of the tale agree, neither
 * has a blind spot that is the other's.
 */

type Fault = (typeof replayFaults)[number];
export interface FoundFault {
  fault: Fault;
  version: number | null;
  about: string;
}

export interface LedgerRow {
  version: number;
  kind: MovementKind;
  dHeld: number;
  dSold: number;
}

export interface CabinFacts {
  held: number;
  sold: number;
  capacity: number;
  version: number;
  /** The version of the newest repair, which settled everything before it; 0 without one. */
  repairedAt: number;
}

/**
 * One cabin's rows in the order of their versions. Rows of one version were written by one commit,
 * so sums are judged where a version ends.
 *
 * What the capacity was in the past nobody wrote down. But an edit of it raises the version without a
 * row here; so from the last gap between versions on, it was what it is now. A repair begins anew.
 */
export function createCabinFold(cabin: CabinFacts, fault: (found: FoundFault) => void) {
  let held = 0;
  let sold = 0;
  let at = 1;
  /** Seats taken when the last version ended. */
  let before = 0;
  let peak = { taken: 0, version: null as number | null };

  const judge = (): void => {
    if (at >= cabin.repairedAt && (held < 0 || sold < 0)) {
      fault({ fault: 'below_zero', version: at, about: `${held} held, ${sold} sold` });
    }
    // Above its limit a cabin may be after a cut, and shrinks as seats are given back; it may not grow there.
    const taken = held + sold;
    if (taken > before && taken > peak.taken) peak = { taken, version: at };
    before = taken;
  };
  const arriveAt = (version: number): void => {
    if (version === at) return;
    judge();
    if (version > at + 1) peak = { taken: 0, version: null };
    if (version === cabin.repairedAt) peak = { taken: 0, version: null };
    at = version;
  };

  return {
    row: (row: LedgerRow): void => {
      if (row.version < 2 || row.version > cabin.version) {
        const about = `a ${row.kind} at version ${row.version} of a cabin at ${cabin.version}`;
        fault({ fault: 'version', version: row.version, about });
      }
      arriveAt(row.version);
      held += row.dHeld;
      sold += row.dSold;
    },
    end: (): void => {
      judge();
      if (cabin.version > at) peak = { taken: 0, version: null };
      if (peak.taken > cabin.capacity) {
        fault({ fault: 'above_capacity', version: peak.version, about: `${peak.taken} of ${cabin.capacity} taken` });
      }
      if (held !== cabin.held || sold !== cabin.sold) {
        const about = `the ledger ends at ${held} held, ${sold} sold; the counters say ${cabin.held} and ${cabin.sold}`;
        fault({ fault: 'counters', version: cabin.version, about });
      }
    },
  };
}

/** Where the seats of one booking in one cabin are. */
type Place = 'nowhere' | 'held' | 'sold' | 'released' | 'returned';

const moves: Record<Exclude<MovementKind, 'repair'>, { from: Place; to: Place; held: -1 | 0 | 1; sold: -1 | 0 | 1 }> = {
  hold: { from: 'nowhere', to: 'held', held: 1, sold: 0 },
  confirm: { from: 'held', to: 'sold', held: -1, sold: 1 },
  release: { from: 'held', to: 'released', held: -1, sold: 0 },
  retake: { from: 'released', to: 'sold', held: 0, sold: 1 },
  return: { from: 'sold', to: 'returned', held: 0, sold: -1 },
};

const placeOf = (status: BookingStatus): 'held' | 'sold' | 'none' => {
  switch (status) {
    case 'held':
    case 'paying':
      return 'held';
    case 'confirmed':
      return 'sold';
    default:
      return 'none';
  }
};

export interface BookingFacts {
  /** Null: there is no such booking. */
  status: BookingStatus | null;
  /** Its seats in this cabin over all legs; null: none of its legs is here. */
  quantity: number | null;
}

/**
 * One booking's rows in one cabin, in order: hold → confirm | release, release → retake, then
 * confirm | retake → return, each of all its seats, ending where its status says. What a repair
 * settled is not told again: a row after it may begin anywhere.
 */
export function createBookingFold(booking: BookingFacts, repairedAt: number, fault: (found: FoundFault) => void) {
  let place: Place | 'unknown' = 'nowhere';
  let newest = 0;
  return {
    row: (row: LedgerRow): void => {
      newest = row.version;
      const move = row.kind === 'repair' ? undefined : moves[row.kind];
      if (!move) {
        fault({ fault: 'sequence', version: row.version, about: 'a repair under the id of a booking' });
        return;
      }
      if (row.version <= repairedAt) {
        place = 'unknown';
        return;
      }
      if (place !== 'unknown' && place !== move.from && !(place === 'nowhere' && repairedAt > 0)) {
        fault({ fault: 'sequence', version: row.version, about: `${row.kind} of seats that are ${place}` });
      }
      place = move.to;
      const seats = booking.quantity ?? 0;
      if (booking.quantity !== null && (row.dHeld !== move.held * seats || row.dSold !== move.sold * seats)) {
        const about = `a ${row.kind} moves ${row.dHeld} held and ${row.dSold} sold; the booking has ${seats} here`;
        fault({ fault: 'quantity', version: row.version, about });
      }
    },
    end: (): void => {
      if (newest <= repairedAt && repairedAt > 0) return;
      if (booking.status === null || booking.quantity === null) {
        const about = booking.status === null ? 'no such booking' : 'the booking has no leg here';
        fault({ fault: 'no_booking', version: newest, about });
        return;
      }
      const told = place === 'held' || place === 'sold' ? place : 'none';
      if (place !== 'unknown' && told !== placeOf(booking.status)) {
        fault({ fault: 'status', version: newest, about: `the booking is ${booking.status}, its seats are ${place}` });
      }
    },
  };
}
