import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { carrierCodeSchema } from '../../../shared/flight.ts';
import { type Alliance, alliances } from '../../../shared/place.ts';
import { readDelimited } from './read-delimited.ts';

export interface AirlineFact {
  /** Two-character designator. */
  code: string;
  name: string;
  alliance: Alliance | null;
}

/**
 * Two hundred airlines of the world by name, with the alliances of full members as of 2026; those of affiliates that
 * fly under another's code are left out. They are written down in airlines.csv. Reads the file at each call; throws
 * if a line of it is none.
 */
export function worldAirlines(): AirlineFact[] {
  const file = readDelimited(readFileSync(new URL('./airlines.csv', import.meta.url), 'utf8'));
  return [...(file?.rows() ?? [])].map((row) => {
    const [code, name, alliance] = 'fields' in row ? row.fields : [];
    const known = alliance ? alliances.find((each) => each === alliance) : null;
    if (!carrierCodeSchema.safeParse(code).success || !name || known === undefined)
      throw new Error(`airlines.csv line ${row.line} is no airline`);
    return { code: code as string, name, alliance: known };
  });
}

const saveSql = `
  insert into carrier as c (code, name, alliance)
  select * from unnest($1::text[], $2::text[], $3::text[]) as a (code, name, alliance)
  on conflict (code) do update set name = case when c.name = c.code then excluded.name else c.name end,
    alliance = coalesce(c.alliance, excluded.alliance)
  where (c.name = c.code and excluded.name <> c.code) or (c.alliance is null and excluded.alliance is not null)`;

/** Makes airlines known; whatever somebody else called a carrier stays. */
export async function saveAirlines(pool: Pool, airlines: AirlineFact[]): Promise<void> {
  await pool.query(saveSql, [
    airlines.map((each) => each.code),
    airlines.map((each) => each.name),
    airlines.map((each) => each.alliance),
  ]);
}
