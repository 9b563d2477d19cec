import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulatorFate } from '../../server/domain/providers/simulator-provider.ts';
import { newId } from '../../shared/ids.ts';
import type { JobProgress, JobResult } from '../../shared/jobs.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { allResults, datesFrom, jobInput, jobReaches } from '../support/jobs.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ WORKER_BATCH_SIZE: '5', PROVIDERS: 'simulator' });
});
afterAll(() => scene.close());

const combination = (each: JobResult): string =>
  `${each.origin}-${each.destination} ${each.departDate} ${each.returnDate} ${each.provider}`;

/** Counters, results and what the record says agree. */
async function checkAgreement(jobId: string): Promise<JobResult[]> {
  const view = await scene.guest.trpc.jobs.get.query({ id: jobId });
  const results = await allResults(scene.guest, jobId);
  const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
  expect({ found: count('found'), empty: count('empty'), unknown: count('unknown') }).toEqual({
    found: view.found,
    empty: view.empty,
    unknown: view.unknown,
  });
  expect(results.reduce((sum, each) => sum + each.offers, 0)).toBe(view.offers);
  expect(new Set(results.map(combination)).size).toBe(results.length);
  expect(new Set(results.map((each) => each.id)).size).toBe(results.length);
  expect(view.done).toBe(results.length);
  const prices = results.flatMap((each) => each.price?.amount ?? []);
  expect(view.bestPrice?.amount ?? null).toBe(prices.length > 0 ? Math.min(...prices) : null);
  return results;
}

