import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { findFront } from '../../server/domain/search/find-front.ts';
import { timetableBytes } from '../../server/domain/timetable/timetable.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { type Bench, Complaint } from './bench.ts';
import { countedSql, journeysSql, loadOracle, oracleBytes } from './search-oracle.ts';
import { drawQuestions, journeysOf, parametersOf, questionOf, timetableOf } from './search-questions.ts';
import { hasRealDay, realDay, type World, worldWeek } from './search-world.ts';

const usage = `npm run bench -- search [options]

Searches a world-size week in memory and in Postgres (self-joins, three covering indexes). Answers are compared first;
then both are timed on the same questions, one at a time, in one run.

  --queries N   questions that are compared, half with one stop, half with two (500)
  --timed N     questions that are timed (200)
  --share S     only the busiest such share of the world's airports (1)
  --world W     week, or day: the real US flights of 18 January 2008 (week)
  --plans       prints the plans of Postgres
  --json FILE   everything that was measured, as JSON
`;

interface Options {
  queries: number;
  timed: number;
  share: number;
  world: 'week' | 'day';
  plans: boolean;
  json: string | undefined;
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      queries: { type: 'string', default: '500' },
      timed: { type: 'string', default: '200' },
      share: { type: 'string', default: '1' },
      world: { type: 'string', default: 'week' },
      plans: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { world } = values;
  if (values.help || (world !== 'week' && world !== 'day')) throw new Complaint(`\n${usage}`);
  if (world === 'day' && !hasRealDay) throw new Complaint('the real day is not at hand (../shared/data)');
  const number = (name: 'queries' | 'timed' | 'share', most: number): number => {
    const value = Number(values[name]);
    if (!(value > 0 && value <= most))
      throw new Complaint(`--${name} ${values[name]} is not above 0 and up to ${most}`);
    return value;
  };
  return {
    queries: number('queries', 10_000),
    timed: number('timed', 10_000),
    share: number('share', 1),
    world,
    plans: values.plans,
    json: values.json,
  };
}

interface Times {
  p50: number;
  p95: number;
  p99: number;
}

const timesOf = (ms: number[]): Times => {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
};

export const searchBench: Bench = {
  about: 'journeys found in memory, beside self-joins in Postgres that find the same',
  run: async (args, closing, say) => {
    const options = readOptions(args);
    say('drawing the timetable');
    const world = options.world === 'day' ? realDay() : worldWeek(options.share);
    const pool = await openPool(closing, say);
    say(`filling Postgres with ${world.flights.length} flights`);
    const numbers = await loadOracle(pool, world);
    const { writer, times, buildMs } = timetableOf(world);
    const differ = await compare(world, pool, numbers, writer, times, options.queries, say);
    const plans = options.plans ? await plansOf(pool, parametersOf(numbers, drawOne(world))) : [];
    const rows = [];
    for (const stops of [1, 2] as const) {
      say(`timing ${stops === 1 ? 'at most one stop' : 'two stops'}`);
      rows.push(await time(world, pool, numbers, writer, times, stops, options.timed));
    }
    const bytes = timetableBytes(writer.timetable);
    const flights = world.flights.length;
    const report = {
      world: world.name,
      flights,
      airports: writer.count('airports'),
      markets: writer.count('markets'),
      buildMs,
      compared: options.queries,
      differ,
      rows,
      bytesPerFlight: {
        searched: bytes.searched,
        all: (bytes.all + writer.indexBytes) / flights,
        postgres: (await oracleBytes(pool)) / flights,
      },
      plans,
    };
    return { text: print(report), report, json: options.json, ok: differ.length === 0 };
  },
};

type Writer = ReturnType<typeof timetableOf>['writer'];
type RulesTimes = ReturnType<typeof timetableOf>['times'];

const drawOne = (world: World) => drawQuestions(world, 1, 11, true)[0] as ReturnType<typeof drawQuestions>[number];

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
  world: World,
  pool: pg.Pool,
  numbers: Map<string, number>,
  writer: Writer,
  times: RulesTimes,
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

