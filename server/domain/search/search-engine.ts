import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { refuse } from '../../platform/runtime/failure.ts';
import type { ConnectionTable } from '../connections/minimum-connection.ts';
import type { LiveTimetable } from '../timetable/live-timetable.ts';
import { postedNames } from '../timetable/names.ts';
import { counted, type Timetable } from '../timetable/timetable.ts';
import { answerSearch, type SearchAnswer, type SearchTask } from './answer-search.ts';
import { type ConnectionTimes, connectionTimes } from './connection-times.ts';
import type { FromWorker, ToWorker, WorkerKnowledge, WorkerOptions } from './search-worker.ts';
import type { PageTask, ShownPage } from './show-page.ts';

/** An answer, and the columns that its row numbers mean. */
export interface Answered extends SearchAnswer {
  timetable: Timetable;
}

export interface SearchEngine {
  /** Fails: BUSY when too many searches wait. */
  answer(task: SearchTask): Promise<Answered>;
  /** A page of journeys, and the columns that what was found is of. Fails: BUSY when too many searches wait. */
  show(task: PageTask): Promise<{ page: ShownPage; timetable: Timetable }>;
  /** The rules for connections or the carriers' alliances have changed. */
  setRules(table: ConnectionTable, alliances: Map<string, string>): void;
  /** Those that hold now. */
  times(): ConnectionTimes;
  waiting(): number;
  /** Starts the first thread, so that nobody waits for it. */
  warm(): void;
  close(): Promise<void>;
}

/** Searches that wait for a thread; at some 5 ms each the last of them waits for about a second. */
const waitingMax = 256;
const retryAfterMs = 250;
/** Flights out of the origins that are followed on the spot: some 20 µs, less than a message to a thread and back. */
const inlineMarketsMax = 64;

type Asked = Exclude<ToWorker, { know: unknown }>;
type Done = Exclude<FromWorker, { error: string }>;

interface Waiting {
  asked: Asked;
  /** With the columns that the answer's rows are of. */
  resolve(done: Done, timetable: Timetable): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  busy: { waiting: Waiting; timetable: Timetable } | undefined;
}

/**
 * Runs searches without holding up the event loop that sells seats: in threads that share the timetable, started when
 * needed, the first of them once there is something to search, since it takes a tenth of a second to come up. Journeys
 * are made ready to be shown there, too: twenty of them, each with its sealed offer, take longer than to find them. A
 * search for its own sake that takes less time than telling a thread of it runs on the spot.
 */
export function createSearchEngine(
  live: Pick<LiveTimetable, 'timetable' | 'names' | 'onSwap'>,
  offerSecret: string,
  threadsMax = Math.max(1, availableParallelism() - 1),
): SearchEngine {
  const threads: Thread[] = [];
  const queue: Waiting[] = [];
  let table: ConnectionTable = { rows: new Int32Array(new SharedArrayBuffer(0)) };
  let alliances = new Map<string, string>();
  let timetable = live.timetable;
  let known: { times: ConnectionTimes; airports: number } | undefined;
  /** What the threads were told last; undefined: something of it has changed. */
  let told: WorkerKnowledge | undefined;
  let closed = false;

  /** Worked out again where airports have come since. */
  const times = (): ConnectionTimes => {
    const airports = timetable.counts[counted.airports] as number;
    if (known?.airports !== airports) known = { times: connectionTimes(timetable, table), airports };
    return known.times;
  };
  /** Threads know what this one does before they are asked anything: words that have come since, above all. */
  const tell = (): WorkerKnowledge => {
    const { carriers, currencies } = live.names;
    const isNew =
      told?.times !== times() ||
      told.names.carriers.length !== carriers.all.length ||
      told.names.currencies.length !== currencies.all.length;
    if (!told || isNew) {
      told = { timetable, times: times(), names: postedNames(live.names), alliances };
      for (const { worker } of threads) worker.postMessage({ know: told } satisfies ToWorker);
    }
    return told;
  };
  const stopListening = live.onSwap((next) => {
    timetable = next;
    told = undefined;
    if (threads.length > 0) tell();
  });

  const start = (): Thread => {
    const worker = new Worker(new URL('./search-worker.ts', import.meta.url), {
      // What the system shows for it.
      name: 'search',
      workerData: { offerSecret } satisfies WorkerOptions,
    });
    const thread: Thread = { worker, busy: undefined };
    worker.unref();
    worker.postMessage({ know: tell() } satisfies ToWorker);
    worker.on('message', (message: FromWorker) => {
      const done = thread.busy;
      thread.busy = undefined;
      if ('error' in message) done?.waiting.reject(new Error(message.error));
      else done?.waiting.resolve(message, done.timetable);
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
      tell();
      idle.busy = { waiting, timetable };
      idle.worker.postMessage(waiting.asked);
    }
  };

  const ask = <Result>(asked: Asked, read: (done: Done, timetable: Timetable) => Result): Promise<Result> => {
    if (queue.length >= waitingMax) throw refuse('BUSY', { retryAfterMs });
    return new Promise<Result>((resolve, reject) => {
      queue.push({ asked, resolve: (done, of) => resolve(read(done, of)), reject });
      next();
    });
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
      return ask({ search: task }, (done, of) => ({
        ...(done as Extract<Done, { answer: unknown }>).answer,
        timetable: of,
      }));
    },
    show: async (task) =>
      ask({ show: task }, (done, timetable) => ({ ...(done as Extract<Done, { page: unknown }>), timetable })),
    setRules: (given, theirs) => {
      table = given;
      alliances = theirs;
      known = undefined;
      told = undefined;
    },
    warm: () => {
      if (!closed && threads.length === 0) start();
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
