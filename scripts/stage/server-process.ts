import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { deathSignal } from '../../server/platform/embedded/engine-process.ts';

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const readyLine = /^(?:airside|mock gateway) ready at (\S+)$/;

/** A server of ours (or the mock gateway) as a process of its own, which is started again whenever it ends. */
export interface ServerProcess {
  name: string;
  url: string;
  /** Undefined between its end and its next start. */
  pid(): number | undefined;
  /** False if there was nothing to signal. */
  signal(signal: NodeJS.Signals): boolean;
  /** Done when it is (again) ready. */
  ready(): Promise<void>;
  starts(): number;
  /** Orderly, and for good. */
  stop(): Promise<void>;
}

/** Between the end of a process and its next start, as whatever supervises it would wait. */
const restartAfterMs = 100;
/** After a start that failed, for instance because Postgres is away as well. */
const againAfterMs = 300;
/** One that is told to stop and does not is ended the hard way. */
const stopPatienceMs = 30_000;

/**
 * @param env its settings; with a `PORT` it comes back where it was.
 * @param program what to run, with its arguments; the server by default.
 * @param logFile takes its standard error of all starts.
 * @throws Error when the first start fails.
 */
export async function startServerProcess(options: {
  name: string;
  env: Record<string, string>;
  logFile: string;
  program?: string[];
}): Promise<ServerProcess> {
  const { name, env, logFile, program = [main] } = options;
  let child: ChildProcess | undefined;
  let ready: Promise<string>;
  let starts = 0;
  let stopping = false;
  const whenWeDie = await deathSignal('KILL');

  const start = (): Promise<string> => {
    starts++;
    const log = openSync(logFile, 'a');
    // It must not outlive us, not even our kill -9: the kernel sees to it, and where it cannot the channel tells.
    const [command, ...args] = [...whenWeDie, process.execPath, ...program] as [string, ...string[]];
    const started = spawn(command, args, {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', log, 'ipc'],
    });
    closeSync(log);
    child = started;
    return new Promise((resolve, reject) => {
      started.once('exit', (code, signal) => {
        child = undefined;
        reject(new Error(`${name} ended with ${code ?? signal}; see ${logFile}`));
      });
      started.once('error', reject);
      createInterface({ input: started.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const url = readyLine.exec(line)?.[1];
        if (url) resolve(url);
      });
    });
  };

  /** Starts it again each time it ends, until it is told to stop. */
  const keep = (): void => {
    child?.once('exit', () => {
      if (stopping) return;
      ready = restart();
      ready.catch(() => undefined);
    });
  };
  const restart = async (): Promise<string> => {
    for (let waitMs = restartAfterMs; ; waitMs = againAfterMs) {
      await sleep(waitMs);
      if (stopping) throw new Error(`${name} is stopped`);
      try {
        const url = await start();
        keep();
        return url;
      } catch {
        // Its reason stands in its log.
      }
    }
  };

  ready = start();
  const url = await ready;
  keep();
  return {
    name,
    url,
    pid: () => child?.pid,
    signal: (signal) => child?.kill(signal) ?? false,
    ready: () => ready.then(() => undefined),
    starts: () => starts,
    stop: async () => {
      stopping = true;
      const last = child;
      if (!last) return;
      const ended = new Promise((resolve) => last.once('exit', resolve));
      last.kill('SIGCONT');
      last.kill('SIGTERM');
      const timer = setTimeout(() => last.kill('SIGKILL'), stopPatienceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
