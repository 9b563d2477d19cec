import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { WebSocket } from 'ws';
import { type AirsideClient, createClient } from '../../client/sdk/create-client.ts';
import { type NewFlight, writeFlights } from '../../server/domain/inventory/write-flights.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { newId } from '../../shared/ids.ts';
import { resultSorts } from '../../shared/jobs.ts';
import { Complaint, wholeNumber } from '../command-line.ts';
import { bigJob } from '../jobs/big-job.ts';
import { slopeOf } from '../jobs/job-stage.ts';
import type { Bench } from './bench.ts';
import { cpuOf, monotonicUs } from './load-generator.ts';
import { measureDiskSync } from './measure-disk-sync.ts';
import { collecting, memoryInUse } from './memory-in-use.ts';
import { openStage } from './open-stage.ts';
import { profileLines } from './print-report.ts';
import { type ProfileSummary, readProfile } from './read-profile.ts';
import type { Program } from './start-program.ts';

const usage = `npm run bench -- jobs [options]

Combinations that a fare-search job stores a second with what our own inventory answers, beside the no-op jobs that
BullMQ gets through a second on the same machine, in turn. Everything durable is on.

  --rounds N         jobs, after one that warms up (3)
  --combinations N   of each job (100000)
  --batch N          combinations a step (100)
  --concurrency N    steps at once (64)
  --profile          says where the server's time goes (rates are lower then)
  --json FILE        everything that was measured, as JSON
`;

export const jobsBench: Bench = {
  about: 'combinations stored a second on our own inventory, beside BullMQ no-op jobs',
  run: async (args, closing, say) => {
    const options = readOptions(args);
    const report = await measure(options, closing, say);
    return { text: print(report), report, json: options.json, ok: report.faults.length === 0 };
  },
};

interface Options {
  rounds: number;
  combinations: number;
  batch: number;
  concurrency: number;
  profile: boolean;
  json: string | undefined;
}

interface Report {
  options: Options;
  diskSyncMicros: { p50: number; p99: number };
  rounds: {
    combinations: number;
    seconds: number;
    found: number;
    /** Microseconds a combination, of each process. */
    cpu: Record<string, number>;
    noops: number;
    noopConcurrency: number;
  }[];
  profile: ProfileSummary | undefined;
  /** Medians, a second. */
  stored: number;
  noops: number;
  ratio: number;
  /** What is in use after each of as many jobs more, garbage collected; and how that rises a job. */
  memory: { megabytes: number[]; slopePerJob: number };
  /** Milliseconds of a page of 100 results of the last job, by order: the first and the median of ten. */
  pages: Record<string, { first: number; median: number }>;
  faults: string[];
}

/** The better of these is what BullMQ is credited with. */
const noopConcurrencies = [3, 50];
const noopJobs = 10_000;
/** The mark of the ratio. */
const least = 10;

