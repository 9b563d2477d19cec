import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { refuse } from '../../platform/runtime/failure.ts';
import type { ConnectionTable } from '../connections/minimum-connection.ts';
import type { LiveTimetable } from '../timetable/live-timetable.ts';
import { counted, type Timetable } from '../timetable/timetable.ts';
import { answerSearch, type SearchAnswer, type SearchTask } from './answer-search.ts';
import { type ConnectionTimes, connectionTimes } from './connection-times.ts';
import type { FromWorker, ToWorker } from './search-worker.ts';

/** An answer, and the columns that its row numbers mean. */
export interface Answered extends SearchAnswer {
  timetable: Timetable;
}

export interface SearchEngine {
  /** Fails: BUSY when too many searches wait. */
  answer(task: SearchTask): Promise<Answered>;
  /** The rules for connections have changed. */
  setConnections(table: ConnectionTable): void;
  /** Those that hold now. */
  times(): ConnectionTimes;
  waiting(): number;
  close(): Promise<void>;
}

/** Searches that wait for a thread; at some 5 ms each the last of them waits for about a second. */
const waitingMax = 256;
const retryAfterMs = 250;
/** Flights out of the origins that are followed on the spot: some 20 µs, less than a message to a thread and back. */
const inlineMarketsMax = 64;

interface Waiting {
  task: SearchTask;
  resolve(answered: Answered): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  busy: { waiting: Waiting; timetable: Timetable } | undefined;
}

/**
 * Runs searches without holding up the event loop that sells seats: in threads that share the timetable, started when
 * first needed. One that takes less time than telling a thread of it runs on the spot.
 */
export function createSearchEngine(
  live: Pick<LiveTimetable, 'timetable' | 'onSwap'>,
  threadsMax = Math.max(1, availableParallelism() - 1),
): SearchEngine {
  const threads: Thread[] = [];
  const queue: Waiting[] = [];
  let table: ConnectionTable = { rows: new Int32Array(new SharedArrayBuffer(0)) };
  let timetable = live.timetable;
  let known: { times: ConnectionTimes; airports: number } | undefined;
  let closed = false;

  /** Worked out again where airports have come since. */
  const times = (): ConnectionTimes => {
    const airports = timetable.counts[counted.airports] as number;
    if (!known || known.airports !== airports) {
      known = { times: connectionTimes(timetable, table), airports };
      tell();
    }
    return known.times;
  };
  const tell = (): void => {
    if (!known) return;
    for (const { worker } of threads) worker.postMessage({ timetable, times: known.times } satisfies ToWorker);
  };
  const stopListening = live.onSwap((next) => {
    timetable = next;
    tell();
  });

  const start = (): Thread => {
    const worker = new Worker(new URL('./search-worker.ts', import.meta.url));
    const thread: Thread = { worker, busy: undefined };
    worker.unref();
    worker.postMessage({ timetable, times: times() } satisfies ToWorker);
    worker.on('message', (message: FromWorker) => {
      const done = thread.busy;
      thread.busy = undefined;
      if (done && 'answer' in message) done.waiting.resolve({ ...message.answer, timetable: done.timetable });
      else if (done && 'error' in message) done.waiting.reject(new Error(message.error));
      next();
    });
    const lost = (error: unknown): void => {
      threads.splice(threads.indexOf(thread), 1);
      thread.busy?.waiting.reject(error);
      thread.busy = undefined;
      if (!closed) next();
    };
    worker.once('error', lost);
    worker.once('exit', () => {
      if (threads.includes(thread)) lost(new Error('a search thread ended'));
    });
    threads.push(thread);
    return thread;
  };

  const next = (): void => {
    while (queue.length > 0) {
      let idle = threads.find((each) => !each.busy);
      if (!idle && threads.length < threadsMax) idle = start();
      if (!idle) return;
      const waiting = queue.shift() as Waiting;
      // Also what it must know: airports that have come since change the times.
      times();
      idle.busy = { waiting, timetable };
      idle.worker.postMessage({ task: waiting.task } satisfies ToWorker);
    }
  };

  /** Markets that would be followed. */
  const marketsOf = ({ slices }: SearchTask): number => {
    let markets = 0;
    for (const { origins, destinations, maxStops } of slices) {
      const outs = origins.map((each) => timetable.lists[timetable.airportOut[each.airport] as number] as number);
      const out = outs.reduce((sum, each) => sum + each, 0);
      const ways = destinations.length;
      markets += maxStops === 0 ? ways : maxStops === 1 ? out * ways : Number.POSITIVE_INFINITY;
    }
    return markets;
  };

  return {
    answer: async (task) => {
      if (marketsOf(task) <= inlineMarketsMax) return { ...answerSearch(timetable, times(), task), timetable };
      if (queue.length >= waitingMax) throw refuse('BUSY', { retryAfterMs });
      return new Promise<Answered>((resolve, reject) => {
        queue.push({ task, resolve, reject });
        next();
      });
    },
    setConnections: (given) => {
      table = given;
      known = undefined;
      times();
    },
    times,
    waiting: () => queue.length,
    close: async () => {
      closed = true;
      stopListening();
      for (const waiting of queue.splice(0)) waiting.reject(refuse('BUSY', { retryAfterMs }));
      await Promise.all(threads.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}
