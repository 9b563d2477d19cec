import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Arguments of a Node that collects its garbage when it is sent SIGUSR2, and gives the room of it back to the system: what
 * V8 keeps empty for later depends on what the process has done before, and hides what its objects take.
 */
export const collecting = [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent('process.on("SIGUSR2", () => globalThis.gc({ type: "major", execution: "sync", flavor: "last-resort" }))')}`,
];

/** Resident memory of a process in MB. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The same after the garbage of a `collecting` process was collected. */
export async function memoryInUse(pid: number): Promise<number> {
  for (let times = 0; times < 2; times++) {
    process.kill(pid, 'SIGUSR2');
    await sleep(700);
  }
  return residentMb(pid);
}
