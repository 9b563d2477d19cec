import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/chaos.ts', import.meta.url));

test('[JOB-6] [JOB-7] npm run chaos -- jobs: three workers share a job while they, Redis and Postgres are killed', async () => {
  const args = ['jobs', '--kills', '3', '--combinations', '3000', '--latency', '50', '--seed', '11', '--minutes', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { timeout: 150_000 });
  // The plan is a whole grid of routes and days, so it is the nearest below.
  expect(stdout).toMatch(/2500 combinations in \d+ s/);
  expect(stdout).toMatch(/each combination has exactly one outcome/);
}, 160_000);
