import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listResults } from '../../server/domain/jobs/list-results.ts';
import { newId } from '../../shared/ids.ts';
import { type JobResult, jobResultsInput } from '../../shared/jobs.ts';
import { storeJob } from '../support/stored-job.ts';
import { createTestDatabase } from '../support/test-database.ts';

const actor = newId();
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: pg.Pool;
let jobId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  ({ id: jobId } = await storeJob(pool, { actor, steps: 6, providers: ['inventory', 'simulator', 'duffel'] }));
  // Where all have the same price, the first in the plan is shown; another currency is another matter.
  await pool.query(
    `update job_chunk set price = (select array_agg(p * 0 + 5000 order by at) from unnest(price) with ordinality u (p, at))
     where step in (1, 3, 5)`,
  );
  await pool.query(`update job_chunk set answer_currency = '{EUR,null}' where step = 6`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Asked = Partial<Parameters<typeof jobResultsInput.parse>[0] & object>;
async function pages(asked: Asked, limit: number): Promise<JobResult[]> {
  const all: JobResult[] = [];
  for (let cursor: string | null = null; ; ) {
    const input = jobResultsInput.parse({ jobId, ...asked, limit, cursor });
    const { results, nextCursor } = await listResults({ pool }, actor, input);
    all.push(...results);
    if (!nextCursor) return all;
    cursor = nextCursor;
  }
}

const places = (results: JobResult[]): number[] => results.map(({ id }) => Number(id.split('.')[1]));
/** Said once more, over all results: the cheapest of each route, dates and currency, the first among equals. */
function cheapestOf(results: JobResult[]): number[] {
  const best = new Map<string, JobResult>();
  const inPlan = results.toSorted((a, b) => Number(a.id.split('.')[1]) - Number(b.id.split('.')[1]));
  for (const each of inPlan) {
    if (!each.price) continue;
    const key = [each.origin, each.destination, each.departDate, each.returnDate, each.price.currency].join();
    const known = best.get(key)?.price;
    if (!known || each.price.amount < known.amount) best.set(key, each);
  }
  return places([...best.values()]).toSorted((a, b) => a - b);
}

describe('the cheapest of each combination', () => {
  test.each([
    ['by price', {}],
    ['the dearest first', { descending: true }],
    ['by duration', { sort: 'duration' as const }],
    ['by departure', { sort: 'departure' as const }],
    ['of a provider', { filters: { provider: 'simulator' as const } }],
    ['under a price', { filters: { maxPrice: 40_000 } }],
  ])('[JOB-21] is shown alone, %s, over all providers and pages', async (_, asked) => {
    const whole = await pages(asked, 1_000);
    const shown = await pages({ ...asked, cheapestOnly: true }, 7);
    const expected = new Set(cheapestOf(whole));
    expect(expected.size).toBeGreaterThan(50);
    // In the same order as without it, each once.
    expect(places(shown)).toEqual(places(whole).filter((place) => expected.has(place)));
  });

  test('[JOB-21] among equals it is the first in the plan; what was not found is not shown', async () => {
    const shown = await pages({ cheapestOnly: true }, 1_000);
    expect(new Set(shown.map((each) => each.outcome))).toEqual(new Set(['found']));
    const equal = shown.filter((each) => each.price?.amount === 5_000 && each.price.currency === 'USD');
    expect(equal.length).toBeGreaterThan(50);
    expect(new Set(equal.map((each) => each.provider)).has('duffel')).toBe(false);
    expect(await pages({ cheapestOnly: true, outcome: 'empty' }, 10)).toEqual([]);
  });
});
