import { cp, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../stage/random.ts';
import type { Stage } from './stage.ts';

/** What can happen to a sale. Each time one does counts as a kill. */
export interface Fault {
  /** As the table calls it. */
  kind: string;
  /** Relative, of all draws. */
  weight: number;
  /** Does it, and is done once nothing is held down any more. What was killed may still be on its way up. */
  run(stage: Stage, random: Random): Promise<void>;
}

/** Whoever is signalled may have ended by itself meanwhile. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

async function pause(pids: number[], ms: number): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await sleep(ms);
  for (const pid of pids) signal(pid, 'SIGCONT');
}

const pidsOfServers = (stage: Stage): number[] =>
  [stage.worker, ...stage.webs].flatMap((each) => each.process.pid() ?? []);

const linksOf = (stage: Stage) => [stage.worker, ...stage.webs].map((each) => each.link);

export const faults: readonly Fault[] = [
  {
    kind: 'web process killed',
    weight: 5,
    run: async (stage, random) => void random.pick(stage.webs).process.signal('SIGKILL'),
  },
  {
    kind: 'both web processes killed',
    weight: 2,
    run: async (stage) => {
      for (const { process } of stage.webs) process.signal('SIGKILL');
    },
  },
  {
    kind: 'worker killed',
    weight: 4,
    run: async (stage) => void stage.worker.process.signal('SIGKILL'),
  },
  {
    kind: 'gateway killed',
    weight: 2,
    run: async (stage) => void stage.gateway.signal('SIGKILL'),
  },
  { kind: 'redis killed', weight: 3, run: (stage, random) => stage.redis.killOne(random) },
  { kind: 'postgres killed', weight: 4, run: (stage) => stage.postgres.kill() },
  {
    kind: 'one backend of postgres killed',
    weight: 2,
    run: async (stage, random) => {
      const { rows } = await stage.db
        .query<{ pid: number }>(`select pid from pg_stat_activity where application_name like 'airside%' order by pid`)
        .catch(() => ({ rows: [] }));
      // Postgres ends all the others then, and recovers.
      if (rows.length > 0) signal(random.pick(rows).pid, 'SIGKILL');
    },
  },
  {
    kind: 'connections to postgres ended',
    weight: 2,
    run: async (stage) => {
      await stage.db
        .query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'airside%'`)
        .catch(() => undefined);
    },
  },
  {
    kind: 'everything killed at once',
    weight: 3,
    run: async (stage) => {
      for (const pid of pidsOfServers(stage)) signal(pid, 'SIGKILL');
      stage.gateway.signal('SIGKILL');
      await Promise.all([stage.postgres.kill(), stage.redis.kill()]);
    },
  },
  {
    kind: 'redis flushed',
    weight: 3,
    run: async (stage) => {
      await stage.redis.flush();
    },
  },
  {
    kind: 'redis put back to an older state',
    weight: 3,
    run: async (stage, random) => {
      const olderOf = (data: string) => `${data}-older`;
      await stage.redis.ready();
      for (const data of stage.redis.dataDirs) {
        await rm(olderOf(data), { recursive: true, force: true });
        // Its log is appended to while we copy; what is cut off at the end is dropped at the start.
        await cp(data, olderOf(data), { recursive: true });
      }
      await sleep(random.between(500, 2_000));
      await stage.redis.kill(async (data) => {
        await rm(data, { recursive: true, force: true });
        await cp(olderOf(data), data, { recursive: true });
      });
    },
  },
  {
    kind: 'sockets of buyers cut',
    weight: 5,
    run: async (stage, random) => {
      const share = random.pick([0.3, 1]);
      for (const { door } of stage.webs) door.cut(random, share);
    },
  },
  {
    kind: 'answers to buyers lost',
    weight: 3,
    run: async (stage, random) => random.pick(stage.webs).door.loseAnswers(random.between(5, 60)),
  },
  {
    kind: 'calls of buyers delivered late',
    weight: 2,
    run: async (stage, random) =>
      random.pick(stage.webs).door.deliverLate(random.between(5, 40), random.between(50, 800)),
  },
  {
    kind: 'answers of postgres lost',
    weight: 5,
    run: async (stage, random) => random.pick(linksOf(stage)).loseAnswers(random.between(5, 100)),
  },
  {
    kind: 'statements delivered late',
    weight: 5,
    run: async (stage, random) =>
      random.pick(linksOf(stage)).deliverLate(random.between(5, 60), random.between(50, 800)),
  },
  {
    kind: 'line to postgres hung',
    weight: 2,
    run: async (stage, random) => random.pick(linksOf(stage)).stall(random.between(300, 2_000)),
  },
  {
    kind: 'web process paused',
    weight: 3,
    run: async (stage, random) =>
      pause([random.pick(stage.webs).process.pid() ?? []].flat(), random.between(300, 2_000)),
  },
  {
    kind: 'worker paused',
    weight: 2,
    run: async (stage, random) => pause([stage.worker.process.pid() ?? []].flat(), random.between(300, 2_000)),
  },
  {
    kind: 'postgres paused',
    weight: 2,
    run: async (stage, random) => pause(stage.postgresPids(), random.between(300, 1_500)),
  },
  {
    kind: 'redis paused',
    weight: 2,
    run: async (stage, random) => pause(stage.redis.pids(), random.between(300, 2_000)),
  },
];

/** The faults of a round, drawn from its seed alone: what happens, after which wait (ms), with which draws of its own. */
export function drawFaults(random: Random, count: number): { fault: Fault; waitMs: number; seed: string }[] {
  const lots = faults.flatMap((fault) => Array<Fault>(fault.weight).fill(fault));
  return Array.from({ length: count }, () => {
    const fault = random.pick(lots);
    return { fault, waitMs: random.between(200, 2_200), seed: String(random.below(2 ** 31)) };
  });
}
