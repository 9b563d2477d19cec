import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { proveWaiting } from '../../scripts/prove/run-waiting.ts';

it('[WAIT-12] a sale by two web processes with a line ahead of it ends exactly full, in the order of the tickets', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'airside-waiting-'));
  const proof = await proveWaiting({
    ...{ dir, arrivals: 600, seats: 40, webs: 2, by: 'operator', seed: 'a small one', holdSeconds: 2 },
  });
  expect(proof).toMatchObject({ sold: 40, held: 0, drift: 0, withoutPlace: 0, inversionsPerThousand: 0 });
  expect(proof.fromLine).toBeGreaterThanOrEqual(40);
  expect(proof.abandoned).toBe(proof.fromLine + proof.straight - 40);
}, 90_000);
