import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { FlightIndex } from './flight-index.ts';
import type { PostedArrangement } from './rearrange-worker.ts';
import type { Timetable } from './timetable.ts';

/** A timetable in its order, and where its flights are. */
export interface Arranged {
  timetable: Timetable;
  index: FlightIndex;
}

/** `rearrange` in a thread of its own: of 700,000 flights it takes a second, and this one goes on selling and writing. */
export async function rearrangeAside(timetable: Timetable, signal: AbortSignal): Promise<Arranged> {
  const worker = new Worker(new URL('./rearrange-worker.ts', import.meta.url), { workerData: timetable });
  try {
    const [arranged] = (await once(worker, 'message', { signal })) as [PostedArrangement];
    return { timetable: arranged.timetable, index: FlightIndex.from(arranged.index) };
  } finally {
    await worker.terminate();
  }
}
