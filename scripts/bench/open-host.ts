import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchOptions } from './bench-options.ts';
import type { HostPlan, VariantPlan } from './booking-variants.ts';
import type { Acknowledged, FromLoad, LoadPlan, RoundPlan, RoundResult } from './load-plan.ts';
import { type Database, type Stage, seatPrice, webhookSecret } from './open-stage.ts';
import type { Program } from './start-program.ts';

export interface Host {
  name: string;
  plan: HostPlan;
  /** Absent where the record is called without one. */
  server: Program | undefined;
  /** Absent for the echo. */
  database: Database | undefined;
  watch: Record<string, number>;
  /** The newest profile of the server; it is written when the server has ended. */
  profile(): string | undefined;
}

/** A load generator, connected to its host. */
export interface Load {
  run(round: RoundPlan): Promise<RoundResult>;
  total(): Promise<Acknowledged>;
}

const patienceMs = 60_000;

export async function openHost(stage: Stage, name: string, plan: HostPlan, options: BenchOptions): Promise<Host> {
  const profileDir = join(stage.dataDir, `profile-${name}`);
  const profiled = options.profile;
  if (profiled) await mkdir(profileDir);
  const nodeArgs = profiled ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, '--cpu-prof-interval=500'] : [];
  const database =
    plan.flights === 0
      ? undefined
      : await stage.database(`bench_${name.replaceAll('-', '_')}`, flightsOf(plan, options), plan.capacity);
  const watch: Record<string, number> = { postgres: stage.postgres.pid, redis: stage.redis.pid };
  const server = await openServer(stage, plan, database, nodeArgs, options);
  return {
    name,
    plan,
    server,
    database,
    watch: server ? { server: server.pid, ...watch } : watch,
    profile: () => {
      if (!profiled) return undefined;
      const file = readdirSync(profileDir).find((each) => each.endsWith('.cpuprofile'));
      return file && join(profileDir, file);
    },
  };
}

/** A round of each of two variants, and those that warm up. */
const flightsOf = (plan: HostPlan, { rounds }: BenchOptions): number =>
  plan.renewed ? plan.flights * 2 * (rounds + 1) : plan.flights;

async function openServer(
  stage: Stage,
  plan: HostPlan,
  database: Database | undefined,
  nodeArgs: string[],
  { adapter }: BenchOptions,
): Promise<Program | undefined> {
  const env = database ? { DATABASE_URL: database.url } : undefined;
  switch (plan.kind) {
    case 'store':
      return undefined;
    case 'echo':
    case 'own-echo':
      return stage.program(plan.kind, env, nodeArgs);
    case 'for-update':
      return stage.program('textbook-for-update', env, nodeArgs);
    case 'orm':
      return stage.program('textbook-orm', env, nodeArgs);
    case 'airside': {
      const spare = plan.redisDead ? await stage.spareRedis() : undefined;
      const server = await stage.server(database as Database, {
        nodeArgs,
        adapter,
        role: plan.role,
        redisUrl: spare?.url,
      });
      await spare?.stop();
      return server;
    }
  }
}

/** A generator for one variant, its sockets open and its travellers signed in. */
export async function openLoad(stage: Stage, host: Host, variant: VariantPlan, options: BenchOptions): Promise<Load> {
  const { sockets, perSocket } = variant.callers ?? { sockets: options.sockets, perSocket: options.inFlight };
  const url = host.server?.ready ?? '';
  const isEcho = host.plan.kind === 'echo' || host.plan.kind === 'own-echo';
  const plan: LoadPlan = {
    url,
    tokens: host.plan.kind === 'airside' ? await guests(url, sockets) : [],
    sockets,
    perSocket,
    work: {
      kind: isEcho ? 'echo' : variant.eventsPerPost ? 'life' : 'hold',
      method: isEcho ? 'query' : 'mutation',
      path: variant.path,
      // The echo is sent what the others are sent.
      flightIds: host.database?.flightIds ?? ['0198c0de-0000-7000-8000-000000000000'],
      flightsARound: host.plan.renewed ? host.plan.flights : undefined,
      legs: variant.legs,
      store: variant.batch ? { databaseUrl: host.database?.url as string, batch: variant.batch } : undefined,
      webhook: variant.eventsPerPost
        ? {
            url: `${url}/webhooks/payments/mock`,
            secret: webhookSecret,
            eventsPerPost: variant.eventsPerPost,
            ...seatPrice,
          }
        : undefined,
    },
  };
  const generator = await stage.program('load');
  await generator.ask({ open: plan }, patienceMs);
  return {
    run: async (round) => {
      const answer = await generator.ask<FromLoad & { ran: RoundResult }>(
        { run: round },
        round.seconds * 1_000 + patienceMs,
      );
      return answer.ran;
    },
    total: async () => (await generator.ask<FromLoad & { total: Acknowledged }>({ total: true }, patienceMs)).total,
  };
}

export async function guests(url: string, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let n = 0; n < count; n++) {
    const response = await fetch(`${url}/trpc/auth.guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const body = (await response.json()) as { result?: { data: { json: { token: string } } } };
    if (!body.result) throw new Error(`no guest: ${JSON.stringify(body).slice(0, 300)}`);
    tokens.push(body.result.data.json.token);
  }
  return tokens;
}
