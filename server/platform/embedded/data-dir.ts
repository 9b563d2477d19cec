import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DataDirClaim {
  /** Absolute path without symbolic links; both engines and all secrets live below it. */
  dir: string;
  /** Gives the directory back. Harmless when called twice. */
  release(): Promise<void>;
}

interface Holder {
  pid: number;
  /** What `processIdentity` said of the holder when it took the lock. */
  started: string;
}

const lockName = 'server.lock';
const takeoverPatienceMs = 5_000;

/**
 * Makes the data directory (0700) if it is missing and takes it for this process alone. A lock whose process is
 * dead, or whose number now belongs to another process, is taken over; of several processes that try at once
 * exactly one succeeds.
 *
 * @throws Error naming the other process when a live one holds the directory, or why the directory cannot be used.
 */
export async function claimDataDir(dir: string): Promise<DataDirClaim> {
  const mine = JSON.stringify({ pid: process.pid, started: processIdentity(process.pid) ?? '' } satisfies Holder);
  // The lock appears by link(2), complete or not at all: a reader never meets a half-written one.
  const { home, draft } = await makeDirWith(resolve(dir), mine);
  const lock = join(home, lockName);
  try {
    await takeLock(home, lock, draft);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    dir: home,
    async release() {
      if ((await readText(lock)) === mine) await rm(lock, { force: true });
    },
  };
}

async function takeLock(home: string, lock: string, draft: string): Promise<void> {
  const deadline = performance.now() + takeoverPatienceMs;
  while (performance.now() < deadline) {
    if (await linkNew(draft, lock)) return;
    const seen = await readText(lock);
    if (seen === null) continue;
    refuseIfHeld(home, seen);
    // Removing a stale lock and creating one are two steps, and between them a rival could create its own and lose
    // it to us. So the swap is made by whoever holds the guard, and is one rename.
    const guard = `${lock}.takeover-${createHash('sha256').update(seen).digest('hex').slice(0, 12)}`;
    if (await linkNew(draft, guard)) {
      try {
        if ((await readText(lock)) !== seen) continue;
        await rename(draft, lock);
        return;
      } finally {
        await rm(guard, { force: true });
      }
    }
    const guardian = parseHolder(await readText(guard));
    if (guardian && !isSameProcess(guardian)) await rm(guard, { force: true });
    else await sleep(20);
  }
  throw new Error(
    `could not take over the stale lock ${lock} within ${takeoverPatienceMs / 1000} s; remove it by hand`,
  );
}

function refuseIfHeld(home: string, seen: string): void {
  const holder = parseHolder(seen);
  if (!holder || !isSameProcess(holder)) return;
  throw new Error(
    `another Airside server (process ${holder.pid}) is using ${home}; stop it first, or set AIRSIDE_DATA_DIR to another directory`,
  );
}

function parseHolder(text: string | null): Holder | null {
  try {
    const value = JSON.parse(text ?? '') as Partial<Holder> | null;
    return typeof value?.pid === 'number' && typeof value.started === 'string' ? (value as Holder) : null;
  } catch {
    return null;
  }
}

function isSameProcess(holder: Holder): boolean {
  return processIdentity(holder.pid) === holder.started;
}

/**
 * What tells a process from a later one with the same number: its start time (clock ticks since boot) and the boot.
 * Containers hand out the same small numbers at every start, so a number alone proves nothing.
 *
 * @returns null when no such process runs; a zombie does not run.
 */
export function processIdentity(pid: number): string | null {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may hold spaces and parentheses; the state (field 3) follows its last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${fields[19]}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return null;
  }
}

/**
 * The secret of this name: made at first use from `bytes` random bytes, afterwards read from its file (0600).
 *
 * @param dir a claimed data directory: two processes that made the same secret at once would disagree.
 * @param name lower-case letters, digits and dashes; the file carries it.
 * @returns base64url text without padding.
 */
export async function readOrCreateSecret(dir: string, name: string, bytes: number): Promise<string> {
  if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`not a name for a secret: ${name}`);
  const file = join(dir, `${name}.secret`);
  const kept = (await readText(file))?.trim();
  if (kept) return kept;
  const secret = randomBytes(bytes).toString('base64url');
  const draft = `${file}.${process.pid}.tmp`;
  await writeDurably(draft, `${secret}\n`);
  await rename(draft, file);
  await syncDir(dir);
  return secret;
}

/** Writes a private file (0600) and returns once its bytes are on the disk. */
async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename survives a power cut only once the directory that holds the name is on the disk. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the directory and a draft of the lock in it, which proves that we may write there. */
async function makeDirWith(path: string, text: string): Promise<{ home: string; draft: string }> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const home = await realpath(path);
    const draft = join(home, `${lockName}.${process.pid}-${randomBytes(4).toString('hex')}`);
    await writeDurably(draft, text);
    return { home, draft };
  } catch (error) {
    throw new Error(
      `cannot use ${path} as data directory (${(error as Error).message}); set AIRSIDE_DATA_DIR to one that this user may write`,
      { cause: error },
    );
  }
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
