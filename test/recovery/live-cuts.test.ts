import { afterAll, beforeAll, expect, test } from 'vitest';
import { proveLive } from '../../scripts/prove/run-live.ts';
import { startServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test('[CROWD-1] sockets are cut at random: all end at the final state, nothing goes back, each is told its own events once', async () => {
  const proof = await proveLive({
    url: server.url,
    apiKey: server.apiKey,
    clients: 40,
    seconds: 4,
    seed: 7,
    cutShare: 0.08,
  });
  expect(proof.faults).toEqual([]);
  expect(proof.cuts).toBeGreaterThan(20);
  expect(proof.personalEvents).toBeGreaterThan(80);
  expect(proof.frames).toBeGreaterThan(proof.personalEvents);
});
