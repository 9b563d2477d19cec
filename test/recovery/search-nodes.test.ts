import { expect, it } from 'vitest';
import { proveSearch } from '../../scripts/prove/run-search.ts';

// The short form of `npm run prove:search`.
it('[SEARCH-15] what changes at one node shows in searches at both, and a killed node comes back as one built anew', async () => {
  const proof = await proveSearch({ times: 30, streamed: 20, seed: 1 });
  expect(proof.faults).toEqual([]);
  expect(Object.keys(proof.changes).sort()).toEqual(['new', 'price', 'removal', 'sale', 'time']);
  expect([proof.kills, proof.thereMs.length]).toEqual([2, 30]);
  const most = (ms: number[]) => Math.max(...ms).toFixed(0);
  console.info(`shown here within ${most(proof.hereMs)} ms, there within ${most(proof.thereMs)} ms`);
}, 120_000);