describe('a job', () => {
  test('[JOB-1] asks every combination, and each comes to one outcome', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ returnDates: datesFrom(4, 2) });
    const created = await trpc.jobs.create.mutate(input);
    expect(created).toMatchObject({ id: input.id, status: 'pending', total: 24, done: 0, bestPrice: null });
    const last = (await jobReaches(scene.guest, input.id, 'completed')).at(-1);
    expect(last).toMatchObject({ done: 24, total: 24, etaSeconds: 0, reason: null });
    const results = await checkAgreement(input.id);
    expect(results).toHaveLength(24);
    const { empty } = Object.groupBy(results, (each) => each.outcome);
    for (const each of empty ?? []) expect(each).toMatchObject({ price: null, reason: expect.stringMatching(/\w/) });
  });

  test('[JOB-2] leaves out what cannot be, and says so beforehand', async () => {
    const { trpc } = scene.guest;
    const [first, second] = datesFrom(0, 2) as [string, string];
    const ask = {
      origins: ['JFK', 'NYC', 'QQQ'],
      destinations: ['JFK', 'LHR'],
      departDates: ['2020-01-01', second],
      returnDates: [first, second],
      simulator: { seed: 3 },
    };
    const quote = await trpc.jobs.quote.query(ask);
    // JFK→LHR and NYC→LHR, out and back on the second date.
    expect(quote).toMatchObject({ combinations: 2, requests: 1, pruned: 22 });
    expect(quote.prunedBecause).toEqual({
      same_place: 8,
      unknown_place: 8,
      past_date: 4,
      return_before_departure: 2,
    });
    expect(quote.secondsP95).toBeGreaterThanOrEqual(quote.secondsP50);
    expect(await trpc.jobs.create.mutate({ id: newId(), ...ask })).toMatchObject({ total: 2 });

    const refused = (change: object) => failureOf(trpc.jobs.quote.query({ ...jobInput(), ...change }));
    const nothing = await refused({ origins: ['JFK'], destinations: ['NYC'] });
    expect(nothing).toMatchObject({ code: 'INVALID_INPUT', details: { issues: [{ message: /itself/ }] } });
    expect(await refused({ providers: ['duffel'] })).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['providers'] }] },
    });
    const many = {
      origins: ['JFK', 'BOS', 'LHR', 'CDG'],
      departDates: datesFrom(0, 300),
      returnDates: datesFrom(0, 400),
    };
    const places = { destinations: ['FRA', 'AMS', 'MAD', 'FCO', 'VIE', 'ZRH', 'CPH', 'ARN', 'OSL', 'HEL'] };
    expect(await refused({ ...many, ...places })).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ message: expect.stringMatching(/at most 500000/) }] },
    });
    expect(await refused({ origins: [] })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('[JOB-3] is known by its id, its body and its owner', async () => {
    const { trpc } = scene.guest;
    const input = jobInput();
    const [one, two] = await Promise.all([trpc.jobs.create.mutate(input), trpc.jobs.create.mutate(input)]);
    expect(one.id).toBe(two.id);
    expect((await trpc.jobs.create.mutate(input)).total).toBe(12);
    const other = { ...input, departDates: datesFrom(9, 1) };
    expect(await failureOf(trpc.jobs.create.mutate(other))).toMatchObject({ code: 'REQUEST_ID_REUSED' });

    const stranger = await connectGuest(scene.server.url);
    const { jobs } = stranger.trpc;
    expect(await failureOf(jobs.create.mutate(input))).toMatchObject({ code: 'REQUEST_ID_REUSED' });
    for (const call of [
      () => jobs.get.query({ id: input.id }),
      () => jobs.results.query({ jobId: input.id }),
      () => jobs.coverage.query({ jobId: input.id }),
      () => jobs.pause.mutate({ id: input.id }),
      () => jobs.resume.mutate({ id: input.id }),
      () => jobs.cancel.mutate({ id: input.id }),
      () => jobs.remove.mutate({ id: input.id }),
      () => jobs.edit.mutate({ id: input.id, priority: 1 }),
      () => jobs.clone.mutate({ id: input.id, newId: newId() }),
    ]) {
      expect(await failureOf(call())).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect((await jobs.list.query()).jobs).toEqual([]);
    await expect(jobReaches(stranger, input.id, 'completed')).rejects.toMatchObject({
      data: { failure: { code: 'NOT_FOUND' } },
    });
    await stranger.close();
  });

  test('[JOB-5] asks again what may still be answered, and ends unknown only where it was refused to the last', async () => {
    const settings = { seed: 11, latencyMs: 0, failRate: 0.3, blockRate: 0.2, emptyRate: 0.1 };
    const input = jobInput({ departDates: datesFrom(0, 10), simulator: settings });
    await scene.guest.trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'completed');
    const results = await checkAgreement(input.id);
    const party = { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 };
    const fates = results.map((each) => simulatorFate(settings, { ...each, cabin: 'economy', party }));
    expect(results.map((each) => each.outcome)).toEqual(
      fates.map((fate) => (fate.passesAfter === null ? 'unknown' : fate.outcome)),
    );
    // Of both kinds there were some: refused at first, and refused to the last.
    expect(fates.some((fate) => (fate.passesAfter ?? 0) > 0)).toBe(true);
    const unknown = results.filter((each) => each.outcome === 'unknown');
    expect(unknown.length).toBeGreaterThan(0);
    for (const each of unknown) expect(each.reason).toMatch(/^(blocked|unavailable|timed_out|malformed)$/);
  });

  test('[JOB-10] ends with its target price, and nothing is stored after that', async () => {
    const stopAtPrice = { amount: 100_000_000, currency: 'USD' };
    const input = jobInput({ departDates: datesFrom(0, 40), stopAtPrice });
    await scene.guest.trpc.jobs.create.mutate(input);
    const last = (await jobReaches(scene.guest, input.id, 'completed')).at(-1) as JobProgress;
    expect(last.done).toBeLessThan(last.total);
    expect(last).toMatchObject({ reason: 'the target price was found', etaSeconds: 0 });
    expect(await checkAgreement(input.id)).toHaveLength(last.done);
    const { rows } = await scene.db.query('select open_steps from job where id = $1', [input.id]);
    expect(rows[0].open_steps).toBeGreaterThan(0);
  });

  test('[JOB-16] may be removed, and is gone at once with all of its rows', async () => {
    const { trpc } = scene.guest;
    const input = jobInput();
    await trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'completed');
    const { rows } = await scene.db.query<{ no: number }>('select no from job where id = $1', [input.id]);
    expect(await trpc.jobs.remove.mutate({ id: input.id })).toMatchObject({ id: input.id, status: 'completed' });
    expect(await failureOf(trpc.jobs.get.query({ id: input.id }))).toMatchObject({ code: 'NOT_FOUND' });
    expect((await trpc.jobs.list.query()).jobs.some((job) => job.id === input.id)).toBe(false);
    const left = `select (select count(*) from job where no = $1) + (select count(*) from job_step where job = $1)
      + (select count(*) from job_chunk where job = $1) as n`;
    await expect.poll(async () => (await scene.db.query(left, [rows[0]?.no])).rows[0].n, { timeout: 10_000 }).toBe('0');
  });

  test('[JOB-16] with a repeat begins again as a job of its own', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ repeat: { everyHours: 6, times: 2 }, priority: 3 });
    await trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'completed');
    await scene.db.query(`update job set repeat_at = now() where id = $1 and repeat_at > now() + interval '5 hours'`, [
      input.id,
    ]);
    const next = async () => (await trpc.jobs.list.query()).jobs.find((job) => job.repeat?.times === 1);
    await expect.poll(next, { timeout: 10_000 }).toMatchObject({ total: 12, priority: 3, repeat: { everyHours: 6 } });
  });

  test('[JOB-9] can be cloned as it is now', async () => {
    const { trpc } = scene.guest;
    const input = jobInput();
    await trpc.jobs.create.mutate(input);
    const clone = { id: input.id, newId: newId() };
    expect(await trpc.jobs.clone.mutate(clone)).toMatchObject({ id: clone.newId, total: 12 });
    expect(await trpc.jobs.clone.mutate(clone)).toMatchObject({ id: clone.newId });
  });
});

