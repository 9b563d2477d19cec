import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { auditSales } from './audit-sales.ts';
import type { BenchOptions } from './bench-options.ts';
import { type BenchReport, ratioReport, type VariantReport, variantReport } from './bench-report.ts';
import { chosenVariants, hosts as hostPlans, type SalesPlan, type VariantPlan } from './booking-variants.ts';
import type { Acknowledged, RoundResult } from './load-plan.ts';
import { measureDiskSync } from './measure-disk-sync.ts';
import { type Host, type Load, openHost, openLoad } from './open-host.ts';
import { openStage, type Stage } from './open-stage.ts';
import { cpuSeconds, machineTicks } from './process-cpu.ts';
import { readBatchSizes } from './read-metrics.ts';
import { readProfile } from './read-profile.ts';
import { takesEventsTogether } from './takes-events-together.ts';

interface Entry {
  variant: VariantPlan;
  host: Host;
  load: Load;
  rounds: RoundResult[];
}

const pauseMs = 50;
/** Of Postgres' log; of 16 MB each. More than any variant writes, and no more than Postgres keeps. */
const logFilesPerSecond = 3;
const logFilesMax = 128;

/**
 * Every variant has its server and its generator alive through the whole run, and each round visits all of them in
 * turn: whatever the machine does meanwhile, it does to all. Ratios are only ever made within a run.
 */
