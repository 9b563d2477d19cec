import { setTimeout as sleep } from 'node:timers/promises';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { median } from './bench-report.ts';
import { type Figure, figure } from './live-report.ts';
import type { LoadPlan, RoundResult } from './load-plan.ts';
import { collecting, memoryInUse } from './memory-in-use.ts';
import { guests } from './open-host.ts';
import { type Database, openStage, type Stage } from './open-stage.ts';
import { openPublisher, type Publisher } from './publish-seats.ts';
import type { Program } from './start-program.ts';
import type { Counted, StormResult, WatchPlan } from './watch-plan.ts';

/** What of it is run. */
export const liveParts = ['fanout', 'latency', 'memory', 'storm', 'buying'] as const;
export type LivePart = (typeof liveParts)[number];

export interface LiveOptions {
  parts: LivePart[];
  rounds: number;
  seconds: number;
  /** Sockets of `memory`, `buying` and `storm`; the other parts have a thousand at the most. */
  watchers: number;
  /** Of which each is followed to its last watcher. */
  holds: number;
}

type HostName = 'ours' | 'raw' | 'stock';
const allHosts: HostName[] = ['ours', 'raw', 'stock'];

interface Host {
  name: HostName;
  server: Program;
  watchers: Program;
  plan: Omit<WatchPlan, 'sockets'>;
}

/** Fan-out: everybody watches all flights, and each changes so often a second, which is below the conflation. */
const crowdMax = 1_000;
const fanoutFlights = 10;
const changesPerSecond = 6;
/** Of holds whose way to the watchers is timed: they are further apart than the conflation. */
const latencyPauseMs = 180;
/** Holds a second while others watch or come back. */
const holdsPerSecond = 300;
/** How long holds are looked at from the cut on: as long as the storm goes on. */
const stormSeconds = 4;
const patienceMs = 90_000;

export async function runLiveBench(
  options: LiveOptions,
  closing: Closing,
  say: (line: string) => void,
): Promise<Figure[]> {
  const { parts } = options;
  const stage = await openStage(closing, say);
  const database = await stage.database('bench_live', fanoutFlights, 1_000_000);
  const publisher = await openPublisher(stage, database);
  closing.push('publisher', publisher.close);
  const names: HostName[] = parts.includes('fanout') ? allHosts : ['ours'];
  const hosts: Host[] = [];
  for (const name of names) hosts.push(await openHost(stage, database, publisher, name));
  const [ours] = hosts as [Host];
  const figures: Figure[] = [];
  // Whatever is timed to the millisecond comes before the crowds.
  if (parts.includes('latency'))
    figures.push(...(await measureLatency(stage, ours, database, publisher, options, say)));
  if (parts.includes('fanout')) figures.push(...(await compareFanout(hosts, publisher, options, say)));
  if (parts.includes('memory')) figures.push(...(await compareMemory(stage, database, publisher, options, say)));
  if (parts.includes('storm') || parts.includes('buying'))
    figures.push(...(await measureBuying(stage, ours, database, options, say)));
  return figures;
}

async function openHost(
  stage: Stage,
  database: Database,
  publisher: Publisher,
  name: HostName,
  nodeArgs: string[] = [],
): Promise<Host> {
  const env = { REDIS_URL: stage.redis.url, CHANNEL: publisher.channel };
  const open: Record<HostName, () => Promise<Program>> = {
    ours: () => stage.server(database, { nodeArgs }),
    raw: () => stage.program('raw-broadcast', env, nodeArgs),
    stock: () => stage.program('stock-broadcast', env, nodeArgs),
  };
  const subscribe = (path: string, json: unknown) =>
    JSON.stringify({ id: 1, method: 'subscription', params: { path, input: { json } } });
  const hello: Record<HostName, string[]> = {
    ours: [subscribe('flights.onSeats', { flightIds: database.flightIds })],
    raw: [],
    stock: [subscribe('seats', null)],
  };
  const server = await open[name]();
  return {
    name,
    server,
    watchers: await stage.program('watchers'),
    plan: {
      url: server.ready,
      hello: hello[name],
      // Ours shows the newest at once; the others say nothing before something changes.
      ...(name === 'ours' ? { until: '"type":"data"' } : name === 'stock' ? { until: '"started"' } : {}),
    },
  };
}

const openWatchers = (host: Host, sockets: number, plan: Partial<WatchPlan> = {}) =>
  host.watchers.ask<{ opened: { seconds: number } }>({ open: { ...host.plan, sockets, ...plan } }, patienceMs);
const closeWatchers = async (host: Host): Promise<void> => {
  await host.watchers.ask({ close: true }, patienceMs);
  await sleep(500);
};

