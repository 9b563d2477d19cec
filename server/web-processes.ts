import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import type { Clock } from './platform/runtime/clock.ts';

/** Web processes that share one port. */
export interface WebProcesses {
  url: string;
  /** Replaces all, one after the other: the next one leaves when its successor serves. Asked twice, it is done once. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/** More deaths than this within the window and something is wrong that a restart does not mend. */
const restartsMax = 5;
const windowMs = 60_000;
/** One that is told to leave drains within its own deadline of 20 s. */
const leavePatienceMs = 30_000;
const startPatienceMs = 120_000;

/**
 * Starts so many processes of this program and keeps them: one that dies by itself is replaced.
 *
 * @param env what each is given besides our own environment.
 * @param onGivenUp told when they die too often, or one cannot be started again.
 * @throws Error when one of the first does not start.
 */
export async function startWebProcesses(options: {
  count: number;
  env: Record<string, string>;
  clock: Clock;
  log: Logger;
  onGivenUp: (why: string) => void;
}): Promise<WebProcesses> {
  const { count, env, clock, log, onGivenUp } = options;
  const serving = new Set<Worker>();
  /** Whatever was started and has not ended. */
  const alive = new Set<Worker>();
  let deaths: number[] = [];
  let stopping = false;
  let renewing: Promise<void> | undefined;

  async function start(): Promise<string> {
    const worker = cluster.fork(env);
    alive.add(worker);
    const stopWaiting = killAfter(worker, startPatienceMs, clock);
    const url = await new Promise<string>((resolve, reject) => {
      worker.once('message', (message: { ready: string }) => {
        stopWaiting();
        resolve(message.ready);
      });
      worker.once('exit', () => {
        stopWaiting();
        alive.delete(worker);
        reject(new Error('a web process ended while starting'));
        died(worker);
      });
    });
    serving.add(worker);
    return url;
  }

  function died(worker: Worker): void {
    if (!serving.delete(worker) || stopping) return;
    deaths = [...deaths.filter((at) => at > clock.now() - windowMs), clock.now()];
    if (deaths.length > restartsMax) {
      onGivenUp('web processes die again and again');
      return;
    }
    log.error({ pid: worker.process.pid }, 'a web process ended and is started again');
    start().catch((error: Error) => stopping || onGivenUp(error.message));
  }

  async function renewAll(): Promise<void> {
    const before = [...serving];
    log.info({ processes: before.length }, 'replacing the web processes');
    for (const old of before) {
      if (stopping) return;
      if (!serving.has(old)) continue;
      try {
        await start();
      } catch (error) {
        // What serves goes on: a program that does not start must not replace one that does.
        log.error({ err: error }, 'a new web process does not start; the old ones stay');
        return;
      }
      serving.delete(old);
      await leave(old, clock);
    }
    log.info('all web processes are replaced');
  }

  async function stop(): Promise<void> {
    stopping = true;
    await Promise.all([...alive].map((each) => leave(each, clock)));
    await renewing;
  }

  const url = await Promise.all(Array.from({ length: count }, start)).then(
    ([first]) => first as string,
    async (error) => {
      await stop();
      throw error;
    },
  );
  return {
    url,
    renew: () => {
      renewing ??= renewAll().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    stop,
  };
}

/** Asks it to leave, and sees to it that it does. */
async function leave(worker: Worker, clock: Clock): Promise<void> {
  if (worker.isDead()) return;
  const stopWaiting = killAfter(worker, leavePatienceMs, clock);
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.process.kill('SIGTERM');
  await ended;
  stopWaiting();
}

/** Ends it the hard way after so long, unless the answer is called before. */
function killAfter(worker: Worker, ms: number, clock: Clock): () => void {
  const over = new AbortController();
  void clock.sleep(ms, over.signal).then(() => {
    if (!over.signal.aborted) worker.process.kill('SIGKILL');
  });
  return () => over.abort();
}
