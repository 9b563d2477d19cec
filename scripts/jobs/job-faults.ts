import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../stage/random.ts';
import type { JobStage } from './job-stage.ts';

/** What can happen to a job while it runs. */
export interface JobFault {
  kind: string;
  /** Relative, of all draws. */
  weight: number;
  run(stage: JobStage, random: Random): Promise<void>;
}

/** The first worker is spared: its memory is watched over the whole run. */
const mortal = (stage: JobStage) => stage.workers.slice(1);

const jobFaults: readonly JobFault[] = [
  {
    kind: 'worker killed',
    weight: 12,
    run: async (stage, random) => void random.pick(mortal(stage)).signal('SIGKILL'),
  },
  {
    kind: 'all workers but one killed',
    weight: 4,
    run: async (stage) => {
      for (const worker of mortal(stage)) worker.signal('SIGKILL');
    },
  },
  {
    kind: 'worker paused until its leases are over',
    weight: 2,
    run: async (stage, random) => {
      const worker = random.pick(mortal(stage));
      worker.signal('SIGSTOP');
      // Other faults fall meanwhile: the job does not wait for this one either.
      stage.later(sleep(11_000).then(() => void worker.signal('SIGCONT')));
    },
  },
  {
    kind: 'worker told to stop',
    weight: 3,
    run: async (stage, random) => void random.pick(mortal(stage)).signal('SIGTERM'),
  },
  { kind: 'web process killed', weight: 2, run: async (stage) => void stage.web.signal('SIGKILL') },
  {
    kind: 'redis flushed',
    weight: 8,
    run: async (stage) => {
      await stage.redis.flush();
    },
  },
  { kind: 'redis killed', weight: 4, run: (stage, random) => stage.redis.killOne(random) },
  { kind: 'postgres killed', weight: 6, run: (stage) => stage.postgres.kill() },
  {
    kind: 'connections to postgres ended',
    weight: 4,
    run: async (stage) => {
      await stage.db
        .query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'airside%'`)
        .catch(() => undefined);
    },
  },
];

export function drawJobFault(random: Random): JobFault {
  return random.pick(jobFaults.flatMap((fault) => Array<JobFault>(fault.weight).fill(fault)));
}
