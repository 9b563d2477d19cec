import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  deathSignal,
  type EmbeddedEngine,
  EngineStartError,
  endProcesses,
  enginesIn,
  freePort,
  runEngine,
} from './engine-process.ts';
import { findRedisBinary } from './find-redis-binary.ts';

export interface EmbeddedRedisOptions {
  /** A claimed data directory; the data lives in `redisdata`, the messages in `redis.log`. */
  dataDir: string;
  /** false writes nothing to the disk: for tests whose data dies with them. */
  durable?: boolean;
  /** Address of an earlier start: it comes back there, so that whoever is connected finds it again. */
  previousUrl?: string | undefined;
  /** Further lines of its configuration. */
  settings?: string[];
  /** Where a downloaded server is kept; see `findRedisBinary`. */
  cacheDir?: string;
  /** Called once if the engine ends without having been told to, with the reason and its last messages. */
  onExit?: (detail: string) => void;
  /** What an operator should know, one line at a time (a download, data put aside); standard error by default. */
  report?: (line: string) => void;
}

const portAttempts = 5;
const names = ['redis-server', 'valkey-server', 'redis-check-rdb', 'valkey-check-rdb'];

/**
 * Starts a private Redis that logs every write and syncs each second. The caller must hold the data directory
 * (`claimDataDir`): a server that still runs in it is taken for the leftover of a killed run and stopped.
 * Redis is never the truth here, so data that it cannot read is put aside and it starts empty.
 *
 * @throws Error that says what to do, with the engine's last messages when it did start.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedEngine> {
  const report = options.report ?? ((line: string) => void process.stderr.write(`${line}\n`));
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const data = join(dataDir, 'redisdata');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const binary = await findRedisBinary({ cacheDir: options.cacheDir, report });
  await endProcesses('redis', () => enginesIn(data, names), [
    { signal: 'SIGTERM', waitMs: 10_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);

  let mayStartEmpty = true;
  for (let attempt = 1; ; attempt += 1) {
    const previous = options.previousUrl ? new URL(options.previousUrl) : undefined;
    const port = previous ? Number(previous.port) : await freePort();
    // A new password each start, in a file and not in the arguments, which every user of the machine can read.
    const password = previous?.password ?? randomBytes(24).toString('base64url');
    const config = join(dataDir, 'redis.conf');
    await rm(config, { force: true });
    const { durable = true, settings = [] } = options;
    await writeFile(config, serverConfig({ port, password, data, durable, settings }), { mode: 0o600 });
    try {
      const engine = await runEngine({
        name: 'redis',
        command: [...(await deathSignal('TERM')), binary.path],
        args: [config],
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...binary.env },
        cwd: data,
        logFile: join(dataDir, 'redis.log'),
        ready: /Ready to accept connections/,
        startTimeoutMs: 60_000,
        stopSignals: [
          ['SIGTERM', 15_000],
          ['SIGKILL', 5_000],
        ],
        onExit: options.onExit,
      });
      return { ...engine, url: `redis://:${password}@127.0.0.1:${port}` };
    } catch (error) {
      if (!(error instanceof EngineStartError)) throw error;
      if (/Address already in use|Failed listening on port/.test(error.log) && attempt < portAttempts) continue;
      if (!mayStartEmpty || !/AOF|append only file|RDB|manifest|loading the DB/i.test(error.log)) throw error;
      mayStartEmpty = false;
      const aside = await putAside(dataDir, data);
      report(`redis could not read its data and starts empty; the old data is in ${aside} (${reason(error.log)})`);
    }
  }
}

interface ServerConfig {
  port: number;
  password: string;
  data: string;
  durable: boolean;
  settings: string[];
}

function serverConfig({ port, password, data, durable, settings }: ServerConfig): string {
  return [
    '# Written at every start; changes are lost.',
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${data.replaceAll(/["\\]/g, '\\$&')}"`,
    'daemonize no',
    'supervised no',
    'save ""',
    `appendonly ${durable ? 'yes' : 'no'}`,
    'appendfsync everysec',
    // After kill -9 the last command may be half written: it is dropped.
    'aof-load-truncated yes',
    // A queue must never lose keys to make room: writes fail instead.
    'maxmemory-policy noeviction',
    ...settings,
    '',
  ].join('\n');
}

/** Keeps the newest unreadable data for a look, and no more: a machine that breaks it daily must not fill its disk. */
async function putAside(dataDir: string, data: string): Promise<string> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('redisdata.broken-')) await rm(join(dataDir, name), { recursive: true, force: true });
  }
  const aside = `${data}.broken-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  await rename(data, aside);
  await mkdir(data, { mode: 0o700 });
  return aside;
}

function reason(log: string): string {
  const lines = log.trimEnd().split('\n');
  return (
    lines.findLast((line) => /AOF|append only file|RDB|manifest|loading/i.test(line)) ??
    lines.at(-1) ??
    ''
  ).trim();
}
