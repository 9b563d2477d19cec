import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DigestTask } from './digest-worker.ts';
import { postedNames, type ShownNames } from './names.ts';
import type { Timetable } from './timetable.ts';
import type { wholeDigest } from './timetable-digest.ts';

/** `wholeDigest` in a thread of its own: of 700,000 flights it takes four seconds, and this one goes on selling. */
export async function digestAside(
  timetable: Timetable,
  names: ShownNames,
  signal: AbortSignal,
): Promise<ReturnType<typeof wholeDigest>> {
  const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), {
    workerData: { timetable, names: postedNames(names) } satisfies DigestTask,
  });
  try {
    const [digest] = await once(worker, 'message', { signal });
    return digest;
  } finally {
    await worker.terminate();
  }
}
