import { readdirSync, readFileSync } from 'node:fs';

/** `getconf CLK_TCK` on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * CPU seconds (user and system) that a process and its children have used so far. Children that ended count, as far
 * as their parent has collected them: Postgres is a process a connection. NaN where there is no /proc.
 */
export function cpuSeconds(pid: number): number {
  const ticks = ticksOf(pid);
  return ticks === undefined ? Number.NaN : ticks / ticksPerSecond;
}

function ticksOf(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; what follows it is numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number];
  let ticks = user + system + endedUser + endedSystem;
  for (const child of childrenOf(pid)) ticks += ticksOf(child) ?? 0;
  return ticks;
}

function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
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
