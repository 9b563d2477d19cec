import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { findFront } from '../../server/domain/search/find-front.ts';
import { timetableBytes } from '../../server/domain/timetable/timetable.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { Complaint } from '../command-line.ts';
import type { Bench } from './bench.ts';
import { benchBesideSales, besideSalesText } from './search-beside-sales.ts';
import { countedSql, journeysSql, loadOracle, oracleBytes } from './search-oracle.ts';
import { type Asked, drawQuestions, journeysOf, parametersOf, questionOf, timetableOf } from './search-questions.ts';
import { reportText, type SearchReport, type TimedRow, type Times } from './search-report.ts';
import { hasRealDay, realDay, type World, worldWeek } from './search-world.ts';

const usage = `npm run bench -- search [options]

Searches a world-size week in memory and in Postgres (self-joins, three covering indexes). Answers are compared first;
then both are timed on the same questions, one at a time, in one run.

  --queries N   questions that are compared, half with one stop, half with two (500)
  --timed N     questions that are timed (200)
  --share S     only the busiest such share of the world's airports (1)
  --world W     week, or day: the real US flights of 18 January 2008 (week)
  --plans       prints the plans of Postgres
  --sales       something else: what holds take at a server with and without searches beside them
  --rounds N    of that (5)
  --json FILE   everything that was measured, as JSON
`;

interface Options {
  queries: number;
  timed: number;
  share: number;
  world: 'week' | 'day';
  plans: boolean;
  sales: boolean;
  rounds: number;
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
      sales: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { world } = values;
  if (values.help || (world !== 'week' && world !== 'day')) throw new Complaint(`\n${usage}`);
  if (world === 'day' && !hasRealDay) throw new Complaint('the real day is not at hand (../shared/data)');
  const number = (name: 'queries' | 'timed' | 'share' | 'rounds', most: number): number => {
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
    sales: values.sales,
    rounds: number('rounds', 100),
    json: values.json,
  };
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
    if (options.sales) {
      const report = await benchBesideSales(options.rounds, closing, say);
      return { text: besideSalesText(report), report, json: options.json, ok: report.searches.refused === 0 };
    }
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
    const report: SearchReport = {
      world: world.name,
      flights,
      airports: writer.count('airports'),
      markets: writer.count('markets'),
      buildMs,
      compared: options.queries,
      differ,
      rows,
      bytesPerFlight: {
        searched: bytes.searched / flights,
        all: (bytes.all + writer.indexBytes) / flights,
        postgres: (await oracleBytes(pool)) / flights,
      },
      plans,
    };
    return { text: reportText(report), report, json: options.json, ok: differ.length === 0 };
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

/**
 * Each side on the same questions, one after the other, after a round that warms its caches: Postgres counts, the engine
 * finds all, and the engine as the server asks it.
 */
async function time(
  world: World,
  pool: pg.Pool,
  numbers: Map<string, number>,
  writer: Writer,
  times: RulesTimes,
  stops: 1 | 2,
  count: number,
): Promise<TimedRow> {
  const questions = drawQuestions(world, count, 5, true);
  const t = writer.timetable;
  const taken = async (ask: (asked: Asked) => unknown): Promise<Times> => {
    const ms: number[] = [];
    for (const isCounted of [false, true])
      for (const asked of questions) {
        const startedAt = performance.now();
        await ask(asked);
        if (isCounted) ms.push(performance.now() - startedAt);
      }
    return timesOf(ms);
  };
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
  return {
    stops,
    postgres,
    all,
    served,
    ratioOfAll: { p50: postgres.p50 / all.p50, p95: postgres.p95 / all.p95 },
    ratio: { p50: postgres.p50 / served.p50, p95: postgres.p95 / served.p95 },
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
