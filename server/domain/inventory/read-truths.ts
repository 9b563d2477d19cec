import type { CabinClass } from '../../../shared/flight.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { type SeatTruth, seatTruthColumns } from './seat-truth.ts';

const truthsSql = `
  select ${seatTruthColumns}
  from unnest($1::uuid[], $2::text[]) w (flight_id, cabin)
  join cabin c on c.flight_id = w.flight_id and c.cabin = w.cabin`;

/** What Postgres says now of these cabins; those that do not exist are left out. */
export async function readTruths(
  db: Queryable,
  cabins: { flightId: string; cabin: CabinClass }[],
): Promise<SeatTruth[]> {
  const { rows } = await db.query<SeatTruth>({
    name: 'read-truths',
    text: truthsSql,
    values: [cabins.map((each) => each.flightId), cabins.map((each) => each.cabin)],
  });
  return rows;
}
