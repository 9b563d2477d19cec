import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RedisBinary {
  /** A program that runs as a Redis server when it is called by this path. */
  path: string;
  /** What its environment needs besides PATH. */
  env: Record<string, string>;
  source: 'path' | 'tools' | 'cache' | 'download';
  /** As it says itself, e.g. `Redis server v=7.0.15`. */
  version: string;
}

export interface FindRedisOptions {
  /** Where programs are looked for; PATH by default. */
  path?: string | undefined;
  /** Keeps what was downloaded; `$XDG_CACHE_HOME/airside/redis` or `~/.cache/airside/redis` by default. */
  cacheDir?: string | undefined;
  /** false stays off the network. */
  download?: boolean | undefined;
  /** Progress, one line at a time; standard error by default. */
  report?: ((line: string) => void) | undefined;
}

/** Streams with XAUTOCLAIM, and what BullMQ asks for. */
const oldestVersion = [6, 2] as const;
const servers = ['redis-server', 'valkey-server'] as const;
const staleDraftMs = 3_600_000;

/**
 * Finds a Redis (or Valkey) server: on PATH; as the tools package that carries the same program under another name;
 * in the private cache; at last, on Debian and Ubuntu, from the distribution's own packages, without root.
 *
 * @throws Error that names the install command of each system.
 */
export async function findRedisBinary(options: FindRedisOptions = {}): Promise<RedisBinary> {
  const path = options.path ?? process.env.PATH ?? '';
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const report = options.report ?? ((line: string) => void process.stderr.write(`${line}\n`));

  const installed = (await firstOnPath(path)) ?? (await fromTools(path, cacheDir));
  if (installed) return installed;
  const home = join(cacheDir, await systemName());
  const cached = await inTree(home, 'cache');
  if (cached) return cached;

  const apt = await Promise.all(['apt-get', 'apt-cache', 'dpkg-deb'].map((name) => programOn(path, name)));
  if (options.download === false || apt.includes(null)) throw new Error(waysOut());
  report(`no Redis on this machine: fetching the distribution's packages into ${home} (once, about 10 s)…`);
  try {
    return await downloadTree(home, path);
  } catch (error) {
    const said = ((error as { stderr?: string }).stderr ?? (error as Error).message).trim().split('\n').at(-1);
    throw new Error(
      `${waysOut()}\n(fetching the distribution's packages failed; is the network within reach? ${said})`,
      { cause: error },
    );
  }
}

function defaultCacheDir(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'airside', 'redis');
}

function waysOut(): string {
  return [
    'no Redis server found. Install one, or set REDIS_URL to a running one (6.2 or newer):',
    '  Debian, Ubuntu  apt-get install redis-tools   (the server without starting a service)',
    '  Fedora          dnf install valkey',
    '  Alpine          apk add redis',
    '  Arch            pacman -S valkey',
    '  macOS           brew install redis',
  ].join('\n');
}

// ---- installed ones --------------------------------------------------------------------------------------------------

async function firstOnPath(path: string): Promise<RedisBinary | null> {
  for (const name of servers) {
    const program = await programOn(path, name);
    const version = program && (await serverVersion(program, {}));
    if (program && version) return { path: program, env: {}, source: 'path', version };
  }
  return null;
}

/**
 * One program holds server and checkers, and goes by the name it is called with. Debian's redis-tools has it as
 * redis-check-rdb only, so a link with the right name is enough. (An argv[0] of our own would be lost on the way
 * through setpriv.)
 */
async function fromTools(path: string, cacheDir: string): Promise<RedisBinary | null> {
  for (const name of servers) {
    const tool = await programOn(path, checkerOf(name));
    if (!tool) continue;
    const server = join(cacheDir, 'links', Buffer.from(tool).toString('base64url'), name);
    // A home that cannot be written to leaves this way closed, not the ones after it.
    if (!(await linkTo(tool, server))) continue;
    const version = await serverVersion(server, {});
    if (version) return { path: server, env: {}, source: 'tools', version };
  }
  return null;
}

function checkerOf(server: string): string {
  return server.replace('-server', '-check-rdb');
}

async function linkTo(target: string, link: string): Promise<boolean> {
  try {
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}

async function programOn(path: string, name: string): Promise<string | null> {
  for (const dir of path.split(delimiter).filter(Boolean)) {
    const program = join(dir, name);
    try {
      await access(program, constants.X_OK);
      if ((await stat(program)).isFile()) return program;
    } catch {
      // Not here; the next directory may have it.
    }
  }
  return null;
}

/** @returns null when the program does not run here, is no server, or is too old. */
async function serverVersion(program: string, env: Record<string, string>): Promise<string | null> {
  try {
    const { stdout } = await run(program, ['--version'], {
      env: { PATH: process.env.PATH ?? '', ...env },
      timeout: 10_000,
    });
    const found = /^(?:Redis|Valkey) server v=(\d+)\.(\d+)\S*/.exec(stdout);
    if (!found) return null;
    const [major, minor] = [Number(found[1]), Number(found[2])];
    return major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]) ? found[0] : null;
  } catch {
    return null;
  }
}

// ---- the distribution's packages ---------------------------------------------------------------------------------