async function measure(options: Options, closing: Closing, say: (line: string) => void): Promise<Report> {
  const stage = await openStage(closing, say);
  const database = await stage.database('jobs', 1, 1);
  await sellRoutes(database.url, bigJob(options.combinations));
  const server = await stage.server(database, {
    env: {
      WORKER_BATCH_SIZE: String(options.batch),
      WORKER_CONCURRENCY: String(options.concurrency),
      PROVIDERS: 'inventory',
    },
    nodeArgs: [
      ...collecting,
      ...(options.profile
        ? [
            '--cpu-prof',
            `--cpu-prof-dir=${stage.dataDir}`,
            '--cpu-prof-name=server.cpuprofile',
            '--cpu-prof-interval=500',
          ]
        : []),
    ],
  });
  const watch = { server: server.pid, postgres: stage.postgres.pid, redis: stage.redis.pid };
  const windows: [number, number][] = [];
  const queue = await stage.program('noop-queue', { REDIS_URL: stage.redis.url });
  const client = createClient({ url: server.ready, WebSocket: WebSocket as never });
  closing.push('client', () => client.close());
  await client.auth.guest();

  const runJob = async (): Promise<string> => {
    const { id, ...ask } = bigJob(options.combinations);
    await client.trpc.jobs.create.mutate({ id, ...ask });
    const ended = Promise.withResolvers<void>();
    const watching = client.trpc.jobs.onProgress.subscribe(
      { jobId: id },
      {
        onData: ({ data }) => {
          if (data.status === 'completed') ended.resolve();
          if (data.status === 'failed') ended.reject(new Error('the job failed'));
        },
        onError: ended.reject,
      },
    );
    await ended.promise;
    watching.unsubscribe();
    return id;
  };
  const faults: string[] = [];
  const rounds: Report['rounds'] = [];
  for (let round = 0; round <= options.rounds; round++) {
    const begunUs = monotonicUs();
    const before = cpuOf(watch);
    const id = await runJob();
    const after = cpuOf(watch);
    const endedUs = monotonicUs();
    const job = await timesOf(database.pool, id);
    if (job.results !== job.total) faults.push(`${job.results} results of ${job.total} combinations`);
    const noop = await bestNoops(queue);
    say(
      `${round === 0 ? 'warm-up' : `round ${round}`}: ${Math.round(job.total / job.seconds)} combinations a second, ${Math.round(noop.perSecond)} no-ops`,
    );
    if (round === 0) continue;
    windows.push([begunUs, endedUs]);
    rounds.push({
      cpu: Object.fromEntries(
        Object.keys(watch).map((name) => [name, (((after[name] ?? 0) - (before[name] ?? 0)) * 1e6) / job.total]),
      ),
      combinations: job.total,
      seconds: job.seconds,
      found: job.found,
      noops: noop.perSecond,
      noopConcurrency: noop.concurrency,
    });
  }
  // Jobs of their own: what collects all garbage takes compiled code along, and whoever is timed next begins cold.
  const memory: number[] = [];
  let lastId = '';
  for (let round = 0; round <= options.rounds; round++) {
    lastId = await runJob();
    memory.push(await memoryInUse(server.pid));
  }
  const pages = await timePages(client, lastId);
  let profile: ProfileSummary | undefined;
  if (options.profile) {
    await client.close();
    // It is written when the process has ended.
    await server.stop();
    const combinations = rounds.reduce((sum, each) => sum + each.combinations, 0);
    profile = readProfile(join(stage.dataDir, 'server.cpuprofile'), windows, combinations);
  }
  const stored = median(rounds.map((each) => each.combinations / each.seconds));
  const noops = median(rounds.map((each) => each.noops));
  return {
    options,
    diskSyncMicros: measureDiskSync(stage.dataDir),
    rounds,
    stored,
    noops,
    ratio: stored / noops,
    memory: {
      megabytes: memory,
      // The first third is warming up: code, pools, caches.
      slopePerJob: slopeOf(
        memory.map((megabytes, at) => ({ minute: at, megabytes })).slice(Math.floor(memory.length / 3)),
      ),
    },
    profile,
    pages,
    faults,
  };
}

/** From its first step to its last commit, by Postgres' clock. */
async function timesOf(db: pg.Pool, id: string) {
  const { rows } = await db.query<{ total: number; found: number; seconds: number; results: number }>(
    `select total, found, extract(epoch from finished_at - started_at)::float8 as seconds,
       (select count(*) from job_result r where r.job = j.no)::int as results
     from job j where id = $1`,
    [id],
  );
  return rows[0] as (typeof rows)[number];
}

