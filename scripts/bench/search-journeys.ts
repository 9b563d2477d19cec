import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findFront } from '../../server/domain/search/find-front.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { bytesText, timetableBytesAFlight } from './search-bytes.ts';
import { countedSql, journeysSql, loadOracle, oracleBytes } from './search-oracle.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { type Asked, drawQuestions, journeysOf, parametersOf, questionOf, timetableOf } from './search-questions.ts';
import type { World } from './search-world.ts';
import { type Ratio, ratioOf, ratioText, type Times, timeInTurn, timesHead, timesLine } from './times-of.ts';

/** What the questions of one kind took, in milliseconds, and Postgres' times over the engine's. */
interface TimedRow {
  stops: 1 | 2;
  postgres: Times;
  all: Times;
  served: Times;
  ratioOfAll: Ratio;
  ratio: Ratio;
}

/** Both sides, filled with the same flights. */
interface Sides {
  world: World;
  pool: pg.Pool;
  /** Airports as the table has them. */
  numbers: Map<string, number>;
  writer: ReturnType<typeof timetableOf>['writer'];
  times: ReturnType<typeof timetableOf>['times'];
}

/** Journeys with one and two stops, found in memory and by self-joins in Postgres; and the bytes of both. */
export async function benchJourneys(setting: SearchSetting): Promise<PartOutcome> {
  const { closing, say, queries, timed } = setting;
  const world = setting.world();
  const pool = await openPool(closing, say);
  say(`filling Postgres with ${world.flights.length} flights`);
  const numbers = await loadOracle(pool, world);
  const { writer, times, buildMs } = timetableOf(world);
  const sides: Sides = { world, pool, numbers, writer, times };
  const differ = await compare(sides, queries, say);
  const plans = setting.plans ? await plansOf(sides) : [];
  const rows: TimedRow[] = [];
  for (const stops of [1, 2] as const) {
    say(`timing ${stops === 1 ? 'at most one stop' : 'two stops'}`);
    rows.push(await time(sides, stops, timed));
  }
  const bytes = { ...timetableBytesAFlight(writer), postgres: (await oracleBytes(pool)) / world.flights.length };
  const [airports, markets] = [writer.count('airports'), writer.count('markets')];
  const text = [
    `${airports} airports, ${markets} markets, in memory after ${(buildMs / 1000).toFixed(2)} s`,
    `answers compared: ${queries}, differ: ${differ.length}`,
    ...differ.slice(0, 10),
    ...rows.flatMap((row) => [
      '',
      timesHead(`${row.stops === 1 ? 'at most one stop' : 'two stops (the engine: at most two)'}, ms`),
      timesLine('Postgres, counting', row.postgres),
      timesLine('engine, all journeys, no bounds', row.all),
      timesLine('engine, as the server asks it', row.served),
      `  Postgres ÷ engine, all journeys: ${ratioText(row.ratioOfAll)}, as served: ${ratioText(row.ratio)}`,
    ]),
    '',
    ...bytesText(bytes),
    ...(plans.length > 0 ? ['', ...plans] : []),
  ].join('\n');
  const report = { airports, markets, buildMs, compared: queries, differ, rows, bytesAFlight: bytes, plans };
  return { text, report, ok: differ.length === 0 };
}

async function openPool(closing: Closing, say: (line: string) => void): Promise<pg.Pool> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-search-'));
  closing.push('data directory', () => rm(dataDir, { recursive: true, force: true }));
  say('starting Postgres');
  const postgres = await startEmbeddedPostgres({ dataDir, maxConnections: 10 });
  closing.push('postgres', postgres.stop);
  const pool = new pg.Pool({ connectionString: postgres.url, max: 1 });
  pool.on('error', () => undefined);
  closing.push('pool', () => pool.end());
  return pool;
}

/** The exhaustive answers of both sides, journey by journey. Answers the questions on which they differ. */
async function compare(
  { world, pool, numbers, writer, times }: Sides,
  count: number,
  say: (line: string) => void,
): Promise<string[]> {
  const differ: string[] = [];
  let journeys = 0;
  for (const [place, asked] of drawQuestions(world, count, 1).entries()) {
    const stops = place % 2 === 0 ? 1 : 2;
    const { rows } = await pool.query<{ a: number; b: number; c: number; price: number }>({
      name: `journeys-${stops}-${asked.cabin}`,
      text: journeysSql(stops, asked.cabin),
      values: parametersOf(numbers, asked),
    });
    const theirs = rows.map((row) => `${row.a} ${row.b} ${row.c} ${row.price}`).sort();
    const front = findFront(writer.timetable, times, questionOf(writer, asked, stops, { keep: 'all', detour: 0 }));
    const ours = journeysOf(writer, front, asked.seats, (n) => (stops === 1 ? n <= 1 : n === 2));
    journeys += theirs.length;
    if (ours.join('\n') !== theirs.join('\n'))
      differ.push(`${JSON.stringify(asked)}: ${ours.length} against ${theirs.length}`);
    if ((place + 1) % 100 === 0) say(`compared ${place + 1} questions, ${journeys} journeys, ${differ.length} differ`);
  }
  return differ;
}

/**
 * Each side on the same questions, one after the other, after a round that warms its caches: Postgres counts, the engine
 * finds all, and the engine as the server asks it.
 */
async function time({ world, pool, numbers, writer, times }: Sides, stops: 1 | 2, count: number): Promise<TimedRow> {
  const questions = drawQuestions(world, count, 5, true);
  const t = writer.timetable;
  // Each in a turn of its own: what one does to the caches of a core is no part of the other's times.
  const taken = async (ask: (asked: Asked) => unknown) => (await timeInTurn(questions, { ask })).ask;
  const postgres = await taken((asked) =>
    pool.query({
      name: `counted-${stops}`,
      text: countedSql(stops, asked.cabin),
      values: parametersOf(numbers, asked),
    }),
  );
  const find = (how: { keep: 'all' | 'front'; detour: number }) => (asked: Asked) =>
    findFront(t, times, questionOf(writer, asked, stops, how));
  const all = await taken(find({ keep: 'all', detour: 0 }));
  const served = await taken(find({ keep: 'front', detour: 1.6 }));
  return { stops, postgres, all, served, ratioOfAll: ratioOf(postgres, all), ratio: ratioOf(postgres, served) };
}

async function plansOf({ world, pool, numbers }: Sides): Promise<string[]> {
  const values = drawQuestions(world, 1, 11, true).flatMap((asked) => parametersOf(numbers, asked));
  const plans: string[] = [];
  for (const stops of [1, 2] as const) {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${countedSql(stops, 0)}`, values);
    plans.push(...rows.map((row) => row['QUERY PLAN']), '');
  }
  return plans;
}
