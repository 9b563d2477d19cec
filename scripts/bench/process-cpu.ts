import { readdirSync, readFileSync } from 'node:fs';

/** `getconf CLK_TCK` on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * CPU seconds (user and system) that a process and its children have used so far. Children that ended count, as far
 * as their parent has collected them: Postgres is a process a connection. NaN where there is no /proc.
 */
export function cpuSeconds(pid: number): number {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return Number.NaN;
  // The name in parentheses may hold anything; what follows it is numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number];
  const threads = threadsOf(pid);
  const own = ofThreads(pid, threads) ?? (user + system) / ticksPerSecond;
  const ended = (endedUser + endedSystem) / ticksPerSecond;
  return childrenOf(pid, threads).reduce((sum, child) => sum + (cpuSeconds(child) || 0), own + ended);
}

/**
 * The same for the threads of a Node process: the `main` one, those that search, and whatever else there is (V8's
 * helpers, the pool of libuv). Of threads that have ended nothing is known.
 */
export function threadSeconds(pid: number): { main: number; search: number; other: number } {
  const seconds = { main: 0, search: 0, other: 0 };
  for (const thread of threadsOf(pid)) {
    const name = readProc(`/proc/${pid}/task/${thread}/comm`)?.trim();
    const kind = Number(thread) === pid ? 'main' : name === 'search' ? 'search' : 'other';
    seconds[kind] += ofThreads(pid, [thread]) ?? Number.NaN;
  }
  return seconds;
}

/** To the nanosecond, where the kernel keeps it: a short round may use less than a tick. */
function ofThreads(pid: number, threads: string[]): number | undefined {
  const lines = threads.map((thread) => readProc(`/proc/${pid}/task/${thread}/schedstat`)).filter(Boolean);
  if (lines.length === 0) return undefined;
  return lines.reduce((sum, line) => sum + Number.parseInt(line as string, 10), 0) / 1e9;
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function childrenOf(pid: number, threads: string[]): number[] {
  return threads.flatMap((thread) =>
    (readProc(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** Share of the machine's time that its host gave to others since boot, and the whole, in ticks. */
export function machineTicks(): { total: number; stolen: number; idle: number } {
  const fields = (readProc('/proc/stat') ?? '').split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? [];
  if (fields.length < 8) return { total: Number.NaN, stolen: Number.NaN, idle: Number.NaN };
  return {
    total: fields.reduce((sum, each) => sum + each, 0),
    stolen: fields[7] as number,
    idle: (fields[3] as number) + (fields[4] as number),
  };
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
