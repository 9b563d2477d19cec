import type { JobResult } from '../../../shared/jobs.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type ResultRow, resultColumns, resultOf } from './result-rows.ts';

const checkpointsPerRead = 5;
const lookMs = 1_000;

const nextSql = `
  select r.checkpoint as n, ${resultColumns} from job_result r
  where r.job = $1 and r.checkpoint between $2 and $2 + ${checkpointsPerRead} and (r.checkpoint, r.position) > ($2, $3)
  order by r.checkpoint, r.position`;

/**
 * What a job comes to, one combination after the other, in the order in which they were stored: from the beginning, or
 * after `lastEventId` (`CHECKPOINT.POSITION`). Checkpoints have no gap, so nothing is missed.
 *
 * Fails: NOT_FOUND, INVALID_INPUT for an id that is none.
 */
export async function* watchResults(
  room: JobsRoom,
  actor: string,
  input: { jobId: string; lastEventId?: string | null },
  signal: AbortSignal,
): AsyncGenerator<{ eventId: string; result: JobResult }> {
  const job = await readOwnJob(room, actor, input.jobId);
  let { n, position } = positionOf(input.lastEventId, job.checkpoints);
  while (!signal.aborted) {
    const waiting = room.watchers.news(input.jobId);
    const { rows } = await whenAvailable(room.clock, signal, () =>
      room.pool.query<ResultRow & { n: number }>({
        name: 'watch-results',
        text: nextSql,
        values: [job.no, n, position],
      }),
    );
    for (const { n: checkpoint, ...row } of rows) {
      if (signal.aborted) break;
      n = checkpoint;
      position = row.position;
      yield { eventId: `${n}.${position}`, result: resultOf(input.jobId, row) };
    }
    if (rows.length === 0) await room.clock.sleep(lookMs, AbortSignal.any([signal, waiting.signal]));
    waiting.over();
    // Somebody may have taken the job away meanwhile.
    if (rows.length === 0) await whenAvailable(room.clock, signal, () => readOwnJob(room, actor, input.jobId));
  }
}

function positionOf(id: string | null | undefined, checkpoints: number): { n: number; position: number } {
  if (!id) return { n: 0, position: -1 };
  const [, n, position] = /^(\d{1,9})\.(\d{1,9})$/.exec(id) ?? [];
  if (n === undefined || Number(n) > checkpoints) throw invalidInput(['lastEventId'], 'not an event of this job');
  return { n: Number(n), position: Number(position) };
}
