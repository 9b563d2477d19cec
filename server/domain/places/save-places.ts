import type { Pool } from 'pg';
import type { PlaceFact } from './place-fact.ts';

const columns = 'code, kind, name, city, city_code, country, latitude, longitude, zone';

const givenSql = `
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::float8[],
    $9::text[]) as g (${columns})`;

const changedSql = `
  with given as (${givenSql})
  select count(*) filter (where p.code is null)::int as created,
    count(*) filter (where p.code is not null and (${prefixed('p')}) is distinct from (${prefixed('g')}))::int as updated
  from given g left join place p on p.code = g.code`;

const saveSql = `
  insert into place as p (${columns}) ${givenSql}
  on conflict (code) do update set kind = excluded.kind, name = excluded.name, city = excluded.city,
    city_code = excluded.city_code, country = excluded.country, latitude = excluded.latitude,
    longitude = excluded.longitude, zone = excluded.zone
  where (${prefixed('p')}) is distinct from (${prefixed('excluded')})`;

const addSql = `insert into place (${columns}) ${givenSql} on conflict (code) do nothing`;

function prefixed(alias: string): string {
  return columns
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}

/**
 * Adds and changes places; the same again changes nothing. `dryRun` only counts; `keepExisting` adds
 * what is missing and leaves alone what an operator may have imported since.
 */
export async function savePlaces(
  pool: Pool,
  places: PlaceFact[],
  options: { dryRun?: boolean; keepExisting?: boolean } = {},
): Promise<{ created: number; updated: number; unchanged: number }> {
  const values = [
    places.map((each) => each.code),
    places.map((each) => each.kind),
    places.map((each) => each.name),
    places.map((each) => each.city),
    places.map((each) => each.cityCode),
    places.map((each) => each.country),
    places.map((each) => each.latitude),
    places.map((each) => each.longitude),
    places.map((each) => each.zone),
  ];
  const { rows } = await pool.query<{ created: number; updated: number }>(changedSql, values);
  const { created, updated } = rows[0] as { created: number; updated: number };
  if (!options.dryRun) await pool.query(options.keepExisting ? addSql : saveSql, values);
  return { created, updated, unchanged: places.length - created - updated };
}
