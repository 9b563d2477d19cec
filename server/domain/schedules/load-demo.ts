import type { Pool } from 'pg';
import { newId } from '../../../shared/ids.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { writeFlights } from '../inventory/write-flights.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import { demoCarriers, demoTimetable } from './demo-timetable.ts';

export const demoDays = 60;

/**
 * Keeps the demo timetable sixty days ahead. It starts only in a database without flights; after
 * that each start adds the days that are missing. A day is one transaction together with the mark
 * of how far we are, so a crash in between neither loses nor doubles one.
 * Answers how many flights were added. `onDay` is told of the progress.
 */
export async function loadDemo(options: {
  pool: Pool;
  places: PlaceDirectory;
  today: string;
  onDay?: (done: number, of: number) => void;
}): Promise<number> {
  const { pool, places, today } = options;
  const { rows } = await pool.query<{ until: string | null; empty: boolean }>(
    'select demo_until as until, not exists (select from flight) as empty from cluster',
  );
  const { until, empty } = rows[0] as { until: string | null; empty: boolean };
  if (until === null && !empty) return 0;
  const yesterday = dayOfDate(today) - 1;
  const from = Math.max(yesterday, until === null ? yesterday : dayOfDate(until)) + 1;
  const days = yesterday + demoDays - from + 1;
  let added = 0;
  for (let day = 0; day < days; day++) {
    const date = dateOfDay(from + day);
    const flights = [...demoTimetable({ today: date, days: 1, places: places.all() })];
    added += await inTransaction(pool, async (tx) => {
      await tx.query(`set local lock_timeout = '20s'; set local statement_timeout = '60s'`);
      const claimed = await tx.query('update cluster set demo_until = $1 where demo_until is null or demo_until < $1', [
        date,
      ]);
      // Another process that started beside us has added this day already.
      if (claimed.rowCount === 0) return 0;
      await tx.query(
        `insert into carrier (code, name) select * from unnest($1::text[], $2::text[])
         on conflict (code) do update set name = excluded.name`,
        [demoCarriers.map((each) => each.code), demoCarriers.map((each) => each.name)],
      );
      return writeFlights(
        tx,
        flights.map((flight) => ({ ...flight, id: newId() })),
      );
    });
    options.onDay?.(day + 1, days);
  }
  return added;
}
