import type { CabinFares } from '../../../shared/fare.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import type { Money } from '../../../shared/money.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { storeFares } from '../offers/store-fares.ts';
import { writeCabins } from './write-flights.ts';

// Cutting capacity below what is taken keeps every seat that was promised: the hard limit stays at
// what is taken, the target falls, and freed seats are not sold again until the target is met.
const editCabinSql = `
  update cabin set
    target_capacity = coalesce($3::int4, target_capacity),
    capacity = greatest(coalesce($3::int4, target_capacity), held + sold),
    -- A price alone is that of every seat: it ends a ladder. A ladder sets the price itself.
    price_amount = coalesce($4::int8, price_amount),
    price_currency = coalesce($5::text, price_currency),
    ladder = case when $6 then $7::int8[] when $4 is null then ladder end,
    fare_family_id = case when $8 then $9::int4 else fare_family_id end,
    version = version + 1
  where flight_id = $1 and cabin = $2`;

/**
 * Changes capacities, prices and fares, and adds cabins that the flight does not have yet.
 * Fails: INVALID_INPUT for a new cabin without capacity or price.
 */
export async function editCabins(
  tx: Queryable,
  flightId: string,
  cabins: { cabin: CabinClass; capacity?: number; price?: Money; fares?: CabinFares }[],
): Promise<void> {
  for (const [index, { cabin, capacity, price, fares }] of cabins.entries()) {
    const { ladder, familyId } = await storeFares(tx, fares);
    const edited = await tx.query(editCabinSql, [
      flightId,
      cabin,
      capacity ?? null,
      price?.amount ?? null,
      price?.currency ?? null,
      ladder !== undefined,
      ladder ?? null,
      familyId !== undefined,
      familyId ?? null,
    ]);
    if (edited.rowCount !== 0) continue;
    if (capacity === undefined || price === undefined) {
      throw invalidInput(
        ['cabins', index, 'cabin'],
        'the flight has no such cabin; a new one needs capacity and price',
      );
    }
    await writeCabins(tx, [{ flightId, cabin, capacity, price, ladder, familyId }]);
  }
}
