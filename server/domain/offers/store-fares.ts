import type { CabinFares } from '../../../shared/fare.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { saveFareFamily } from './fare-families.ts';

/** Fares as a cabin's row keeps them. Undefined: nothing was said; null: there are none. */
export interface StoredFares {
  /** Pairs of above and amount. */
  ladder?: number[] | null;
  familyId?: number | null;
}

/** Makes the family of brands if there is none like it yet, and lays the ladder flat. */
export async function storeFares(tx: Queryable, fares: CabinFares | undefined): Promise<StoredFares> {
  const { ladder, brands } = fares ?? {};
  return {
    ...(ladder !== undefined && { ladder: ladder?.flatMap(({ above, amount }) => [above, amount]) ?? null }),
    ...(brands !== undefined && { familyId: brands && (await saveFareFamily(tx, brands)) }),
  };
}
