import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface DiskSync {
  /** Microseconds of one write of a page and its fdatasync. */
  p50: number;
  p99: number;
}

/** What one durable write costs in this directory: each commit of Postgres pays it, alone or shared. */
export function measureDiskSync(dir: string, times = 300): DiskSync {
  const file = join(dir, 'disk-sync.probe');
  const handle = openSync(file, 'w');
  const page = Buffer.alloc(8_192, 1);
  const costs: number[] = [];
  try {
    for (let n = 0; n < times; n++) {
      const startedAt = performance.now();
      // Within a fixed range, as Postgres writes into segments that exist already.
      writeSync(handle, page, 0, page.length, (n % 64) * page.length);
      fdatasyncSync(handle);
      costs.push((performance.now() - startedAt) * 1_000);
    }
  } finally {
    closeSync(handle);
    rmSync(file, { force: true });
  }
  // The first ones make the file grow.
  const settled = costs.slice(64).toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(settled[Math.floor(share * (settled.length - 1))] as number);
  return { p50: at(0.5), p99: at(0.99) };
}
