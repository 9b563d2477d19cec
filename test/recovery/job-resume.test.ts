import { createTRPCClient, httpLink } from '@trpc/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { follow, type ResumeKind } from '../../scripts/prove/follower.ts';
import { startTwoNodes, type TwoNodes } from '../../scripts/prove/two-nodes.ts';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { JobProgress, JobResult } from '../../shared/jobs.ts';
import { transformer } from '../../shared/transformer.ts';
import { datesFrom, jobInput } from '../support/jobs.ts';

let nodes: TwoNodes;
beforeAll(async () => {
  nodes = await startTwoNodes({ PROVIDERS: 'simulator', WORKER_BATCH_SIZE: '2', WORKER_CONCURRENCY: '2' });
});
afterAll(() => nodes.stop());

const client = (node: 0 | 1, headers: Record<string, string> = {}) =>
  createTRPCClient<AppRouter>({ links: [httpLink({ url: `${nodes.urls[node]}/trpc`, transformer, headers })] });

test('[JOB-11] [JOB-12] who follows a job over cut sockets, another node and killed servers misses and repeats nothing', async () => {
  const { token } = await client(0).auth.guest.mutate();
  const at = (node: 0 | 1) => client(node, { authorization: `Bearer ${token}` });
  const faults: string[] = [];
  const resumes: ResumeKind[] = [];
  const progress: JobProgress[] = [];
  const results: JobResult[] = [];
  const input = jobInput({
    departDates: datesFrom(0, 20),
    simulator: { seed: 7, latencyMs: 100, failRate: 0, blockRate: 0, emptyRate: 0.2 },
  });
  let place: 0 | 1 = 0;
  const followed = (path: string, from: { lastEventId?: string }, onData: (data: unknown) => void) =>
    follow({
      path,
      input: { jobId: input.id },
      credentials: { token },
      ...from,
      urlOf: (moved) => {
        if (moved) place = place === 0 ? 1 : 0;
        return nodes.urls[place];
      },
      onEvent: (_, data) => onData(data),
      onResume: (kind) => resumes.push(kind),
      onFault: (fault) => faults.push(fault),
    });
  await at(0).jobs.create.mutate(input);
  const followers = [
    followed('jobs.onProgress', { lastEventId: '0' }, (data) => progress.push(data as JobProgress)),
    followed('jobs.onResults', {}, (data) => results.push(data as JobResult)),
  ];
  const patient = { timeout: 60_000 };
  const isAgain = (count: number) => expect.poll(() => resumes.length, patient).toBe(count);
  const hasMore = async () => {
    const before = results.length;
    await expect.poll(() => results.length, patient).toBeGreaterThan(before);
  };
  await hasMore();
  for (const each of followers) each.lose('cut');
  await isAgain(2);
  await hasMore();
  for (const each of followers) each.lose('moved');
  await isAgain(4);
  await at(0).jobs.pause.mutate({ id: input.id });
  await expect.poll(() => progress.at(-1)?.status, patient).toBe('paused');
  // Both nodes, so wherever the two are: they hear nothing of what happens meanwhile.
  await Promise.all([nodes.killAndRestart(0), nodes.killAndRestart(1)]);
  await at(1).jobs.resume.mutate({ id: input.id });
  await isAgain(6);
  await expect.poll(() => progress.at(-1)?.status, patient).toBe('completed');
  await expect.poll(() => results.length, patient).toBe(80);
  for (const each of followers) each.stop();
  expect(faults).toEqual([]);
  expect(new Set(resumes)).toEqual(new Set(['cut', 'moved', 'killed']));
  expect(new Set(results.map((each) => each.id)).size).toBe(80);
  const states = progress.map((each) => each.status);
  expect(states.filter((status, at, all) => status !== all[at - 1])).toEqual([
    'pending',
    'running',
    'paused',
    'running',
    'completed',
  ]);
  const done = progress.map((each) => each.done);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toMatchObject({ done: 80, total: 80 });
}, 180_000);
