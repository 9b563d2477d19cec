import type { JobProgress, JobStatus } from '../../../shared/jobs.ts';
import { money } from '../../../shared/money.ts';
import type { FeedEntry } from '../../platform/feed/feed.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { isOver, type JobRow, jobViewOf, readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';

/** What `tell_job` writes into the log. */
interface JobLogData {
  status: JobStatus;
  reason: string | null;
  total: number;
  done: number;
  found: number;
  empty: number;
  unknown: number;
  offers: number;
  bestAmount: number | null;
  bestCurrency: string | null;
  recoveries: number;
}

/** Nobody reads numbers faster. */
const leastMs = 250;
/** A hint may be lost. */
const lookMs = 2_000;

/**
 * A job's states, each exactly once and in order, and between them its numbers, as often as they move but at most four
 * times a second: they are absolute, so those in between are left out. The event id is `VERSION.DONE`. Without
 * `lastEventId` the present state comes first; with it, every state after it.
 *
 * Fails: NOT_FOUND, INVALID_INPUT for an id that is none.
 */
export async function* watchJob(
  room: JobsRoom,
  actor: string,
  input: { jobId: string; lastEventId?: string | null },
  signal: AbortSignal,
): AsyncGenerator<{ eventId: string; progress: JobProgress }> {
  const { jobId } = input;
  const rate = new Rate(room.clock.now());
  const event = (row: JobRow) => ({
    eventId: `${row.version}.${row.done}`,
    progress: progressOf(row, rate.add(row, room.clock.now())),
  });

  let row = await readOwnJob(room, actor, jobId);
  let { version, done } = input.lastEventId ? positionOf(input.lastEventId, row) : row;
  if (!input.lastEventId) yield event(row);

  const following = new AbortController();
  const states = room.feed.followSubject(jobId, version, AbortSignal.any([signal, following.signal]));
  let state: FeedEntry | undefined;
  let wake = () => {};
  const awaitState = (): void => {
    states.next().then(
      ({ value }) => {
        state = value ?? undefined;
        wake();
      },
      () => undefined,
    );
  };
  awaitState();
  try {
    while (!signal.aborted) {
      const waiting = room.watchers.news(jobId);
      const woken = new AbortController();
      wake = () => woken.abort('state');
      if (state) {
        const entry: FeedEntry = state;
        state = undefined;
        awaitState();
        row = await whenAvailable(room.clock, signal, () => readOwnJob(room, actor, jobId));
        const told = rowOf(row, entry);
        version = told.version;
        done = told.done;
        waiting.over();
        yield event(told);
        continue;
      }
      row = await whenAvailable(room.clock, signal, () => readOwnJob(room, actor, jobId));
      // A state that the log has not told yet comes by the log.
      if (row.version === version && row.done !== done) {
        done = row.done;
        yield event(row);
      } else if (row.version > version) {
        room.feed.hint([jobId]);
      }
      if (!state) {
        await room.clock.sleep(leastMs, AbortSignal.any([signal, woken.signal]));
        if (!woken.signal.aborted) {
          await room.clock.sleep(lookMs - leastMs, AbortSignal.any([signal, woken.signal, waiting.signal]));
        }
      }
      waiting.over();
    }
  } finally {
    following.abort();
    await states.return(undefined).catch(() => undefined);
  }
}

/** The state that an event id names. Fails: INVALID_INPUT. */
function positionOf(id: string, row: JobRow): { version: number; done: number } {
  const [, version, done] = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(id) ?? [];
  if (version === undefined || Number(version) > row.version) {
    throw invalidInput(['lastEventId'], 'not an event of this job');
  }
  return { version: Number(version), done: Number(done ?? -1) };
}

/** The job as it was when the log told of it. */
function rowOf(row: JobRow, entry: FeedEntry): JobRow {
  const { recoveries: _, ...numbers } = entry.data as unknown as JobLogData;
  const version = entry.version as number;
  const at = { lastCheckpointAt: row.lastCheckpointAt, finishedAt: isOver(numbers.status) ? row.finishedAt : null };
  return { ...row, ...numbers, ...at, version };
}

function progressOf(row: JobRow, ratePerSecond: number): JobProgress {
  const { ask: _, ...view } = jobViewOf(row);
  const left = row.total - row.done;
  const rate = row.status === 'running' ? ratePerSecond : 0;
  return {
    ...view,
    bestPrice: row.bestAmount === null ? null : money(row.bestAmount, row.bestCurrency as string),
    ratePerSecond: Number(rate.toPrecision(3)),
    etaSeconds: isOver(row.status) || left === 0 ? 0 : rate > 0 ? Math.ceil(left / rate) : null,
  };
}

const windowMs = 10_000;

/** Combinations a second of the last ten seconds; before anything was seen, since the job's start. */
class Rate {
  readonly #seen: { at: number; done: number }[] = [];
  readonly #since: number;

  constructor(since: number) {
    this.#since = since;
  }

  add(row: JobRow, now: number): number {
    this.#seen.push({ at: now, done: row.done });
    while (this.#seen.length > 2 && (this.#seen[1]?.at ?? now) < now - windowMs) this.#seen.shift();
    const first = this.#seen[0];
    if (first && now - first.at >= 1_000) return Math.max(0, ((row.done - first.done) * 1_000) / (now - first.at));
    const startedAt = row.startedAt ? Date.parse(row.startedAt) : this.#since;
    return now > startedAt ? (row.done * 1_000) / (now - startedAt) : 0;
  }
}
