import { expect, it } from 'vitest';
import { proveResume } from '../../scripts/prove/run-resume.ts';

// The short form of `npm run prove:resume`.
it('[FEED-7] clients resume over cut sockets, killed servers and a flushed Redis, and miss and repeat nothing', async () => {
  const proof = await proveResume({ times: 40, clients: 10, seed: 1 });
  expect(proof.faults).toEqual([]);
  const { cut, moved, killed } = proof.resumes;
  expect(cut + moved + killed).toBeGreaterThanOrEqual(40);
  expect(Math.min(cut, moved, killed, proof.kills, proof.flushes)).toBeGreaterThan(0);
  expect(proof.bookings).toBeGreaterThan(0);
  expect(proof.logEntries).toBeGreaterThan(0);
}, 120_000);
