import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Program {
  pid: number;
  /** What it said when it was ready: an address, for a server. */
  ready: string;
  /** Sends an order and waits for what comes back. */
  ask<Answer>(order: object, timeoutMs: number): Promise<Answer>;
  /** Stands still, with its connections open, until it is resumed. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const startMs = 120_000;
const stopMs = 30_000;

/**
 * Starts a program of this tree as a child with a channel, through which it sees our death. It is ready when it says
 * so over the channel (`{ ready }`) or on standard output, as the server does.
 */
export async function startProgram(
  file: string,
  options: { env?: Record<string, string>; nodeArgs?: string[] } = {},
): Promise<Program> {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), file], {
    cwd: root,
    // Nothing of the caller's settings but what every program needs: DATABASE_URL there would be somebody's own.
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...options.env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const ready = await Promise.race([
    readyOf(child),
    ended.then(([code, signal]) => Promise.reject(new Error(`${file} ended with ${code ?? signal} while starting`))),
    sleep(startMs, undefined, { ref: false }).then(() => Promise.reject(new Error(`${file} does not get ready`))),
  ]);
  return {
    pid: child.pid as number,
    ready,
    ask: async <Answer>(order: object, timeoutMs: number): Promise<Answer> => {
      const timeout = new AbortController();
      const answered = once(child, 'message', { signal: timeout.signal });
      answered.catch(() => undefined);
      child.send(order);
      const late = sleep(timeoutMs, undefined, { signal: timeout.signal, ref: false });
      late.catch(() => undefined);
      try {
        const first = await Promise.race([
          answered,
          late.then(() => Promise.reject(new Error(`${file} gave no answer in ${timeoutMs} ms`))),
          ended.then(() => Promise.reject(new Error(`${file} ended`))),
        ]);
        const message = first[0] as Answer & { failed?: string };
        if (message.failed) throw new Error(`${file}: ${message.failed}`);
        return message;
      } finally {
        timeout.abort();
      }
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function readyOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    const listen = (message: { ready?: string; failed?: string }) => {
      if (!message.ready) return;
      child.off('message', listen);
      resolve(message.ready);
    };
    child.on('message', listen);
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const found = /^airside ready at (\S+)$/.exec(line);
      if (found) resolve(found[1] as string);
    });
  });
}
