import pg from 'pg';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bigJob } from '../../scripts/jobs/big-job.ts';
import { formatMoney } from '../../shared/money.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';
import { shot } from './shot.ts';

const chromium = findChromium();
const timeout = 600_000;
const patience = { timeout: 120_000 };
const combinations = 100_000;
const pageSize = 500;
const rowHeight = 34;
/** What fits into the frame, and some above and below. */
const drawnMax = 60;
const megabyte = 1024 * 1024;

interface StoredRow {
  route: string;
  /** Out and back. */
  days: [number, number];
  amount: number | null;
  currency: string | null;
}

describe.skipIf(!chromium)('the results of a large job', () => {
  let stage: Stage;
  let db: pg.Client;
  beforeAll(async () => {
    const env = { PROVIDERS: 'simulator', WORKER_BATCH_SIZE: '1000' };
    stage = await openStage(chromium as string, { env });
    db = new pg.Client(stage.server.engines.databaseUrl);
    await db.connect();
  }, timeout);
  afterAll(async () => {
    await db?.end();
    await stage?.close();
  });

  /** The row at a place of an order (from 0), and how many there are, as Postgres says. */
  async function stored(order: string, at: number, where = 'true'): Promise<StoredRow> {
    const { rows } = await db.query<StoredRow>(
      `select route, days, amount, currency from kept where ${where} order by ${order}, position limit 1 offset $1`,
      [at],
    );
    return rows[0] as StoredRow;
  }
  const count = async (where: string): Promise<number> =>
    Number((await db.query(`select count(*) as n from kept where ${where}`)).rows[0].n);

  /** Bytes that the page's scripts hold once what is given up is gone. */
  async function heldBytes(page: Page): Promise<number> {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    await devtools.detach();
    return usedSize;
  }

  test('[DASH-34] any of 100,000 is reached at once, in each order and filter, and only what is near is held', {
    timeout,
  }, async () => {
    const questions: string[] = [];
    const { origins, destinations, departDates, returnDates } = bigJob(combinations);
    const address = new URLSearchParams({
      from: origins.join(),
      to: destinations.join(),
      depart: departDates[0] as string,
      until: departDates.at(-1) as string,
      back: returnDates[0] as string,
      backUntil: returnDates.at(-1) as string,
    });
    const page = await stage.open(`/jobs/new?${address}`, {
      prepare: async (fresh) =>
        fresh.on('websocket', (socket) =>
          socket.on('framesent', ({ payload }) =>
            questions.push(
              ...String(payload)
                .matchAll(/"skip":\d+/g)
                .map(String),
            ),
          ),
        ),
    });
    await page.getByLabel('Latency').fill('0');
    await page.getByLabel('Fails').fill('0');
    await page.getByLabel('Blocks').fill('0');
    await page.getByRole('region', { name: 'What it takes' }).getByText('100,000').first().waitFor();
    await page.getByRole('button', { name: 'Start the job' }).click();
    await page.getByText('Completed', { exact: true }).waitFor(patience);

    const frame = page.getByRole('region', { name: 'Results, scrollable' });
    const results = page.getByRole('region', { name: 'Results', exact: true });
    const rowOf = (at: number): Locator => frame.locator(`tr[aria-rowindex="${at + 2}"]`);
    const goTo = async (at: number): Promise<void> => {
      await page.evaluate(
        `document.querySelector('[aria-label="Results, scrollable"]').scrollTo(0, ${at * rowHeight})`,
      );
    };
    /** The row is there, is the right one, and few others are. */
    const shows = async (at: number, { route, days, amount, currency }: StoredRow): Promise<void> => {
      const row = rowOf(at);
      const price = amount === null ? '–' : formatMoney({ amount, currency: currency as string }, 'en-GB');
      // Until another order has come, the one before stands there.
      const said = async () => {
        const [out = '', back = '', , cost] = await row.locator('td').allTextContents();
        const of = await row.getByRole('rowheader').allTextContents();
        return [...of, ...[out, back].map((text) => Number(/\d+/.exec(text)?.[0])), cost];
      };
      await expect.poll(said, patience).toEqual([route, ...days, price]);
      expect(await frame.locator('tr').count()).toBeLessThanOrEqual(drawnMax);
    };
    const last = combinations - 1;
    // The view unfolds all of it anew each time.
    await db.query(`create temp table kept as
      select position, origin || ' → ' || destination as route, depart_date, outcome, price_amount, price_amount::int as amount,
        array[extract(day from depart_date), extract(day from return_date)]::int[] as days, price_currency as currency
      from job_result`);
    await results.getByText('100,000 results.').waitFor(patience);

    await shows(0, await stored('price_amount', 0));
    await goTo(50_000);
    await shows(50_000, await stored('price_amount', 50_000));
    await shot(page, 'job-results-middle');
    await frame.focus();
    await page.keyboard.press('End');
    await shows(last, await stored('price_amount', last));

    // Places are passed by, far and near, and leave nothing behind.
    const before = await heldBytes(page);
    for (let at = 600; at < combinations; at += 6_600) {
      await goTo(at);
      await rowOf(at).getByRole('rowheader').waitFor(patience);
      expect(await frame.locator('tr').count()).toBeLessThanOrEqual(drawnMax);
    }
    expect(((await heldBytes(page)) - before) / megabyte).toBeLessThan(6);
    // What was given up is asked for again.
    const skip = `"skip":${50_000}`;
    const asked = questions.filter((each) => each === skip).length;
    await goTo(50_000 + pageSize / 2);
    await shows(50_000 + pageSize / 2, await stored('price_amount', 50_000 + pageSize / 2));
    expect(questions.filter((each) => each === skip).length).toBeGreaterThan(asked);

    // Another order begins at its top.
    await results.getByRole('button', { name: 'Out' }).click();
    await page.waitForURL(/sort=departure/);
    await shows(0, await stored('depart_date', 0));
    await goTo(last);
    await shows(last, await stored('depart_date', last));

    const isEmpty = `outcome = 'empty'`;
    const empty = await count(isEmpty);
    await results.getByLabel('Outcome').selectOption('empty');
    await results.getByText(`${empty.toLocaleString('en-GB')} results.`).waitFor(patience);
    await shows(0, await stored('depart_date', 0, isEmpty));
    await goTo(empty);
    await shows(empty - 1, await stored('depart_date', empty - 1, isEmpty));
    expect(stage.faults).toEqual([]);
  });
});
