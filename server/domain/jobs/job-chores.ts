import { hash } from 'node:crypto';
import { newId } from '../../../shared/ids.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { Lease } from '../../platform/redis/lease.ts';
import { startChore } from '../../platform/runtime/periodic.ts';
import { insertJob } from './create-job.ts';
import { axesOf } from './job-plan.ts';
import { type JobRow, jobColumns } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { planJob } from './plan-job.ts';

const everyMs = 1_000;
const leaseMs = 30_000;
const rowsPerRound = 5_000;

const dueSql = `
  select ${jobColumns} from job j where j.repeat_at <= now() and j.removed_at is null
  order by j.repeat_at limit 1 for update skip locked`;
const repeatedSql = 'update job set repeat_at = null where no = $1';

/** Begins the next of one series that is due. True: there may be more. */
async function repeatJobs(room: JobsRoom): Promise<boolean> {
  const begun = await inTransaction(room.pool, async (tx) => {
    const { rows } = await tx.query<JobRow>(dueSql);
    const job = rows[0];
    if (!job) return undefined;
    await tx.query(repeatedSql, [job.no]);
    const times = (job.repeatTimes ?? 0) - 1;
    const repeat = times > 0 && job.repeatHours ? { everyHours: job.repeatHours, times } : undefined;
    const ask = { ...job.ask, ...axesOf(job.plan), providers: job.providers as never, repeat };
    const id = newId(room.clock.now());
    try {
      const planned = planJob(room, ask);
      await insertJob(tx, { id, actor: job.actor, bodyHash: hash('sha256', id, 'hex'), ask, planned });
    } catch (error) {
      // All its dates are over, or its provider is off: the series has ended.
      room.report(error, { job: job.id });
    }
    return id;
  });
  if (begun) room.announce({ moved: [begun], work: true });
  return begun !== undefined;
}

const removedSql = 'select no from job where removed_at is not null limit 1';

/** Takes away some rows of a job that was removed, the job's own last. True: there may be more. */
async function sweepRemovedJobs({ pool }: Pick<JobsRoom, 'pool'>): Promise<boolean> {
  const { rows } = await pool.query<{ no: number }>(removedSql);
  const no = rows[0]?.no;
  if (no === undefined) return false;
  for (const table of ['job_chunk', 'job_step']) {
    const { rowCount } = await pool.query(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where job = $1 limit ${rowsPerRound}))`,
      [no],
    );
    if (rowCount === rowsPerRound) return true;
  }
  await pool.query('delete from job where no = $1 and removed_at is not null', [no]);
  return true;
}

/** What goes on in the background, on one process at a time: series of jobs, and taking away. */
export function startJobChores(room: JobsRoom, lease: Lease): { stop: () => Promise<void> } {
  const common = { everyMs, clock: room.clock, report: room.report };
  const chore = (name: string, run: () => Promise<boolean>) =>
    startChore({ ...common, name, run: async () => (await lease(name.replaceAll(' ', '-'), leaseMs, run)) ?? false });
  const chores = [
    chore('repeat jobs', () => repeatJobs(room)),
    chore('sweep removed jobs', () => sweepRemovedJobs(room)),
  ];
  return {
    stop: async () => {
      await Promise.all(chores.map((each) => each.stop()));
    },
  };
}