export async function runSalesBench(
  plan: SalesPlan,
  options: BenchOptions,
  closing: Closing,
  say: (line: string) => void,
): Promise<BenchReport> {
  const loadAverageAtStart = loadavg()[0] as number;
  // Autovacuum would fall into somebody's turn by chance, and costs as much as some of them.
  const stage = await openStage(closing, say, { autovacuum: 'off', min_wal_size: '2GB' });
  const variants = chosenVariants(plan, options.only);
  await wearLogIn(stage, variants.length * (options.rounds + 1) * options.seconds);
  const fdatasyncUs = measureDiskSync(stage.dataDir);
  const skipped: BenchReport['skipped'] = [];
  const entries = await openEntries(stage, variants, options, say, skipped);

  const ticksBefore = machineTicks();
  const settings = await readSettings(stage);
  let housekeepingSeconds = 0;
  for (let round = 0; round <= options.rounds; round++) {
    housekeepingSeconds += await keepHouse(stage, entries);
    say(round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`);
    // Another one begins each round, so that nobody is always the neighbour of the same.
    for (let n = 0; n < entries.length; n++) {
      const entry = entries[(n + round) % entries.length] as Entry;
      takeTurns(entry.host, entries);
      const result = await entry.load.run({
        seconds: options.seconds,
        rate: entry.variant.openLoop ? options.rate : undefined,
        watch: entry.host.watch,
      });
      if (round > 0) entry.rounds.push(result);
      await sleep(pauseMs);
    }
  }
  for (const { host } of entries) host.server?.resume();
  const ticksAfter = machineTicks();
  const checkpoints = (await readSettings(stage)).checkpoints - settings.checkpoints;

  say('comparing what was acknowledged with the record');
  const { audits, batches } = await auditHosts(entries);
  const measured = entries.map(({ variant, rounds }): VariantReport => variantReport(variant, rounds));
  const profiles = options.profile ? await profilesOf(entries, say) : [];
  const stolen = (ticksAfter.stolen - ticksBefore.stolen) / (ticksAfter.total - ticksBefore.total);
  return {
    at: new Date().toISOString(),
    machine: {
      cpus: cpus().length,
      cpuModel: cpus()[0]?.model ?? 'unknown',
      node: process.version,
      loadAverageAtStart,
      stolen: Number.isFinite(stolen) ? stolen : null,
      fdatasyncUs,
    },
    postgres: { ...settings, checkpoints, housekeepingSeconds },
    options: {
      rounds: options.rounds,
      seconds: options.seconds,
      sockets: options.sockets,
      inFlight: options.inFlight,
      rate: options.rate,
      profiled: options.profile,
      adapter: options.adapter,
    },
    variants: measured,
    ratios: plan.ratios.flatMap((ratio) => ratioReport(ratio, measured) ?? []),
    audits,
    batches,
    profiles,
    skipped,
  };
}

/**
 * Servers whose turn it is not stand still: an audit of what was sold to one variant would run on another one's time.
 * What a server does beside its callers it does within its own turns.
 */
function takeTurns(next: Host | undefined, entries: Entry[]): void {
  for (const { host } of entries) {
    if (host !== next) host.server?.pause();
  }
  next?.server?.resume();
}

/**
 * A Postgres that has run for an hour writes its log into files that it has used before; a new one fills each file with
 * zeros and syncs it first, twice a second at our rates, and whoever commits just then waits 20 ms.
 */
const wearLogIn = (stage: Stage, seconds: number): Promise<void> =>
  asAdmin(stage, async (client) => {
    for (let file = 0; file < Math.min(logFilesMax, seconds * logFilesPerSecond); file++) {
      await client.query(`select pg_logical_emit_message(false, 'bench', '')`);
      await client.query('select pg_switch_wal()');
    }
    await client.query('checkpoint');
  });

/** What autovacuum would do meanwhile; says what it cost. */
async function keepHouse(stage: Stage, entries: Entry[]): Promise<number> {
  takeTurns(undefined, entries);
  const before = cpuSeconds(stage.postgres.pid);
  for (const { database } of new Set(entries.map(({ host }) => host))) await database?.pool.query('vacuum (analyze)');
  return cpuSeconds(stage.postgres.pid) - before;
}

async function openEntries(
  stage: Stage,
  variants: VariantPlan[],
  options: BenchOptions,
  say: (line: string) => void,
  skipped: BenchReport['skipped'],
): Promise<Entry[]> {
  const opened = new Map<string, Host>();
  const loads = new Map<string, Load>();
  const entries: Entry[] = [];
  for (const variant of variants) {
    const name = variant.host;
    let host = opened.get(name);
    if (!host) {
      say(`opening ${name}`);
      host = await openHost(stage, name, hostPlans[name] as (typeof hostPlans)[string], options);
      opened.set(name, host);
    }
    if ((variant.eventsPerPost ?? 1) > 1 && !(await takesEventsTogether(host.server?.ready as string))) {
      skipped.push({ name: variant.name, why: 'the server takes one payment event a POST' });
      continue;
    }
    // One generator for both loops over the same procedure: its ids must not repeat.
    const key = `${name} ${variant.path}`;
    const load = loads.get(key) ?? (await openLoad(stage, host, variant, options));
    loads.set(key, load);
    entries.push({ variant, host, load, rounds: [] });
  }
  return entries;
}

async function auditHosts(entries: Entry[]): Promise<Pick<BenchReport, 'audits' | 'batches'>> {
  const audits: BenchReport['audits'] = [];
  const batches: BenchReport['batches'] = [];
  for (const host of new Set(entries.map((entry) => entry.host))) {
    if (!host.database) continue;
    const own = entries.filter((entry) => entry.host === host);
    const totals = await Promise.all([...new Set(own.map(({ load }) => load))].map((load) => load.total()));
    const ours = host.plan.kind === 'airside' ? (host.server?.ready ?? null) : null;
    const audit = await auditSales(host.database.pool, ours, totals.reduce(sumOf), own[0]?.variant.legs ?? 1);
    audits.push({ host: host.name, ...audit });
    if (ours) batches.push({ host: host.name, sizes: await readBatchSizes(ours) });
  }
  return { audits, batches: batches.filter(({ sizes }) => sizes.length > 0) };
}

const sumOf = (a: Acknowledged, b: Acknowledged): Acknowledged => ({
  held: a.held + b.held,
  heldIdSum: a.heldIdSum + b.heldIdSum,
  sold: a.sold + b.sold,
  soldIdSum: a.soldIdSum + b.soldIdSum,
  soldOut: a.soldOut + b.soldOut,
  unanswered: a.unanswered + b.unanswered,
});

/** Profiles are written by servers that end, so this comes last. */
async function profilesOf(entries: Entry[], say: (line: string) => void): Promise<BenchReport['profiles']> {
  const profiles: BenchReport['profiles'] = [];
  for (const { variant, host, rounds } of entries) {
    if (variant.openLoop || profiles.some((each) => each.host === host.name)) continue;
    say(`reading the profile of ${host.name}`);
    await host.server?.stop();
    const file = host.profile();
    if (!file) continue;
    const calls = rounds.reduce((sum, round) => sum + round[variant.counts], 0);
    profiles.push({
      host: host.name,
      ...readProfile(
        file,
        rounds.map((round) => round.windowUs),
        calls,
      ),
    });
  }
  return profiles;
}

type PostgresSettings = Omit<BenchReport['postgres'], 'housekeepingSeconds'>;

const readSettings = (stage: Stage): Promise<PostgresSettings> =>
  asAdmin(stage, async (client) => {
    const { rows } = await client.query<PostgresSettings>(
      `select current_setting('server_version') as version, current_setting('fsync') as fsync,
         current_setting('synchronous_commit') as synchronous_commit,
         current_setting('full_page_writes') as full_page_writes,
         (select num_timed + num_requested from pg_stat_checkpointer)::int as checkpoints`,
    );
    return rows[0] as PostgresSettings;
  });

async function asAdmin<T>({ postgres }: Stage, does: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  try {
    return await does(client);
  } finally {
    await client.end();
  }
}
