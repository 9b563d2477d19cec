import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lock, lockProblems } from '../../scripts/check-lock.ts';
import { claimDataDir, processIdentity, readOrCreateSecret } from '../../server/platform/embedded/data-dir.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import type { EmbeddedEngine } from '../../server/platform/embedded/engine-process.ts';
import { findRedisBinary } from '../../server/platform/embedded/find-redis-binary.ts';
import type { OwnedEngines } from './engine-owner.fixture.ts';

const root = join(import.meta.dirname, '../..');
const timeout = 60_000;
const dirs: string[] = [];
const children: ChildProcess[] = [];
const engines: EmbeddedEngine[] = [];

function newDir(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'airside-embedded-')));
  dirs.push(dir);
  return dir;
}

async function kept<E extends EmbeddedEngine>(starting: Promise<E>): Promise<E> {
  const engine = await starting;
  engines.push(engine);
  return engine;
}

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const engine of engines.splice(0)) await engine.stop();
});

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

/** Looks every 10 ms; fails with the question after the bound. */
async function until(question: string, answer: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!answer()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${question}`);
    await sleep(10);
  }
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // Several statements answer with several results.
    const results = [await client.query<unknown[]>({ text: sql, rowMode: 'array' })].flat();
    return results.at(-1)?.rows.flat() ?? [];
  } finally {
    await client.end();
  }
}

async function redisCommand(url: string, command: string, ...args: string[]): Promise<unknown> {
  const redis = new Redis(url, { retryStrategy: () => null, lazyConnect: true });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await redis.call(command, args);
  } finally {
    redis.disconnect();
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  process.kill(pid, name);
}

const isGone = (pid: number) => processIdentity(pid) === null;

function spawnOwner(dir: string): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'engine-owner.fixture.ts'), dir, 'fast'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function ownedEngines(child: ChildProcess): Promise<OwnedEngines> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line) as OwnedEngines;
}

// One directory for all tests of Postgres and one for Redis: a cluster takes a second to make, and that every test
// finds what the one before left is the point.
describe('embedded Postgres', { timeout }, () => {
  let dataDir = '';
  const start = (options: { durable?: boolean; onExit?: (detail: string) => void } = {}) =>
    kept(startEmbeddedPostgres({ dataDir, maxConnections: 20, ...options }));

  beforeAll(() => {
    dataDir = newDir();
  });

  test('[RUN-1] starts, stops, and keeps its data across a restart', async () => {
    const first = await start();
    expect(first.url).toMatch(/^postgres:\/\/airside:[\w-]+@127\.0\.0\.1:\d+\/postgres$/);
    await query(first.url, 'create table kept (n int); insert into kept values (1)');
    await first.stop();
    expect(isGone(first.pid)).toBe(true);
    await first.stop();

    const second = await start();
    expect(await query(second.url, 'select n from kept')).toEqual([1]);
    expect(await query(second.url, 'show fsync')).toEqual(['on']);
    expect(await query(second.url, 'show server_encoding')).toEqual(['UTF8']);
  });

  test('[RUN-1] what is not durable trades the three guarantees for speed', async () => {
    const { url } = await start({ durable: false });
    const settings = await query(
      url,
      `select name || '=' || setting from pg_settings where name in
      ('fsync', 'synchronous_commit', 'full_page_writes', 'max_connections') order by 1`,
    );
    expect(settings).toEqual(['fsync=off', 'full_page_writes=off', 'max_connections=20', 'synchronous_commit=off']);
  });

  test('[RUN-2] runs in a session of its own, on the loopback address, behind a password', async () => {
    const { url, pid } = await start();
    expect(sessionAndGroup(pid)).toEqual([pid, pid]);
    expect(await query(url, 'show listen_addresses')).toEqual(['127.0.0.1']);
    const stranger = new URL(url);
    stranger.password = 'guess';
    await expect(query(stranger.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  test('[RUN-3] a killed server is reported, and the next start recovers what was committed', async () => {
    let told = '';
    const first = await start({
      onExit: (detail) => {
        told = detail;
      },
    });
    await query(first.url, 'insert into kept values (2)');
    signal(first.pid, 'SIGKILL');
    // Started at once, while the children of the killed postmaster may still be there.
    const second = await start();
    expect(await query(second.url, 'select n from kept order by 1')).toEqual([1, 2]);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('automatic recovery in progress');
    expect(told).toMatch(/^postgres was ended by SIGKILL; its last messages:\n.*ready to accept connections/s);
  });

  test('[RUN-3] a server that was left running is stopped before the next one starts', async () => {
    const left = await start();
    const next = await start();
    expect(isGone(left.pid)).toBe(true);
    expect(await query(next.url, 'select count(*)::int from kept')).toEqual([2]);
    const log = readFileSync(join(dataDir, 'postgres.log.1'), 'utf8');
    expect(log).toContain('received fast shutdown request');
  });

  test.each([
    ['names another process that lives', (old: string) => old.replace(/^\d+/, String(process.pid))],
    ['is empty', () => ''],
  ])('[RUN-3] starts although the pid file %s', async (_, spoil) => {
    const first = await start();
    const file = join(dataDir, 'pgdata/postmaster.pid');
    const old = readFileSync(file, 'utf8');
    await first.stop();
    writeFileSync(file, spoil(old));
    const second = await start();
    expect(await query(second.url, 'select 1')).toEqual([1]);
  });

  test('[RUN-4] a kill while the cluster is made leaves nothing that the next start stumbles over', async () => {
    const dir = newDir();
    const owner = spawnOwner(dir);
    const half = () => readdirSync(dir).find((name) => name.startsWith('pgdata.tmp-') && !name.endsWith('.password'));
    await until('a cluster is being made', () => existsSync(join(dir, half() ?? 'none', 'base')));
    owner.kill('SIGKILL');
    expect(existsSync(join(dir, 'pgdata'))).toBe(false);

    const { url } = await kept(startEmbeddedPostgres({ dataDir: dir, durable: false }));
    expect(await query(url, 'select 1')).toEqual([1]);
    expect(half()).toBeUndefined();
  });
});

describe('embedded Redis', { timeout }, () => {
  let dataDir = '';
  const reports: string[] = [];
  const start = (options: { durable?: boolean; onExit?: (detail: string) => void } = {}) =>
    kept(startEmbeddedRedis({ dataDir, report: (line) => void reports.push(line), ...options }));

  beforeAll(() => {
    dataDir = newDir();
  });

  function logs(): string[] {
    const data = join(dataDir, 'redisdata');
    return readdirSync(data, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.aof'))
      .map((name) => join(data, name));
  }

  test('[RUN-1] starts, stops, and keeps its data across a restart', async () => {
    const first = await start();
    await redisCommand(first.url, 'set', 'kept', '1');
    await first.stop();
    expect(isGone(first.pid)).toBe(true);
    const second = await start();
    expect(await redisCommand(second.url, 'get', 'kept')).toBe('1');
    expect(await redisCommand(second.url, 'config', 'get', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
    expect(await redisCommand(second.url, 'config', 'get', 'maxmemory-policy')).toContain('noeviction');
  });

  test('[RUN-2] runs in a session of its own, on the loopback address, behind a password', async () => {
    const { url, pid } = await start();
    expect(sessionAndGroup(pid)).toEqual([pid, pid]);
    expect(await redisCommand(url, 'config', 'get', 'bind')).toEqual(['bind', '127.0.0.1']);
    const { port, password } = new URL(url);
    const stranger = createConnection({ port: Number(port), host: '127.0.0.1' });
    stranger.write('PING\r\n');
    const [answer] = await once(stranger, 'data');
    stranger.destroy();
    expect(String(answer)).toMatch(/^-NOAUTH/);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(password);
  });

  test('[RUN-3] a killed server is reported, and the next start has its data', async () => {
    let told = '';
    const first = await start({
      onExit: (detail) => {
        told = detail;
      },
    });
    await redisCommand(first.url, 'set', 'kept', '2');
    signal(first.pid, 'SIGKILL');
    await until('the end is reported', () => told.startsWith('redis was ended by SIGKILL'));
    const second = await start();
    expect(await redisCommand(second.url, 'get', 'kept')).toBe('2');
  });

  test('[RUN-3] a server that was left running is stopped before the next one starts', async () => {
    const left = await start();
    const next = await start();
    expect(isGone(left.pid)).toBe(true);
    expect(await redisCommand(next.url, 'get', 'kept')).toBe('2');
  });

  test('[RUN-5] drops a half-written last command and keeps the rest', async () => {
    await (await start()).stop();
    appendFileSync(
      logs().find((name) => name.includes('incr')) ?? (logs()[0] as string),
      '*3\r\n$3\r\nSET\r\n$4\r\nke',
    );
    const { url } = await start();
    expect(await redisCommand(url, 'get', 'kept')).toBe('2');
    expect(reports).toEqual([]);
  });

  test('[RUN-5] puts data that it cannot read aside, says so, and starts empty', async () => {
    await (await start()).stop();
    for (const log of logs()) writeFileSync(log, '*1\r\n$garbage\r\n'.repeat(50));
    const { url } = await start();
    expect(await redisCommand(url, 'dbsize')).toBe(0);
    expect(reports).toHaveLength(1);
    const aside = /the old data is in (\S+)/.exec(reports[0] ?? '')?.[1] ?? '';
    expect(readdirSync(aside)).not.toEqual([]);
    expect(readdirSync(dataDir).filter((name) => name.includes('.broken-'))).toEqual([basename(aside)]);
  });
});

describe('the owner of the engines', { timeout }, () => {
  test('[RUN-6] killed outright, it takes both engines along, and the next start finds the data', async () => {
    const dir = newDir();
    const owner = spawnOwner(dir);
    const { postgres, redis } = await ownedEngines(owner);
    await query(postgres.url, 'create table kept (n int); insert into kept values (7)');
    await redisCommand(redis.url, 'set', 'kept', '7');
    owner.kill('SIGKILL');
    await until('both engines are gone', () => isGone(postgres.pid) && isGone(redis.pid));
    expect(readFileSync(join(dir, 'postgres.log'), 'utf8')).toContain('database system is shut down');

    const next = await ownedEngines(spawnOwner(dir));
    expect(await query(next.postgres.url, 'select n from kept')).toEqual([7]);
    expect(await redisCommand(next.redis.url, 'get', 'kept')).toBe('7');
  });

  test('[RUN-7] a second server on its directory is refused, and told who holds it', async () => {
    const dir = newDir();
    const owner = spawnOwner(dir);
    await ownedEngines(owner);
    await expect(claimDataDir(dir)).rejects.toThrow(new RegExp(`process ${owner.pid}\\) is using ${dir}`));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const claim = await claimDataDir(dir);
    await claim.release();
  });
});

describe('the data directory', { timeout }, () => {
  const lockOf = (dir: string) => join(dir, 'server.lock');

  test('[RUN-7] is made for its owner alone, and is free again after release', async () => {
    const dir = join(newDir(), 'deep', 'data');
    const claim = await claimDataDir(dir);
    expect(claim.dir).toBe(dir);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    await expect(claimDataDir(dir)).rejects.toThrow(`process ${process.pid}`);
    await claim.release();
    await claim.release();
    const again = await claimDataDir(dir);
    await again.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  test.each([
    ['a process that is dead', { pid: 2 ** 30, started: '1@boot' }],
    ['a process whose number another one has now', { pid: process.pid, started: '1@boot' }],
    ['nobody: it is damaged', null],
  ])('[RUN-7] takes over the lock of %s', async (_, holder) => {
    const dir = newDir();
    writeFileSync(lockOf(dir), holder ? JSON.stringify(holder) : '{"pid":');
    const claim = await claimDataDir(dir);
    expect(JSON.parse(readFileSync(lockOf(dir), 'utf8'))).toMatchObject({ pid: process.pid });
    await claim.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  test('[RUN-7] goes to exactly one of many that want it at once, stale lock or none', async () => {
    for (const stale of [false, true]) {
      const dir = newDir();
      if (stale) writeFileSync(lockOf(dir), JSON.stringify({ pid: 2 ** 30, started: '1@boot' }));
      const claims = await Promise.allSettled(Array.from({ length: 20 }, () => claimDataDir(dir)));
      expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(readdirSync(dir)).toEqual([basename(lockOf(dir))]);
    }
  });

  test('[RUN-7] says which variable to set when it cannot be made', async () => {
    const file = join(newDir(), 'file');
    writeFileSync(file, '');
    await expect(claimDataDir(join(file, 'data'))).rejects.toThrow(/AIRSIDE_DATA_DIR/);
  });

  test('[RUN-8] keeps a secret: made once, private, the same ever after', async () => {
    const dir = newDir();
    const secret = await readOrCreateSecret(dir, 'auth', 32);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(await readOrCreateSecret(dir, 'auth', 32)).toBe(secret);
    expect(await readOrCreateSecret(dir, 'other', 32)).not.toBe(secret);
    expect(readdirSync(dir).sort()).toEqual(['auth.secret', 'other.secret']);
    expect(statSync(join(dir, 'auth.secret')).mode & 0o777).toBe(0o600);
    await expect(readOrCreateSecret(dir, '../auth', 32)).rejects.toThrow(/not a name/);
  });
});

describe('finding a Redis server', { timeout }, () => {
  function programs(files: Record<string, string>): string {
    const dir = newDir();
    for (const [name, says] of Object.entries(files)) {
      writeFileSync(join(dir, name), `#!/bin/sh\n${says}\n`);
      chmodSync(join(dir, name), 0o755);
    }
    return dir;
  }
  const redis7 = 'echo "Redis server v=7.2.4 sha=0:0"';
  const valkey8 = 'echo "Valkey server v=8.1.1 sha=0:0"';
  // Like the real program: which one it is depends on the name that it is called by.
  const tools =
    'case "$0" in *redis-server) echo "Redis server v=7.0.15";; *) echo "usage: rdb file" >&2; exit 1;; esac';
  const find = (dirs: string[], cacheDir = newDir()) =>
    findRedisBinary({ path: dirs.join(delimiter), cacheDir, download: false, report: () => undefined });

  test('[RUN-9] prefers redis-server, then valkey-server, wherever on PATH they are', async () => {
    const redis = programs({ 'redis-server': redis7 });
    const valkey = programs({ 'valkey-server': valkey8, 'redis-check-rdb': tools });
    expect(await find([valkey, redis])).toMatchObject({
      path: join(redis, 'redis-server'),
      source: 'path',
      version: 'Redis server v=7.2.4',
    });
    expect(await find([valkey])).toMatchObject({ path: join(valkey, 'valkey-server'), source: 'path' });
  });

  test('[RUN-9] passes over one that is too old or does not run', async () => {
    const old = programs({ 'redis-server': 'echo "Redis server v=5.0.7 sha=0:0"' });
    const broken = programs({ 'redis-server': 'exit 127' });
    const good = programs({ 'valkey-server': valkey8 });
    expect((await find([old, good])).path).toBe(join(good, 'valkey-server'));
    expect((await find([broken, good])).path).toBe(join(good, 'valkey-server'));
  });

  test('[RUN-9] runs the tools package as the server that it also is, before the cache', async () => {
    const found = await find([programs({ 'redis-check-rdb': tools })]);
    expect(found).toMatchObject({ source: 'tools', version: 'Redis server v=7.0.15' });
    expect(basename(found.path)).toBe('redis-server');
  });

  test('[RUN-9] takes the cached server when nothing is installed', async () => {
    const cacheDir = newDir();
    const release = readFileSync('/etc/os-release', 'utf8');
    const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1] ?? 'unknown';
    const home = join(cacheDir, `${field('ID')}-${field('VERSION_ID')}-${process.arch}`, 'usr/bin');
    mkdirSync(home, { recursive: true });
    symlinkSync(join(programs({ 'redis-server': redis7 }), 'redis-server'), join(home, 'redis-server'));
    expect(await find([newDir()], cacheDir)).toMatchObject({ source: 'cache', path: join(home, 'redis-server') });
  });

  test('[RUN-9] else names the way out for each system', async () => {
    const refused = find([newDir()]);
    for (const way of ['REDIS_URL', 'apt-get install', 'dnf install', 'apk add', 'pacman -S', 'brew install']) {
      await expect(refused).rejects.toThrow(way);
    }
  });

  test.runIf(process.env.AIRSIDE_TEST_DOWNLOAD)(
    '[RUN-9] fetches the distribution’s packages without root',
    async () => {
      // Everything but a Redis is on PATH.
      const path = newDir();
      for (const dir of ['/usr/sbin', '/usr/bin']) {
        for (const name of readdirSync(dir)) {
          if (!/^(redis|valkey)/.test(name) && !existsSync(join(path, name))) {
            symlinkSync(join(dir, name), join(path, name));
          }
        }
      }
      const found = await findRedisBinary({ path, cacheDir: newDir(), report: () => undefined });
      expect(found.source).toBe('download');
    },
  );
});