/** Both sides on the same questions: Postgres counts, the engine finds all, and the engine as the server asks it. */
async function time(
  world: World,
  pool: pg.Pool,
  numbers: Map<string, number>,
  writer: Writer,
  times: RulesTimes,
  stops: 1 | 2,
  count: number,
) {
  const questions = drawQuestions(world, count, 5, true);
  const postgres: number[] = [];
  const all: number[] = [];
  const served: number[] = [];
  const run = async (isCounted: boolean) => {
    for (const asked of questions) {
      const values = parametersOf(numbers, asked);
      const startedAt = performance.now();
      await pool.query({ name: `counted-${stops}`, text: countedSql(stops, asked.cabin), values });
      const between = performance.now();
      findFront(writer.timetable, times, questionOf(writer, asked, stops, { keep: 'all', detour: 0 }));
      const then = performance.now();
      findFront(writer.timetable, times, questionOf(writer, asked, stops, { keep: 'front', detour: 1.6 }));
      if (!isCounted) continue;
      postgres.push(between - startedAt);
      all.push(then - between);
      served.push(performance.now() - then);
    }
  };
  // A round to warm both caches and the compiler.
  await run(false);
  await run(true);
  const [theirs, ours, asServed] = [timesOf(postgres), timesOf(all), timesOf(served)];
  return {
    stops,
    postgres: theirs,
    all: ours,
    served: asServed,
    ratioOfAll: { p50: theirs.p50 / ours.p50, p95: theirs.p95 / ours.p95 },
    ratio: { p50: theirs.p50 / asServed.p50, p95: theirs.p95 / asServed.p95 },
  };
}

async function plansOf(pool: pg.Pool, values: number[]): Promise<string[]> {
  const plans: string[] = [];
  for (const stops of [1, 2] as const) {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${countedSql(stops, 0)}`, values);
    plans.push(...rows.map((row) => row['QUERY PLAN']), '');
  }
  return plans;
}

const ms = (value: number): string => value.toFixed(3).padStart(9);

function print(report: {
  world: string;
  flights: number;
  airports: number;
  markets: number;
  buildMs: number;
  compared: number;
  differ: string[];
  rows: Awaited<ReturnType<typeof time>>[];
  bytesPerFlight: { searched: number; all: number; postgres: number };
  plans: string[];
}): string {
  const { bytesPerFlight: bytes } = report;
  const line = (name: string, times: Times) => `  ${name.padEnd(34)}${ms(times.p50)}${ms(times.p95)}${ms(times.p99)}`;
  return [
    `${report.world}: ${report.flights} flights, ${report.airports} airports, ${report.markets} markets`,
    `in memory after ${(report.buildMs / 1000).toFixed(2)} s`,
    `answers compared: ${report.compared}, differ: ${report.differ.length}`,
    ...report.differ.slice(0, 10),
    ...report.rows.flatMap((row) => [
      '',
      `${row.stops === 1 ? 'at most one stop' : 'two stops (the engine: at most two)'}, ms      p50      p95      p99`,
      line('Postgres, counting', row.postgres),
      line('engine, all journeys, no bounds', row.all),
      line('engine, as the server asks it', row.served),
      `  Postgres ÷ engine, all journeys: ${row.ratioOfAll.p50.toFixed(1)} / ${row.ratioOfAll.p95.toFixed(1)}, as served: ${row.ratio.p50.toFixed(1)} / ${row.ratio.p95.toFixed(1)}`,
    ]),
    '',
    `bytes a flight: ${bytes.searched} searched, ${bytes.all.toFixed(1)} with everything; Postgres ${bytes.postgres.toFixed(1)} (${(bytes.postgres / bytes.searched).toFixed(1)} and ${(bytes.postgres / bytes.all).toFixed(1)} times)`,
    ...(report.plans.length > 0 ? ['', ...report.plans] : []),
  ].join('\n');
}
