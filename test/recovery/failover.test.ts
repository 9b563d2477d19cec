import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { proveFailover } from '../../scripts/prove/run-failover.ts';

// Each has engines of its own, and most of its time is waiting for them to start.
it.concurrent.each([
  { isSynchronous: false, what: 'loses holds that were acknowledged where commits do not wait for it' },
  { isSynchronous: true, what: 'loses none where they do, and the sale goes on to the last seat' },
])(
  '[NODE-3] a standby that takes over in mid-sale $what',
  async ({ isSynchronous }) => {
    const dir = await mkdtemp(join(tmpdir(), 'airside-failover-'));
    const proof = await proveFailover({ dir, seats: 600, buyers: 20, isSynchronous });
    await rm(dir, { recursive: true, force: true });
    expect(proof.before).toBeGreaterThan(100);
    if (!isSynchronous) {
      expect(proof.lost.length).toBeGreaterThan(0);
      return;
    }
    expect(proof).toMatchObject({ lost: [], drift: 0, sold: 600, failed: 0 });
    expect(proof.after).toBeGreaterThan(100);
  },
  90_000,
);