// ---- deliveries ------------------------------------------------------------------------------------------------------

async function compareFanout(
  hosts: Host[],
  publisher: Publisher,
  options: LiveOptions,
  say: (line: string) => void,
): Promise<Figure[]> {
  const rates = new Map<HostName, number[]>(hosts.map(({ name }) => [name, []]));
  const shares: number[] = [];
  const sockets = Math.min(crowdMax, options.watchers);
  for (let round = 0; round <= options.rounds; round++) {
    say(round === 0 ? 'fan-out, warming up' : `fan-out, round ${round} of ${options.rounds}`);
    for (let n = 0; n < hosts.length; n++) {
      const host = hosts[(n + round) % hosts.length] as Host;
      await openWatchers(host, sockets);
      const counting = (async () => {
        await sleep(500);
        return host.watchers.ask<{ counted: Counted }>(
          { count: { seconds: options.seconds, watch: { server: host.server.pid } } },
          patienceMs,
        );
      })();
      await publisher.publish(changesPerSecond, counting);
      const { frames, cpu, seconds } = (await counting).counted;
      await closeWatchers(host);
      if (round === 0) continue;
      rates.get(host.name)?.push(frames / (cpu.server as number));
      if (host.name === 'ours') shares.push(frames / seconds / (sockets * fanoutFlights * changesPerSecond));
    }
  }
  const of = (name: HostName) => rates.get(name) as number[];
  const quotients = (to: HostName) => of('ours').map((rate, round) => rate / (of(to)[round] as number));
  return [
    figure('deliveries a CPU second, ours', '/s', of('ours')),
    figure('deliveries a CPU second, raw ws', '/s', of('raw')),
    figure('deliveries a CPU second, stock subscriptions', '/s', of('stock')),
    figure('deliveries a CPU second, ours ÷ raw ws', '', quotients('raw'), { kind: 'least', value: 0.7 }),
    figure('deliveries a CPU second, ours ÷ stock', '', quotients('stock')),
    figure('changes that were shown one by one, ours', '', shares),
  ];
}

// ---- how soon --------------------------------------------------------------------------------------------------------

async function measureLatency(
  stage: Stage,
  ours: Host,
  database: Database,
  publisher: Publisher,
  options: LiveOptions,
  say: (line: string) => void,
): Promise<Figure[]> {
  const sockets = Math.min(crowdMax, options.watchers);
  say(`from a hold to the last of ${sockets} watchers`);
  const flightId = database.flightIds[0] as string;
  const [token] = (await guests(ours.server.ready, 1)) as [string];
  const hello = [
    JSON.stringify({
      id: 1,
      method: 'subscription',
      params: { path: 'flights.onSeats', input: { json: { flightIds: [flightId] } } },
    }),
  ];
  await openWatchers(ours, sockets, { hello });
  const follow = (holds: number) =>
    ours.watchers.ask<{ followed: number[] }>(
      { follow: { token, flightId, holds, pauseMs: latencyPauseMs } },
      patienceMs,
    );
  await follow(Math.min(10, options.holds));
  const held = (await follow(options.holds)).followed;
  // Behind the holds: the versions of these are higher than any that a hold makes.
  const news = publisher.news(options.holds);
  const published = (
    await ours.watchers.ask<{ followed: number[] }>(
      { followNews: { redisUrl: stage.redis.url, channel: publisher.channel, news, pauseMs: latencyPauseMs } },
      patienceMs,
    )
  ).followed;
  await closeWatchers(ours);
  const at = (took: number[], share: number) =>
    took.toSorted((a, b) => a - b)[Math.min(took.length - 1, Math.floor(took.length * share))] as number;
  const last = `last of ${sockets} watchers`;
  return [
    figure(`change published → ${last}, p50`, 'ms', [at(published, 0.5)]),
    figure(`change published → ${last}, p99`, 'ms', [at(published, 0.99)], { kind: 'most', value: 50 }),
    figure(`hold sent → ${last}, p50`, 'ms', [at(held, 0.5)]),
    figure(`hold sent → ${last}, p99`, 'ms', [at(held, 0.99)]),
  ];
}

// ---- memory ----------------------------------------------------------------------------------------------------------

