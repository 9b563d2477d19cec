import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { type CabinClass, cabinClasses } from '../../../shared/flight.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { writeFlights } from '../inventory/write-flights.ts';
import { saveFareFamily } from '../offers/fare-families.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import { demoBrands, demoLadder } from './demo-fares.ts';
import { demoCarriers, demoTimetable } from './demo-timetable.ts';
import { flightKey } from './scheduled-flight.ts';

const demoDays = 60;

// Foreign keys are half the cost of a bulk insert, and these rows refer to places and carriers that we
// have just read and written. Only a superuser may pass them by; anybody else simply waits longer.
const withoutForeignKeysSql = `
  select set_config('session_replication_role', 'replica', true) from pg_roles where rolname = current_user and rolsuper`;

/** Postgres has two cores to insert with; more writers would only queue. */
const writers = 2;

/**
 * Keeps the demo timetable sixty days ahead. It starts only in a database without flights; after
 * that each start adds the days that are missing. A flight's id is made from its designator and
 * date, so a start that was killed in between, or two processes at once, add nothing twice.
 * Answers how many flights were added. `onDay` is told of the progress.
 */
export async function loadDemo(options: {
  pool: Pool;
  places: PlaceDirectory;
  today: string;
  /** How far ahead; sixty days unless a test wants fewer. */
  days?: number;
  onDay?: (done: number, of: number) => void;
}): Promise<number> {
  const { pool, today, days: ahead = demoDays } = options;
  const places = options.places.all();
  const yesterday = dayOfDate(today) - 1;
  // The mark is set before the first flight: an empty table is how a database of one's own is told.
  await pool.query('update cluster set demo_until = $1 where demo_until is null and not exists (select from flight)', [
    dateOfDay(yesterday),
  ]);
  const { rows } = await pool.query<{ until: string | null }>('select demo_until as until from cluster');
  const until = rows[0]?.until;
  if (!until) return 0;
  const from = Math.max(yesterday, dayOfDate(until)) + 1;
  const days = yesterday + ahead - from + 1;
  if (days <= 0) return 0;

  await pool.query(
    `insert into carrier (code, name) select * from unnest($1::text[], $2::text[])
     on conflict (code) do update set name = excluded.name`,
    [demoCarriers.map((each) => each.code), demoCarriers.map((each) => each.name)],
  );
  const families = new Map<CabinClass, number>();
  for (const cabin of cabinClasses) families.set(cabin, await saveFareFamily(pool, demoBrands[cabin]));
  let next = from;
  let done = 0;
  let added = 0;
  const write = async (): Promise<void> => {
    while (next < from + days) {
      const date = dateOfDay(next++);
      const flights = Array.from(demoTimetable({ today: date, days: 1, places }), (flight) => ({
        ...flight,
        id: demoId(flightKey(flight)),
        cabins: flight.cabins.map((each) => ({
          ...each,
          ladder: demoLadder(each.capacity, each.price.amount),
          familyId: families.get(each.cabin) as number,
        })),
      }));
      const written = await inTransaction(pool, async (tx) => {
        await tx.query(`set local lock_timeout = '20s'; set local statement_timeout = '60s'`);
        await tx.query(withoutForeignKeysSql);
        return writeFlights(tx, flights);
      });
      added += written;
      options.onDay?.(++done, days);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  await pool.query('update cluster set demo_until = $1', [dateOfDay(yesterday + ahead)]);
  return added;
}

/** A UUID (version 8, custom) that is always the same for the same flight. */
function demoId(key: string): string {
  const hex = createHash('sha256').update(`demo ${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
