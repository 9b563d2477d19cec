import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dateIn } from '../support/flights.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';
import { shot } from './shot.ts';

const chromium = findChromium();
const timeout = 90_000;

describe.skipIf(!chromium)('the form of a fare-search job', () => {
  let stage: Stage;
  let db: pg.Client;
  const address = `/jobs/new?from=LON,PAR&to=NYC&depart=${dateIn(20)}&until=${dateIn(24)}`;
  beforeAll(async () => {
    const env = { PROVIDERS: 'inventory,simulator', WORKER_RATE_LIMIT: '600', WORKER_TIME_WINDOW_MS: '60000' };
    stage = await openStage(chromium as string, { env });
    db = new pg.Client(stage.server.engines.databaseUrl);
    await db.connect();
  }, timeout);
  afterAll(async () => {
    await db?.end();
    await stage?.close();
  });

  /** The job whose page is open, as it is stored. */
  async function storedJob(page: Page) {
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}/);
    const id = /[0-9a-f-]{36}/.exec(page.url())?.[0];
    const { rows } = await db.query(
      `select priority, stop_amount::int as "stopAmount", stop_currency as "stopCurrency", repeat_hours as hours,
        repeat_times as times, ask->'passengers' as passengers from job where id = $1`,
      [id],
    );
    return rows[0];
  }

  test('[DASH-32] takes all that a job can be asked, says at each field what is wrong, and quotes the same', {
    timeout,
  }, async () => {
    const quotes: string[] = [];
    const page = await stage.open(address, {
      prepare: async (fresh) =>
        fresh.on('websocket', (socket) =>
          socket.on('framesent', ({ payload }) => {
            if (String(payload).includes('jobs.quote')) quotes.push(String(payload));
          }),
        ),
    });
    const quote = page.getByRole('region', { name: 'What it takes' });
    await quote.getByRole('table', { name: 'By provider' }).waitFor();
    const start = page.getByRole('button', { name: 'Start the job' });
    await page.getByLabel('Infants on a lap').waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'More' }).click();

    await page.getByLabel('Infants on a lap').fill('2');
    await page.getByText('each infant on a lap needs an adult').waitFor();
    await page.getByLabel('Infants in a seat').fill('9');
    await page.getByText('at most 9 seats').waitFor();
    await page.getByLabel('Stop at price').fill('cheap');
    await page.getByText('an amount, such as 120.00').waitFor();
    await page.getByLabel('Priority').fill('11');
    await page.getByText('a whole number from -10 to 10').waitFor();
    await page.getByLabel('Begin again after it has ended').check();
    await page.getByLabel('Hours in between').fill('721');
    await page.getByText('a whole number from 1 to 720').waitFor();
    await page.getByLabel('How many times').fill('');
    await page.getByText('a whole number from 1 to 100').waitFor();
    await quote.getByText('Put right what is marked').waitFor();
    // It does not close over what is wrong.
    await page.getByRole('heading', { name: 'More' }).click();
    await page.getByLabel('Priority').and(page.locator('[aria-invalid="true"]')).waitFor();
    await start.click();
    // The first that is wrong is where to go on.
    await page.getByLabel('Children').and(page.locator(':focus')).waitFor();
    await shot(page, 'job-form-wrong');

    await page.getByRole('button', { name: 'One seat more' }).click();
    await page.getByLabel('Infants in a seat').fill('1');
    await page.getByLabel('Stop at price').fill('1.50');
    await page.getByLabel('Currency').selectOption('EUR');
    await page.getByLabel('Priority').fill('-3');
    await page.getByLabel('Hours in between').fill('12');
    await page.getByLabel('How many times').fill('2');
    await quote.getByRole('table', { name: 'By provider' }).waitFor();
    const passengers = { adults: 2, children: 0, infantsOnLap: 2, infantsInSeat: 1 };
    const asked = { passengers, priority: -3, stopAtPrice: { amount: 150, currency: 'EUR' } };
    for (const part of [...Object.entries(asked), ['repeat', { everyHours: 12, times: 2 }] as const])
      await expect.poll(() => quotes.at(-1)).toContain(`"${part[0]}":${JSON.stringify(part[1])}`);
    await shot(page, 'job-form-more');
    await page.getByRole('heading', { name: 'More' }).click();
    await page.getByText('3 infants · stops at €1.50 · again every 12 h, 2 times · priority -3').waitFor();

    await start.click();
    expect(await storedJob(page)).toEqual({
      priority: -3,
      stopAmount: 150,
      stopCurrency: 'EUR',
      hours: 12,
      times: 2,
      passengers,
    });
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-33] the quote says of each provider how much, how long, by which measure and budget', {
    timeout,
  }, async () => {
    const page = await stage.open(address);
    const table = page.getByRole('table', { name: 'By provider' });
    await page.getByLabel('Simulator').check();
    const simulator = table.locator('tbody tr').filter({ hasText: 'Simulator' });
    await simulator.waitFor();
    const rowAfter = (n: number) => simulator.locator(`xpath=following-sibling::tr[${n}]`);
    expect(await table.getByRole('rowheader').allTextContents()).toEqual(['Own inventory', 'Simulator']);
    expect((await rowAfter(1).locator('td').allTextContents()).slice(0, 2)).toEqual(['10', '1']);
    expect(await rowAfter(2).textContent()).toBe(
      'Assumed: nothing is measured yet. At most 600 requests a minute, 64 at once.',
    );
    await page.getByLabel('Own inventory').uncheck();
    // An attempt that is refused would be measured, too.
    await page.getByLabel('Fails').fill('0');
    await page.getByLabel('Blocks').fill('0');
    await shot(page, 'job-form');
    await page.getByRole('button', { name: 'Start the job' }).click();
    await page.getByText('Completed', { exact: true }).waitFor();

    await page.goto(stage.server.url + address);
    await page.getByLabel('Simulator').check();
    await expect
      .poll(() => rowAfter(2).textContent())
      .toBe('Measured on one step. At most 600 requests a minute, 64 at once.');
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-35] a job that runs is given another priority and another price to stop at, or none', {
    timeout,
  }, async () => {
    const page = await stage.open(address);
    await page.getByLabel('Own inventory').uncheck();
    await page.getByLabel('Simulator').check();
    await page.getByLabel('Latency').fill('60000');
    await page.getByRole('heading', { name: 'More' }).click();
    await page.getByLabel('Stop at price').fill('1234.5');
    await page.getByLabel('Priority').fill('2');
    await page.getByRole('button', { name: 'Start the job' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit the job' });
    const open = () => page.getByRole('button', { name: 'Edit' }).click();
    const save = async () => {
      await edit.getByRole('button', { name: 'Save' }).click();
      await edit.waitFor({ state: 'detached' });
    };

    await open();
    expect(await edit.getByLabel('Stop at price').inputValue()).toBe('1234.50');
    expect(await edit.getByLabel('Priority').inputValue()).toBe('2');
    await edit.getByLabel('Priority').fill('12');
    await edit.getByText('a whole number from -10 to 10').waitFor();
    await edit.getByLabel('Stop at price').fill('1.234');
    await edit.getByText('an amount, such as 120.00').waitFor();
    expect(await edit.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await edit.getByLabel('Priority').fill('7');
    await edit.getByLabel('Stop at price').fill('99');
    await edit.getByLabel('Currency').selectOption('GBP');
    await shot(page, 'job-edit');
    await save();
    expect(await storedJob(page)).toMatchObject({ priority: 7, stopAmount: 9_900, stopCurrency: 'GBP' });

    await open();
    await edit.getByLabel('Stop at price').fill('');
    await save();
    expect(await storedJob(page)).toMatchObject({ priority: 7, stopAmount: null, stopCurrency: null });
    expect(stage.faults).toEqual([]);
  });
});
