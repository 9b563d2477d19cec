import type { Pool } from 'pg';
import { cabinClasses } from '../../shared/flight.ts';
import type { World } from './search-world.ts';

/**
 * What a search in Postgres looks like at its best: one narrow table of flights with the numbers that a search needs,
 * and an index that covers each way into it. The engine's answers are compared with what these statements find, and
 * its times with theirs. Everything is in Postgres' favour: times are integers, airports and carriers small numbers,
 * and the timed statements count and take the least price instead of handing over rows.
 */
const schemaSql = `
  create table f (
    id int4 not null, o int2 not null, d int2 not null, dep int4 not null, arr int4 not null,
    day int4 not null, clock int2 not null, carrier int2 not null, domestic bool not null,
    s0 int2 not null, s1 int2 not null, s2 int2 not null, s3 int2 not null,
    p0 int4 not null, p1 int4 not null, p2 int4 not null, p3 int4 not null
  )`;

const indexesSql = [
  'create index f_market on f (o, d, dep) include (id, arr, day, clock, carrier, domestic, s0, s1, s2, s3, p0, p1, p2, p3)',
  'create index f_out on f (o, dep) include (d, id, arr, day, clock, carrier, domestic, s0, s1, s2, s3, p0, p1, p2, p3)',
  'create index f_in on f (d, dep) include (o, id, arr, day, clock, carrier, domestic, s0, s1, s2, s3, p0, p1, p2, p3)',
];

// The defaults of the rules: 60 minutes between two domestic flights, 75 otherwise.
const least = (a: string, b: string) => `${a}.arr + case when ${a}.domestic and ${b}.domestic then 60 else 75 end`;

// $1 origin, $2 destination, $3/$4 departures from and before (UTC minutes), $5 local day, $6 seats,
// $7 longest connection, $8/$9 clock of the departure from and to
const first = (a: string, c: number) => `${a}.dep >= $3 and ${a}.dep < $4 and ${a}.day = $5 and ${a}.s${c} >= $6
    and ${a}.clock between $8 and $9`;
const next = (a: string, b: string, c: number) =>
  `${b}.o = ${a}.d and ${b}.s${c} >= $6 and ${b}.dep >= ${least(a, b)} and ${b}.dep <= ${a}.arr + $7`;

const directSql = (c: number) => `
  select a.id as a, -1 as b, -1 as c, a.p${c} as price from f a where a.o = $1 and a.d = $2 and ${first('a', c)}`;

const oneStopSql = (c: number) => `
  select a.id as a, b.id as b, -1 as c, a.p${c} + b.p${c} as price from f a
  join f b on ${next('a', 'b', c)} and b.d = $2
  where a.o = $1 and a.d <> $2 and ${first('a', c)}`;

const twoStopsSql = (c: number) => `
  select a.id as a, b.id as b, c.id as c, a.p${c} + b.p${c} + c.p${c} as price from f a
  join f b on ${next('a', 'b', c)} and b.d <> $1 and b.d <> $2
  join f c on ${next('b', 'c', c)} and c.d = $2
  where a.o = $1 and a.d <> $2 and ${first('a', c)}`;

/** Journeys with at most one stop, or with exactly two, in a cabin by its place. */
export const journeysSql = (stops: 1 | 2, cabin: number): string =>
  stops === 1 ? `${directSql(cabin)} union all ${oneStopSql(cabin)}` : twoStopsSql(cabin);

/** The same, counted. */
export const countedSql = (stops: 1 | 2, cabin: number): string =>
  `select count(*)::int as n, min(price) as price from (${journeysSql(stops, cabin)}) j`;

/** Fills the table, and answers the numbers of the airports. */
export async function loadOracle(pool: Pool, { flights, airports }: World): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  const carriers = new Map<string, number>();
  const numberOf = (known: Map<string, number>, code: string): number => {
    const number = known.get(code) ?? known.size;
    known.set(code, number);
    return number;
  };
  await pool.query(schemaSql);
  const kinds = ['int4', 'int2', 'int2', 'int4', 'int4', 'int4', 'int2', 'int2', 'bool'];
  kinds.push('int2', 'int2', 'int2', 'int2', 'int4', 'int4', 'int4', 'int4');
  const insert = `insert into f select * from unnest(${kinds.map((kind, at) => `$${at + 1}::${kind}[]`).join(', ')})`;
  for (let from = 0; from < flights.length; from += 20_000) {
    const columns: unknown[][] = kinds.map(() => []);
    for (const [at, flight] of flights.slice(from, from + 20_000).entries()) {
      const local = flight.departs + flight.departsOffset;
      const day = Math.floor(local / 1_440);
      const cabins = cabinClasses.map((cabin) => flight.cabins.find((each) => each.cabin === cabin));
      [
        from + at,
        numberOf(numbers, flight.origin),
        numberOf(numbers, flight.destination),
        flight.departs,
        flight.departs + flight.minutes,
        day,
        local - day * 1_440,
        numberOf(carriers, flight.carrier),
        airports.get(flight.origin)?.country === airports.get(flight.destination)?.country,
        ...cabins.map((cabin) => cabin?.available ?? 0),
        ...cabins.map((cabin) => cabin?.price ?? 0),
      ].forEach((value, column) => {
        columns[column]?.push(value);
      });
    }
    await pool.query(insert, columns);
  }
  for (const sql of indexesSql) await pool.query(sql);
  await pool.query('vacuum analyze f');
  return numbers;
}

/** Bytes of the table with its indexes. */
export async function oracleBytes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(`select pg_total_relation_size('f')::float8 as bytes`);
  return rows[0]?.bytes ?? 0;
}