/** Each server is a new one: what earlier sockets left behind would hold the next ones for nothing. */
async function compareMemory(
  stage: Stage,
  database: Database,
  publisher: Publisher,
  options: LiveOptions,
  say: (line: string) => void,
): Promise<Figure[]> {
  const kilobytes = new Map<HostName, number>();
  for (const name of allHosts) {
    say(`memory a socket, ${name}`);
    const host = await openHost(stage, database, publisher, name, collecting);
    // Once in small, so that code and caches are there.
    await openWatchers(host, Math.min(200, options.watchers));
    await publisher.publish(4, sleep(1_000));
    await closeWatchers(host);
    const before = await memoryInUse(host.server.pid);
    await openWatchers(host, options.watchers);
    const after = await memoryInUse(host.server.pid);
    kilobytes.set(name, ((after - before) * 1024) / options.watchers);
    await closeWatchers(host);
    await host.server.stop();
  }
  const of = (name: HostName) => kilobytes.get(name) as number;
  return [
    figure('memory a subscribed socket, ours', 'KB', [of('ours')], { kind: 'most', value: 30 }),
    figure('memory a socket, raw ws', 'KB', [of('raw')]),
    figure('memory a subscribed socket, stock', 'KB', [of('stock')]),
    figure('memory a subscribed socket, ours ÷ raw ws', '', [of('ours') / of('raw')], { kind: 'most', value: 2 }),
  ];
}

// ---- those who buy ---------------------------------------------------------------------------------------------------

async function measureBuying(
  stage: Stage,
  ours: Host,
  database: Database,
  options: LiveOptions,
  say: (line: string) => void,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const buyers = await openBuyers(stage, ours, database);
  await buyers(1);
  say('holds without watchers');
  const alone = [await buyers(options.seconds), await buyers(options.seconds)];
  const p99 = (rounds: RoundResult[]) => rounds.map(({ p99Ms }) => p99Ms);
  figures.push(figure(`holds at ${holdsPerSecond}/s, p99 without watchers`, 'ms', p99(alone)));
  // All of them watch the flight that is sold.
  const hello = [
    JSON.stringify({
      id: 1,
      method: 'subscription',
      params: { path: 'flights.onSeats', input: { json: { flightIds: database.flightIds.slice(0, 1) } } },
    }),
  ];
  await openWatchers(ours, options.watchers, { hello });
  say(`holds with ${options.watchers} watchers`);
  await buyers(1);
  const watched = [await buyers(options.seconds), await buyers(options.seconds)];
  figures.push(
    figure(`holds at ${holdsPerSecond}/s, p99 with ${options.watchers} watchers`, 'ms', p99(watched)),
    figure('p99 of holds, with ÷ without watchers', '', [median(p99(watched)) / median(p99(alone))]),
  );
  if (options.parts.includes('storm')) {
    say(`a storm of ${options.watchers} reconnects`);
    const storms: { storm: StormResult; meanwhile: RoundResult }[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const storming = ours.watchers.ask<{ stormed: StormResult }>(
        { storm: { watch: { server: ours.server.pid, postgres: stage.postgres.pid } } },
        patienceMs,
      );
      const meanwhile = await buyers(stormSeconds);
      storms.push({ storm: (await storming).stormed, meanwhile });
      await sleep(1_000);
    }
    const during = p99(storms.map(({ meanwhile }) => meanwhile));
    figures.push(
      figure(
        `storm: all ${options.watchers} are back`,
        'ms',
        storms.map(({ storm }) => storm.lastMs),
        { kind: 'most', value: 5_000 },
      ),
      figure(
        'storm: half are back',
        'ms',
        storms.map(({ storm }) => storm.halfMs),
      ),
      ...['server', 'load', 'postgres'].map((name) =>
        figure(
          `storm: CPU of ${name === 'load' ? 'those who come back' : name} until all are back`,
          's',
          storms.map(({ storm }) => storm.cpu[name] as number),
        ),
      ),
      figure('storm: p99 of holds meanwhile', 'ms', during),
      figure('storm: p99 of holds ÷ with watchers at rest', '', [median(during) / median(p99(watched))], {
        kind: 'most',
        value: 2,
      }),
    );
  }
  await closeWatchers(ours);
  return figures;
}

/** Holds at a fixed rate, whether or not answers come; a run answers how they fared. */
async function openBuyers(
  stage: Stage,
  ours: Host,
  database: Database,
): Promise<(seconds: number) => Promise<RoundResult>> {
  const sockets = 32;
  const plan: LoadPlan = {
    url: ours.server.ready,
    tokens: await guests(ours.server.ready, sockets),
    sockets,
    perSocket: 8,
    work: {
      kind: 'hold',
      method: 'mutation',
      path: 'booking.hold',
      flightIds: database.flightIds.slice(0, 1),
      legs: 1,
    },
  };
  const generator = await stage.program('load');
  await generator.ask({ open: plan }, patienceMs);
  return async (seconds) =>
    (await generator.ask<{ ran: RoundResult }>({ run: { seconds, rate: holdsPerSecond, watch: {} } }, patienceMs)).ran;
}