async function timePages(client: AirsideClient, jobId: string): Promise<Report['pages']> {
  const pages: Report['pages'] = {};
  for (const sort of resultSorts) {
    const took: number[] = [];
    for (let cursor: string | null = null; took.length < 10; ) {
      const startedAt = performance.now();
      const page: { nextCursor: string | null } = await client.jobs.results({ jobId, sort, cursor, limit: 100 });
      took.push(performance.now() - startedAt);
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    pages[sort] = { first: took[0] as number, median: median(took) };
  }
  return pages;
}

async function bestNoops(queue: Program): Promise<{ perSecond: number; concurrency: number }> {
  let best = { perSecond: 0, concurrency: 0 };
  for (const concurrency of noopConcurrencies) {
    const { seconds } = await queue.ask<{ seconds: number }>({ jobs: noopJobs, concurrency }, 60_000);
    if (noopJobs / seconds > best.perSecond) best = { perSecond: noopJobs / seconds, concurrency };
  }
  return best;
}

/** A flight a day on each route of the job, there and back. */
async function sellRoutes(url: string, ask: ReturnType<typeof bigJob>): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const days = [...new Set([...ask.departDates, ...ask.returnDates])];
    let number = 0;
    const flight = (origin: string, destination: string, date: string): NewFlight => ({
      id: newId(),
      carrier: 'QX',
      number: String(1 + (number++ % 9_999)),
      origin,
      destination,
      departsAt: `${date}T10:00`,
      arrivesAt: `${date}T22:00`,
      departsAtUtc: Date.parse(`${date}T15:00Z`),
      arrivesAtUtc: Date.parse(`${date}T22:00Z`),
      cabins: [
        { cabin: 'economy', capacity: 100, price: { amount: 20_000 + ((number * 7_919) % 60_000), currency: 'USD' } },
      ],
    });
    for (const date of days) {
      await writeFlights(
        pool,
        ask.origins.flatMap((origin) =>
          ask.destinations.flatMap((destination) => [
            flight(origin, destination, date),
            flight(destination, origin, date),
          ]),
        ),
      );
    }
    await pool.query('analyze');
  } finally {
    await pool.end();
  }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function print({
  options,
  rounds,
  stored,
  noops,
  ratio,
  memory,
  diskSyncMicros,
  faults,
  profile,
  pages,
}: Report): string {
  const lines = rounds.map(
    ({ combinations, seconds, found, cpu, noops: each, noopConcurrency }, at) =>
      `  round ${at + 1}   ${Math.round(combinations / seconds)} combinations a second (${found} of ${combinations} found; µs each: ${Object.entries(
        cpu,
      )
        .map(([name, us]) => `${name} ${us.toFixed(1)}`)
        .join(', ')}), ${Math.round(each)} no-ops (at ${noopConcurrency} at once)`,
  );
  return [
    `jobs on our own inventory: batches of ${options.batch}, ${options.concurrency} steps at once; one durable write ${diskSyncMicros.p50} µs`,
    ...lines,
    `  stored a second      ${Math.round(stored)}`,
    `  BullMQ no-ops        ${Math.round(noops)}`,
    `  ratio                ${ratio.toFixed(1)}  (${ratio >= least ? 'met: ' : 'BELOW: '}≥ ${least})`,
    `  memory               ${memory.megabytes.map((each) => each.toFixed(0)).join(', ')} MB after each job, slope ${memory.slopePerJob.toFixed(1)} MB a job`,
    ...Object.entries(pages).map(
      ([sort, { first, median: each }]) =>
        `  ${`page by ${sort}`.padEnd(20)} ${first.toFixed(0)} ms, median of ten ${each.toFixed(0)} ms`,
    ),
    ...faults.map((fault) => `  FAULT ${fault}`),
    ...(profile ? profileLines({ host: 'server', ...profile }) : []),
  ].join('\n');
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      rounds: text,
      combinations: text,
      batch: text,
      concurrency: text,
      profile: { type: 'boolean', default: false },
      json: text,
      help: { type: 'boolean' },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (
    name: 'rounds' | 'combinations' | 'batch' | 'concurrency',
    least: number,
    most: number,
    or: number,
  ) => {
    const given = values[name];
    if (given === undefined) return or;
    return wholeNumber(name, given, least, most);
  };
  return {
    rounds: count('rounds', 1, 50, 3),
    combinations: count('combinations', 100, 500_000, 100_000),
    batch: count('batch', 1, 10_000, 100),
    concurrency: count('concurrency', 1, 256, 64),
    profile: values.profile,
    json: values.json,
  };
}
