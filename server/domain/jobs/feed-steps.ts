import type { WorkQueue } from '../../platform/queue/work-queue.ts';
import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { JobsRoom } from './jobs-room.ts';

const everyMs = 250;
/** Steps of a provider that wait in the queue: enough that no worker waits, few enough that a new job waits for few. */
const windowLeast = 64;
const windowPerWorker = 4;
export const windowOf = ({ settings }: JobsRoom): number =>
  Math.max(windowLeast, windowPerWorker * settings.concurrency);
/** A queue that lost them says so by being empty; this is for what it lost of many. */
const reofferSeconds = 30;
const limitEveryMs = 2_000;

/**
 * The next steps of a provider: one of each user in turn, of a user's jobs the more urgent first, and one of each of
 * these in turn. They are marked, so that they are not put in the queue again at once.
 */
const offerSql = `
  with due as (
    select s.job, s.no, s.fence, j.actor, j.priority, row_number() over (partition by s.job order by s.no) as turn
    from job j cross join lateral (
      select t.job, t.no, t.fence from job_step t
      where t.job = j.no and t.provider = $1 and t.is_open and t.due_at <= now()
        and (t.lease_until is null or t.lease_until < now())
        and ($3 or t.offered_at is null or t.offered_at < now() - interval '${reofferSeconds} seconds')
      order by t.no limit $2
    ) s
    where j.status in ('pending', 'running')
  ),
  ranked as (
    select *, row_number() over (partition by actor order by priority desc, turn, job) as place from due
  ),
  chosen as (select * from ranked order by place, priority desc, job limit $2),
  offered as (
    update job_step t set offered_at = now() from chosen c where t.job = c.job and t.no = c.no and t.fence = c.fence
    returning t.job, t.no
  )
  select c.job || '-' || c.no || '-' || c.fence as id from chosen c join offered o on o.job = c.job and o.no = c.no
  order by c.place, c.priority desc, c.job`;

/** What a queue's entry names; undefined for what is none. */
export function stepOfEntry(id: string): { job: number; no: number } | undefined {
  const [, job, no] = /^(\d+)-(\d+)-\d+$/.exec(id) ?? [];
  return job === undefined ? undefined : { job: Number(job), no: Number(no) };
}

/**
 * Keeps some steps of each provider in its queue. Postgres knows which are open; the queue may lose all of them at any
 * moment, and then they are put there again. Several feeders at once only put a little more there.
 */
export function startFeeding(room: JobsRoom, queues: ReadonlyMap<string, WorkQueue>): Chore {
  const windowMax = windowOf(room);
  const limitedAt = new Map<string, number>();
  const feed = async (name: string, queue: WorkQueue): Promise<void> => {
    if (!queue.isReady()) return;
    const { waiting, active } = await queue.counts();
    const now = room.clock.now();
    if (now - (limitedAt.get(name) ?? 0) >= limitEveryMs) {
      const provider = room.providers[name];
      if (provider) await queue.limitTo(provider.budget.concurrency);
      limitedAt.set(name, now);
    }
    if (waiting > windowMax / 2) return;
    const isEmpty = waiting + active === 0;
    const { rows } = await room.pool.query<{ id: string }>({
      name: 'offer-steps',
      text: offerSql,
      values: [name, windowMax - waiting, isEmpty],
    });
    if (rows.length > 0) await queue.put(rows.map((row) => row.id));
  };
  return startChore({
    name: 'feed steps',
    everyMs,
    clock: room.clock,
    report: room.report,
    run: async (signal) => {
      for (const [name, queue] of queues) {
        if (signal.aborted) break;
        // One provider's trouble is not another's.
        await feed(name, queue).catch((error) => room.report(error, { provider: name }));
      }
      return false;
    },
  });
}
