import type { JobsRoom } from './jobs-room.ts';

const countSql = `
  select (select count(*) from job where status in ('pending', 'running', 'paused') and removed_at is null)::int as open,
    count(*)::int as steps,
    coalesce(extract(epoch from now() - min(s.due_at) filter (where s.due_at <= now() and s.lease_until is null)), 0)::float8
      as "lagSeconds"
  from job j join job_step s on s.job = j.no and s.is_open
  where j.status in ('pending', 'running')`;

/** For metrics: jobs that are not over, steps of those that run, and how long the oldest due one has waited. */
export async function countJobs({ pool }: Pick<JobsRoom, 'pool'>) {
  const { rows } = await pool.query<{ open: number; steps: number; lagSeconds: number }>(countSql);
  return rows[0] as { open: number; steps: number; lagSeconds: number };
}