describe('the launcher', { timeout }, () => {
  /** A project of one server file, whose packages count as installed. */
  function project(main: string, lock: Lock = { packages: { '': {} } }): string {
    const dir = newDir();
    for (const name of ['scripts', 'server', 'node_modules']) mkdirSync(join(dir, name));
    for (const script of ['run.mjs', 'v8-flags.mjs'])
      cpSync(join(root, 'scripts', script), join(dir, 'scripts', script));
    writeFileSync(join(dir, 'package.json'), '{}');
    writeFileSync(join(dir, 'package-lock.json'), JSON.stringify(lock));
    writeFileSync(join(dir, 'node_modules/.package-lock.json'), '{"packages":{}}');
    writeFileSync(join(dir, 'server/main.ts'), main);
    writeFileSync(join(dir, 'scripts/demo-book.ts'), 'console.log(process.argv.slice(2).join());');
    return dir;
  }

  function launch(dir: string, given: Record<string, string>, ...args: string[]) {
    const { npm_lifecycle_event: _, ...inherited } = process.env;
    const env = { ...inherited, ...given };
    const child = spawn(process.execPath, [join(dir, 'scripts/run.mjs'), ...args], { env, stdio: 'pipe' });
    children.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += data;
      });
    return { child, said: () => said, code: once(child, 'exit').then(([code]) => code as number) };
  }

  const server = (onSignal: string) => `
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => { ${onSignal} });
    process.on('disconnect', () => process.exit());
    console.log('ready', process.pid, process.env.PATH?.split(':')[0]);
    setInterval(() => {}, 1000);`;

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '[RUN-10] passes %s on to the server and ends with its code',
    async (name) => {
      const dir = project(server('console.log("got", name); process.exit(name.length)'));
      const run = launch(dir, {}, 'start');
      await until('the server is ready', () => run.said().includes('ready'));
      expect(run.said()).toContain(join(dir, 'node_modules/.bin'));
      run.child.kill(name);
      expect(await run.code).toBe(name.length);
      expect(run.said()).toContain(`got ${name}`);
    },
  );

  test('[RUN-10] ends with 128 + the number of the signal that killed the server', async () => {
    const run = launch(project(server('')), {}, 'start');
    await until('the server is ready', () => run.said().includes('ready'));
    signal(Number(/ready (\d+)/.exec(run.said())?.[1]), 'SIGKILL');
    expect(await run.code).toBe(137);
  });

  test('[RUN-10] killed outright, it is missed by the server', async () => {
    const run = launch(project(server('')), {}, 'start');
    await until('the server is ready', () => run.said().includes('ready'));
    run.child.kill('SIGKILL');
    const pid = Number(/ready (\d+)/.exec(run.said())?.[1]);
    await until('the server is gone', () => isGone(pid));
  });

  test('[RUN-10] stops the server when the npm that started it is killed', async () => {
    const dir = project(server('process.exit()'));
    // A shell in npm's place.
    const npm = spawn('sh', ['-c', `"${process.execPath}" scripts/run.mjs start; true`], {
      cwd: dir,
      env: { ...process.env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(npm);
    let said = '';
    npm.stdout.on('data', (data) => {
      said += data;
    });
    await until('the server is ready', () => said.includes('ready'));
    npm.kill('SIGKILL');
    const pid = Number(/ready (\d+)/.exec(said)?.[1]);
    await until('the server is gone', () => isGone(pid));
  });

  test('[RUN-10] told to stop while it installs, it starts nothing any more', async () => {
    const dir = project(server(''), { packages: { '': {}, 'node_modules/left': { version: '1.0.0' } } });
    const npm = join(dir, 'npm-cli.js');
    writeFileSync(
      npm,
      `console.log('busy'); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);`,
    );
    const run = launch(dir, { npm_execpath: npm }, 'start');
    await until('npm is busy', () => run.said().includes('busy'));
    run.child.kill('SIGTERM');
    expect(await run.code).toBe(143);
    expect(run.said()).not.toContain('ready');
  });

  test('[RUN-11] runs the script of a name, with its arguments, and lists what there is for an unknown one', async () => {
    const dir = project('');
    const known = launch(dir, {}, 'demo:book', 'one', '--two');
    expect(await known.code).toBe(0);
    expect(known.said()).toContain('one,--two');
    const unknown = launch(dir, {}, 'nonsense');
    expect(await unknown.code).toBe(1);
    expect(unknown.said()).toMatch(/no command «nonsense»[\s\S]*start[\s\S]*demo-book/);
  });

  test('[RUN-11] installs by the lock when what is installed differs from it', async () => {
    const dir = project('', { packages: { '': {}, 'node_modules/left': { version: '1.0.0', integrity: 'sha512-x' } } });
    // A false npm that «installs»: none is needed to see that it is called, and the stamp makes the second run quiet.
    const npm = join(dir, 'npm-cli.js');
    writeFileSync(npm, `console.log('npm', process.argv.slice(2).join(' '))`);
    const first = launch(dir, { npm_execpath: npm }, 'demo:book');
    expect(await first.code).toBe(0);
    expect(first.said()).toMatch(/installing dependencies[\s\S]*npm ci --no-audit/);
    const second = launch(dir, { npm_execpath: npm }, 'demo:book');
    expect(await second.code).toBe(0);
    expect(second.said()).not.toContain('npm');
  });
});

describe('the lock of packages', () => {
  test('[RUN-12] is whole, and names no registry but the public one', () => {
    expect(lockProblems(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock)).toEqual([]);
  });

  test('[RUN-12] a hole, a missing checksum and a foreign host are found', () => {
    const problems = lockProblems({
      packages: {
        '': { dependencies: { a: '1' } },
        'node_modules/a': { version: '1', integrity: 'x', optionalDependencies: { b: '1', c: '1' } },
        'node_modules/a/node_modules/b': { version: '1', resolved: 'https://example.com/b.tgz', integrity: 'x' },
        'node_modules/d': { version: '1', peerDependencies: { b: '1' } },
      },
    });
    expect(problems).toEqual([
      'node_modules/a needs c, which is not in the lock',
      'node_modules/a/node_modules/b comes from https://example.com/b.tgz, not from https://registry.npmjs.org/',
      'node_modules/d has no checksum',
      'node_modules/d needs b, which is not in the lock',
    ]);
  });
});

/** Session and process group of a process: fields 6 and 5 of its stat. */
function sessionAndGroup(pid: number): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [Number(fields[3]), Number(fields[2])];
}
