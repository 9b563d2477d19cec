import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface EmbeddedEngine {
  /** Connection string on 127.0.0.1 with the engine's own password: no other user of the machine gets in. */
  url: string;
  pid: number;
  /** Ends the engine in an orderly way within a bound; the second call waits for the first. */
  stop(): Promise<void>;
}

export interface EngineSpec {
  /** For messages. */
  name: string;
  /** Program with what runs before it (namespaces, death signal); each replaces itself with the next. */
  command: string[];
  args: string[];
  env: NodeJS.ProcessEnv;
  /** The engine's own data: `enginesIn` recognises it by its working directory. */
  cwd: string;
  /** Takes both output streams; the one of the start before is kept as `.1`. */
  logFile: string;
  ready: RegExp;
  /** How long the engine may say nothing before it is ready; one that reports progress may take ten times that. */
  startTimeoutMs: number;
  /** What to send, and how long (ms) to wait for the end after each. */
  stopSignals: [NodeJS.Signals, number][];
  onExit?: ((detail: string) => void) | undefined;
}

/** The engine did not become ready; `log` is what it said. */
export class EngineStartError extends Error {
  readonly log: string;

  constructor(message: string, log: string) {
    super(`${message}${log ? `\n${lastLines(log)}` : ''}`);
    this.name = 'EngineStartError';
    this.log = log;
  }
}

const logLimitBytes = 64 * 2 ** 20;

/**
 * Spawns an engine in a session of its own, so that Ctrl-C and signals to the server's group pass it by, and returns
 * once it says that it is ready.
 *
 * @throws EngineStartError
 */
export async function runEngine(spec: EngineSpec): Promise<{ pid: number; stop(): Promise<void> }> {
  await rename(spec.logFile, `${spec.logFile}.1`).catch(() => undefined);
  // A file and not a pipe: the engine outlives a killed server for a moment, and must be able to say why it ends.
  const log = openSync(spec.logFile, 'a', 0o600);
  const child = spawn(spec.command[0] as string, [...spec.command.slice(1), ...spec.args], {
    env: spec.env,
    cwd: spec.cwd,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `exited with code ${code}`));
  });

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= endChild(spec, child, ended);
    return stopping;
  };
  await untilReady(spec, ended, stop);

  const trim = setInterval(() => keepLogSmall(spec.logFile), 60_000).unref();
  void ended.then((how) => {
    clearInterval(trim);
    if (!stopping) spec.onExit?.(`${spec.name} ${how}; its last messages:\n${lastLines(readLog(spec.logFile))}`);
  });
  return { pid: child.pid as number, stop };
}

async function untilReady(spec: EngineSpec, ended: Promise<string>, stop: () => Promise<void>): Promise<void> {
  let how: string | undefined;
  void ended.then((text) => {
    how = text;
  });
  const began = performance.now();
  let grewAt = began;
  let size = 0;
  for (;;) {
    const text = readLog(spec.logFile);
    if (how === undefined && spec.ready.test(text)) return;
    if (how !== undefined) throw new EngineStartError(`${spec.name} ${how} before it was ready`, readLog(spec.logFile));
    const now = performance.now();
    if (text.length > size) grewAt = now;
    size = text.length;
    // Recovery after a crash reports every 10 s, and is worth waiting for.
    if (now - grewAt > spec.startTimeoutMs || now - began > spec.startTimeoutMs * 10) {
      await stop();
      throw new EngineStartError(`${spec.name} was not ready after ${Math.round((now - began) / 1000)} s`, text);
    }
    await Promise.race([ended, sleep(15)]);
  }
}

async function endChild(spec: EngineSpec, child: ChildProcess, ended: Promise<string>): Promise<void> {
  for (const [signal, waitMs] of spec.stopSignals) {
    child.kill(signal);
    const waiting = new AbortController();
    const gone = await Promise.race([
      ended.then(() => true),
      sleep(waitMs, false, { signal: waiting.signal }).catch(() => false),
    ]);
    waiting.abort();
    if (gone) return;
  }
  throw new Error(`${spec.name} (process ${child.pid}) does not end, not even by SIGKILL`);
}

function keepLogSmall(file: string): void {
  try {
    // The engine appends, so after the cut it goes on at the new end.
    if (statSync(file).size > logLimitBytes) truncateSync(file);
  } catch {
    // The log is a convenience: the engine does not depend on it.
  }
}

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-20).join('\n');
}

// ---- processes -------------------------------------------------------------------------------------------------------

/**
 * Processes of these names whose working directory is `dir`. Both engines live in their data; a pid file could be
 * stale or missing, and a command line is rewritten by both.
 */
export function enginesIn(dir: string, names: readonly string[]): number[] {
  if (process.platform !== 'linux') return enginesByLsof(dir, names);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/cwd`) === dir && names.includes(readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
        );
      } catch {
        return false;
      }
    });
}

function enginesByLsof(dir: string, names: readonly string[]): number[] {
  const { stdout } = spawnSync('lsof', ['-a', '-d', 'cwd', ...names.flatMap((name) => ['-c', name]), '-Fpn'], {
    encoding: 'utf8',
  });
  // One process a block: p<pid>, fcwd, n<directory>.
  return [...(stdout ?? '').matchAll(/^p(\d+)\n(?:f.*\n)?n(.*)$/gm)]
    .filter(([, , cwd]) => cwd === dir)
    .map(([, pid]) => Number(pid));
}

export interface EndingStep {
  signal: NodeJS.Signals;
  waitMs: number;
  only?: (pid: number) => boolean;
}

/**
 * Sends each step's signal to what still runs, until nothing does.
 *
 * @throws Error naming the processes that outlived the last step.
 */
export async function endProcesses(name: string, running: () => number[], steps: readonly EndingStep[]): Promise<void> {
  for (const step of steps) {
    for (const pid of running()) if (step.only?.(pid) ?? true) signalQuietly(pid, step.signal);
    const deadline = performance.now() + step.waitMs;
    while (running().length > 0 && performance.now() < deadline) await sleep(25);
  }
  const left = running();
  if (left.length > 0) throw new Error(`an earlier ${name} (process ${left.join(', ')}) does not end; end it by hand`);
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between the look and the signal.
  }
}

let knowsDeathSignal: Promise<boolean> | undefined;

/**
 * Words to put before an engine so that the kernel sends it this signal when our process dies, even by SIGKILL. The
 * kernel watches the spawning thread: engines are started from the main one. Empty where setpriv is missing or
 * cannot do it; the next start clears the leftover then. The kernel forgets the wish when a process changes its
 * user, so these words come after those that do.
 */
export async function deathSignal(signal: 'INT' | 'TERM' | 'KILL'): Promise<string[]> {
  knowsDeathSignal ??= succeeds(['setpriv', '--pdeathsig', 'KILL', '--', 'true']);
  return (await knowsDeathSignal) ? ['setpriv', '--pdeathsig', signal, '--'] : [];
}

/** A port of 127.0.0.1 that nobody listens on at this moment. Another may take it before we do: callers retry. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function succeeds([program, ...args]: string[]): Promise<boolean> {
  return run(program as string, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