/** Unpacked packages fit one release and one processor; a home directory may be shared by several. */
async function systemName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`.replaceAll(/[^\w.-]/g, '_');
}

/** The server in an unpacked tree, or null when there is none that runs. */
async function inTree(home: string, source: 'cache' | 'download'): Promise<RedisBinary | null> {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const env = { LD_LIBRARY_PATH: [join(home, 'usr/lib', triplet), join(home, 'lib', triplet)].join(':') };
  for (const name of servers) {
    const program = join(home, 'usr/bin', name);
    const version = await serverVersion(program, env);
    if (version) return { path: program, env, source, version };
  }
  return null;
}

/**
 * Fetches and unpacks into a draft beside `home` and renames it in, so that a kill leaves no half tree and concurrent
 * starts do not meet: each builds its own, the first one's stays.
 */
async function downloadTree(home: string, path: string): Promise<RedisBinary> {
  await sweepDrafts(home);
  const draft = `${home}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const root = join(draft, 'root');
  const apt = new PrivateApt(draft, path);
  try {
    await apt.update();
    const debs = await apt.download(await serverPackages(apt));
    for (const deb of debs) await run('dpkg-deb', ['--extract', deb, root], { env: apt.env, timeout: 60_000 });
    for (const name of servers) {
      const tool = join(root, 'usr/bin', checkerOf(name));
      const server = join(root, 'usr/bin', name);
      if ((await isThere(tool)) && !(await isThere(server))) await symlink(checkerOf(name), server);
    }
    if (!(await inTree(root, 'download'))) throw new Error('the unpacked server does not run on this system');
    await putInPlace(root, home, draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const binary = await inTree(home, 'download');
  if (!binary) throw new Error(`the server in ${home} does not run`);
  return binary;
}

async function putInPlace(root: string, home: string, draft: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      return await rename(root, home);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    if (await inTree(home, 'cache')) return;
    // An old tree that no longer runs (a library of the system went away) makes room.
    await rename(home, join(draft, `broken-${attempt}`)).catch(() => undefined);
  }
}

async function sweepDrafts(home: string): Promise<void> {
  const parent = dirname(home);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!name.includes('.tmp-')) continue;
    const draft = join(parent, name);
    const age = Date.now() - ((await stat(draft).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > staleDraftMs) await rm(draft, { recursive: true, force: true });
  }
}

/** redis-tools or valkey-tools, whichever this release has, with the libraries it needs besides libc. */
async function serverPackages(apt: PrivateApt): Promise<string[]> {
  for (const roots of [
    ['redis-tools', 'redis-server'],
    ['valkey-tools', 'valkey-server'],
  ]) {
    const known = await apt.known(roots);
    if (known.length === 0) continue;
    // The names of libraries differ by release (libssl3, libssl3t64), so they are asked for, not listed here. They
    // are fetched even where the system has them: the tree then stays whole when the system loses one.
    const wanted = new Set(known);
    let fresh = known;
    while (fresh.length > 0) {
      const needed = await apt.dependencies(fresh);
      fresh = needed.filter((name) => /^lib/.test(name) && !/^libc6|^libgcc|^libstdc/.test(name) && !wanted.has(name));
      for (const name of fresh) wanted.add(name);
    }
    return [...wanted];
  }
  throw new Error('this release has neither redis-tools nor valkey-tools');
}

/** apt with lists and archives of its own: it reads the system's sources and keys, writes only below `home`, needs no root. */
class PrivateApt {
  readonly env: NodeJS.ProcessEnv;
  readonly #home: string;
  readonly #options: string[];

  constructor(home: string, path: string) {
    this.#home = home;
    this.env = { ...process.env, PATH: path, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    const settings = {
      'Dir::State': join(home, 'state'),
      'Dir::State::lists': join(home, 'state/lists'),
      'Dir::State::status': '/var/lib/dpkg/status',
      'Dir::Cache': join(home, 'cache'),
      // As root apt would fetch as its own user, who may not write here.
      'APT::Sandbox::User': 'root',
      'Debug::NoLocking': '1',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '2',
      'Acquire::http::Timeout': '20',
      'Acquire::https::Timeout': '20',
    };
    this.#options = ['-qq', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
  }

  async update(): Promise<void> {
    for (const dir of ['state/lists/partial', 'cache/archives/partial', 'debs', 'root']) {
      await mkdir(join(this.#home, dir), { recursive: true });
    }
    await run('apt-get', [...this.#options, 'update'], { env: this.env, timeout: 180_000 });
  }

  /** Those of the names that can be installed. */
  async known(names: string[]): Promise<string[]> {
    const { stdout } = await run('apt-cache', [...this.#options, 'policy', ...names], { env: this.env });
    return names.filter((name) => new RegExp(`^${name}:\\n(?:.*\\n)?\\s+Candidate: (?!\\(none\\))`, 'm').test(stdout));
  }

  /** Names of what these packages depend on directly; of alternatives the first. */
  async dependencies(names: string[]): Promise<string[]> {
    const { stdout } = await run('apt-cache', [...this.#options, 'depends', '--important', ...names], {
      env: this.env,
    });
    const found: string[] = [];
    let alternative = false;
    for (const line of stdout.split('\n')) {
      const [, bar, name] = /^ ([ |])(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
      if (name === undefined) continue;
      // «<name>» is virtual: whoever provides it is the system's affair.
      if (!alternative && !name.startsWith('<')) found.push(name);
      alternative = bar === '|';
    }
    return found;
  }

  /** Fetches into `debs`; apt checks each file against the signed lists. */
  async download(names: string[]): Promise<string[]> {
    const debs = join(this.#home, 'debs');
    await run('apt-get', [...this.#options, 'download', ...names], { env: this.env, cwd: debs, timeout: 300_000 });
    return (await readdir(debs)).filter((name) => name.endsWith('.deb')).map((name) => join(debs, name));
  }
}

/** True for a link that leads nowhere, too. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