describe('results', () => {
  let input: ReturnType<typeof jobInput>;
  beforeAll(async () => {
    input = jobInput({
      departDates: datesFrom(0, 10),
      simulator: { seed: 5, latencyMs: 0, failRate: 0, blockRate: 0.1, emptyRate: 0.3 },
    });
    await scene.guest.trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'completed');
  });

  const keys = {
    price: (each: JobResult) => each.price?.amount ?? null,
    duration: (each: JobResult) => each.durationMinutes,
    departure: (each: JobResult) => Number(each.departDate.replaceAll('-', '')),
  };
  test.each([
    ['price', false],
    ['price', true],
    ['duration', false],
    ['duration', true],
    ['departure', false],
    ['departure', true],
  ] as const)('[JOB-13] are paged by %s, descending %s', async (sort, descending) => {
    const results = await allResults(scene.guest, input.id, { sort, descending, limit: 7 });
    expect(new Set(results.map((each) => each.id)).size).toBe(40);
    expect(results).toHaveLength(40);
    const values = results.map(keys[sort]);
    const known = values.filter((value) => value !== null);
    const sorted = known.toSorted((a, b) => (descending ? b - a : a - b));
    expect(values).toEqual([...sorted, ...values.filter((value) => value === null)]);
  });

  test('[JOB-13] begin anywhere, say how many there are, and may leave out what was stored later', async () => {
    const results = scene.guest.trpc.jobs.results;
    for (const how of [{ sort: 'price' }, { sort: 'duration', descending: true }, { sort: 'departure' }] as const) {
      const all = await allResults(scene.guest, input.id, how);
      for (const skip of [0, 13, 33, 39, 40, 400]) {
        const page = await results.query({ jobId: input.id, ...how, skip, limit: 5 });
        expect(page.results).toEqual(all.slice(skip, skip + 5));
        expect(page).toMatchObject({ total: 40, nextCursor: skip < 35 ? expect.any(String) : null });
      }
    }
    const first = await results.query({ jobId: input.id, outcome: 'found', limit: 3 });
    const all = await allResults(scene.guest, input.id);
    expect(first.total).toBe(all.filter((each) => each.outcome === 'found').length);
    const cursor = first.nextCursor;
    expect(await results.query({ jobId: input.id, outcome: 'found', limit: 3, cursor })).toMatchObject({ total: null });
    expect(await failureOf(results.query({ jobId: input.id, cursor, skip: 1 }))).toMatchObject({
      code: 'INVALID_INPUT',
    });

    const { checkpoint } = first;
    expect(checkpoint).toBeGreaterThan(0);
    const before = await allResults(scene.guest, input.id, { checkpoint: checkpoint - 1 });
    const ids = new Set(all.map(({ id }) => id));
    expect(before.length).toBeLessThan(40);
    expect(before.every(({ id }) => ids.has(id))).toBe(true);
  });

  test('[JOB-13] are filtered as asked', async () => {
    const all = await allResults(scene.guest, input.id);
    const some = all.find((each) => each.price) as JobResult;
    const maxPrice = some.price?.amount as number;
    const of = (how: object) => allResults(scene.guest, input.id, { limit: 3, ...how });
    const ids = (results: JobResult[]) => results.map((each) => each.id).sort();
    const expected = (keep: (each: JobResult) => boolean) => ids(all.filter(keep));
    expect(ids(await of({ outcome: 'empty' }))).toEqual(expected((each) => each.outcome === 'empty'));
    expect(ids(await of({ filters: { origin: 'BOS', maxStops: 1 } }))).toEqual(
      expected((each) => each.origin === 'BOS' && each.stops !== null && each.stops <= 1),
    );
    expect(ids(await of({ filters: { maxPrice } }))).toEqual(
      expected((each) => each.price !== null && each.price.amount <= maxPrice),
    );
    const [carrier] = some.carriers as [string];
    expect(ids(await of({ filters: { carrier } }))).toEqual(expected((each) => each.carriers.includes(carrier)));
    expect(
      await failureOf(
        of({ cursor: 'x' }).then(() => scene.guest.trpc.jobs.results.query({ jobId: input.id, cursor: 'x' })),
      ),
    ).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('[JOB-12] come in order, each once, and go on after the last one seen', async () => {
    const follow = (lastEventId: string | null, count: number) =>
      new Promise<{ id: string; data: JobResult }[]>((resolve, reject) => {
        const seen: { id: string; data: JobResult }[] = [];
        const subscription = scene.guest.trpc.jobs.onResults.subscribe(
          { jobId: input.id, lastEventId },
          {
            onData: (event) => {
              if (seen.length < count) seen.push(event);
              if (seen.length < count) return;
              subscription.unsubscribe();
              resolve(seen);
            },
            onError: reject,
          },
        );
      });
    const whole = await follow(null, 40);
    expect(new Set(whole.map((each) => each.data.id)).size).toBe(40);
    const first = whole.slice(0, 13);
    expect(await follow(first.at(-1)?.id as string, 27)).toEqual(whole.slice(13));
  });

  test('[JOB-1] [JOB-20] make a grid of routes and dates', async () => {
    const { cells, isCut } = await scene.guest.trpc.jobs.coverage.query({ jobId: input.id });
    expect(isCut).toBe(false);
    expect(cells).toHaveLength(40);
    for (const cell of cells) expect(cell.found + cell.empty + cell.unknown + cell.waiting).toBe(1);
    const all = await allResults(scene.guest, input.id);
    for (const { origin, destination, departDate, ...cell } of cells) {
      const own = all.filter(
        (each) => each.origin === origin && each.destination === destination && each.departDate === departDate,
      );
      expect(own.map((each) => each.outcome)).toEqual([cell.found ? 'found' : cell.empty ? 'empty' : 'unknown']);
      expect(cell.best).toEqual(own[0]?.price ?? null);
    }
  });

  test('[JOB-17] are streamed as text to their owner', async () => {
    const url = `${scene.server.url}/jobs/${input.id}/results`;
    const headers = { authorization: `Bearer ${scene.guest.token}` };
    const csv = await (await fetch(`${url}.csv`, { headers })).text();
    const lines = csv.trimEnd().split('\r\n');
    expect(lines).toHaveLength(41);
    expect(lines[0]).toMatch(/^origin,destination,departDate,returnDate,outcome/);
    const json = (await (await fetch(`${url}.ndjson`, { headers })).text()).trimEnd().split('\n');
    const parsed = json.map((line) => JSON.parse(line) as JobResult);
    const all = await allResults(scene.guest, input.id);
    const byId = (a: JobResult, b: JobResult) => a.id.localeCompare(b.id);
    expect(parsed.toSorted(byId)).toEqual(all.toSorted(byId));
    expect((await fetch(`${url}.csv`)).status).toBe(401);
    const stranger = await connectGuest(scene.server.url);
    const theirs = { authorization: `Bearer ${stranger.token}` };
    expect((await fetch(`${url}.csv`, { headers: theirs })).status).toBe(404);
    await stranger.close();
  });
});
