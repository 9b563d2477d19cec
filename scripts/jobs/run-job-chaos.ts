import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { createClient } from '../../client/sdk/create-client.ts';
import type { JobProgress } from '../../shared/jobs.ts';
import { readRedisKind } from '../chaos/chaos-options.ts';
import { Complaint, wholeNumber } from '../command-line.ts';
import { startMeter } from '../load/meter.ts';
import { createRandom } from '../stage/random.ts';
import { bigJob } from './big-job.ts';
import { drawJobFault } from './job-faults.ts';
import { memoryOf, openJobStage, slopeOf } from './job-stage.ts';
import { judgeJob } from './judge-job.ts';

const usage = `npm run chaos -- jobs [options]

Runs one fare-search job on the simulator over three worker processes while workers, engines and connections are
killed, evenly over the job's progress, and holds what it came to against what the simulator's seed says.

  --kills N          faults to inflict (50)
  --combinations N   of the job (100000)
  --latency MS       of a call to the simulator (300)
  --webs N           web processes on one port (1)
  --redis KIND       single, or cluster: three nodes (single)
  --seed N           decides what is drawn (of the clock)
  --minutes M        give up after (30)
`;

const faultsWithin = 0.6;

/** Throws `Complaint` about the command line, and Error when something was lost, doubled or wrong. */
export async function runJobChaos(args: string[]): Promise<void> {
  const options = readOptions(args);
  const dir = mkdtempSync(join(tmpdir(), 'airside-job-chaos-'));
  console.error(`seed ${options.seed}, data and logs in ${dir}`);
  const random = createRandom(`${options.seed}/jobs`);
  const settings = {
    seed: options.seed,
    latencyMs: options.latencyMs,
    failRate: 0.03,
    blockRate: 0.02,
    emptyRate: 0.1,
  };
  let lost: unknown;
  const stage = await openJobStage({
    dir,
    workers: 3,
    webs: options.webs,
    redis: options.redis,
    onLost: (error) => {
      lost ??= error;
    },
  });
  const startedAt = performance.now();
  const inflicted = new Map<string, number>();
  const memory: { minute: number; megabytes: number }[] = [];
  const states: string[] = [];
  try {
    const client = createClient({ url: stage.web.url, WebSocket: WebSocket as never });
    await client.auth.guest();
    const job = bigJob(options.combinations, settings);
    const created = await client.trpc.jobs.create.mutate(job);
    const meter = startMeter('combinations', created.total);
    let progress: JobProgress | undefined;
    let lastEventId: string | undefined;
    const ended = Promise.withResolvers<void>();
    // Goes on by itself over every restart: from the last event seen.
    const watching = client.trpc.jobs.onProgress.subscribe(
      { jobId: job.id },
      {
        onData: ({ id, data }) => {
          if (states.at(-1) !== data.status) states.push(data.status);
          progress = data;
          lastEventId = id;
          meter.at(data.done);
          if (data.status === 'completed' || data.status === 'failed') ended.resolve();
        },
        onError: ended.reject,
      },
    );
    let isOver = false;
    void ended.promise
      .finally(() => {
        isOver = true;
      })
      .catch(() => undefined);
    const deadline = startedAt + options.minutes * 60_000;
    for (let kills = 0; !isOver && !lost; ) {
      await sleep(200);
      const minute = (performance.now() - startedAt) / 60_000;
      const megabytes = memoryOf(stage.workers[0]?.pid());
      if (megabytes !== undefined) memory.push({ minute, megabytes });
      if (performance.now() > deadline) throw new Error(`not finished after ${options.minutes} minutes`);
      // As many as the progress has earned, all of them within its first part: the job goes on while a fault lasts, and
      // what is told of its progress is late while nobody can be reached.
      const due = ((progress?.done ?? 0) / created.total / faultsWithin) * options.kills;
      if (kills >= options.kills || kills + 1 > due) continue;
      const fault = drawJobFault(random);
      await fault.run(stage, random);
      inflicted.set(fault.kind, (inflicted.get(fault.kind) ?? 0) + 1);
      kills++;
    }
    if (lost) throw lost;
    await ended.promise;
    watching.unsubscribe();
    meter.end();
    await client.close();
    await Promise.all([stage.postgres.ready(), stage.redis.ready()]);
    const verdict = await judgeJob(stage.db, job.id, settings);
    const faults = [...inflicted.values()].reduce((sum, count) => sum + count, 0);
    if (faults < options.kills) verdict.faults.push(`only ${faults} faults were inflicted before the end`);
    // The plan may be made before the watching begins.
    if (!['pending,running,completed', 'running,completed'].includes(states.join()))
      verdict.faults.push(`the states told were ${states.join(', ')}`);
    // The first third is warming up: code, pools, caches.
    const settled = memory.filter((each) => each.minute > (memory.at(-1)?.minute ?? 0) / 3);
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(
      [
        ...[...inflicted].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${String(count).padStart(6)}  ${kind}`),
        '',
        `${verdict.total} combinations in ${seconds.toFixed(0)} s: ${verdict.found} found, ${verdict.empty} empty, ${verdict.unknown} unknown (all refused to the last)`,
        `${verdict.offers} offers, each once; ${verdict.recoveries} steps taken up from lost workers; last event ${lastEventId}`,
        `memory of the worker that was spared: ${settled.at(-1)?.megabytes.toFixed(0)} MB at the end, slope ${slopeOf(settled).toFixed(2)} MB a minute`,
      ].join('\n'),
    );
    if (verdict.faults.length > 0) throw new Error(`VIOLATION, seed ${options.seed}: ${verdict.faults.join('; ')}`);
    console.log('each combination has exactly one outcome');
  } finally {
    await stage.close();
  }
  rmSync(dir, { recursive: true, force: true });
}

function readOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      kills: text,
      combinations: text,
      latency: text,
      webs: text,
      redis: text,
      seed: text,
      minutes: text,
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (
    name: 'kills' | 'combinations' | 'latency' | 'webs' | 'seed' | 'minutes',
    least: number,
    most: number,
    or: number,
  ) => {
    const given = values[name];
    if (given === undefined) return or;
    return wholeNumber(name, given, least, most);
  };
  return {
    kills: count('kills', 0, 10_000, 50),
    combinations: count('combinations', 100, 500_000, 100_000),
    latencyMs: count('latency', 0, 60_000, 300),
    webs: count('webs', 1, 16, 1),
    redis: readRedisKind(values.redis),
    seed: count('seed', 0, 2 ** 31, Date.now() % 2 ** 31),
    minutes: count('minutes', 1, 10_000, 30),
  };
}
