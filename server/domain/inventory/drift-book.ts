import type { Metrics } from '../operations/metrics.ts';
import type { CabinDrift } from './audit-seats.ts';

/**
 * Which cabins are known to disagree, as the newest look at each of them said. One a process; the
 * metric `seat_drift_cabins` is its size, and it is empty, always.
 */
export interface DriftBook {
  /** These cabins were compared, and of them only the given ones disagree. Answers those that were not known to, or differ by other numbers now. */
  seen(cabinIds: number[], adrift: CabinDrift[]): CabinDrift[];
  /** Every cabin was compared. `unnamed` more disagree than are given. */
  seenAll(adrift: CabinDrift[], unnamed: number): CabinDrift[];
  known(): CabinDrift[];
}

/** Sales go on in a cabin that has drifted, and move all three records alike: what identifies a finding is how far they are apart. */
export const gapOf = ({ counters, ledger, bookings }: Pick<CabinDrift, 'counters' | 'ledger' | 'bookings'>) => ({
  ledger: { held: ledger.held - counters.held, sold: ledger.sold - counters.sold },
  bookings: { held: bookings.held - counters.held, sold: bookings.sold - counters.sold },
});

export function createDriftBook(metrics: Pick<Metrics, 'seatDrift'>): DriftBook {
  const known = new Map<number, CabinDrift>();
  let unnamed = 0;
  const note = (adrift: CabinDrift[]): CabinDrift[] => {
    const news = adrift.filter((each) => {
      const before = known.get(each.cabinId);
      return !before || JSON.stringify(gapOf(before)) !== JSON.stringify(gapOf(each));
    });
    for (const each of adrift) known.set(each.cabinId, each);
    metrics.seatDrift.set(known.size + unnamed);
    return news;
  };
  const forget = (cabinIds: Iterable<number>, adrift: CabinDrift[]): void => {
    const still = new Set(adrift.map((each) => each.cabinId));
    for (const id of cabinIds) if (!still.has(id)) known.delete(id);
  };
  return {
    seen: (cabinIds, adrift) => {
      forget(cabinIds, adrift);
      return note(adrift);
    },
    seenAll: (adrift, more) => {
      unnamed = more;
      forget([...known.keys()], adrift);
      return note(adrift);
    },
    known: () => [...known.values()],
  };
}
