import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeObservations } from '../../server/domain/prices/record-observations.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { formatMoney } from '../../shared/money.ts';
import type { PriceHistoryView } from '../../shared/price.ts';
import { type Connected, connectGuest } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { allResults, jobInput, jobReaches } from '../support/jobs.ts';
import { expectsNoFaults } from './audit-page.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type PageOptions, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 120_000;
const dates = Array.from({ length: 24 }, (_, index) => dateIn(32 + index));
const settings = { latencyMs: 0, failRate: 0, blockRate: 0, emptyRate: 0 };

/** Looked at by people, where somebody names a folder for them. */
async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe.skipIf(!chromium)('prices on the page of a job', () => {
  let stage: Stage;
  let owner: Connected & { token: string };
  let db: pg.Pool;
  beforeAll(async () => {
    stage = await openStage(chromium as string, { env: { PROVIDERS: 'inventory,simulator' } });
    owner = await connectGuest(stage.server.url);
    db = new pg.Pool({ connectionString: stage.server.engines.databaseUrl });
  }, timeout);
  afterAll(async () => {
    await owner?.close();
    await db?.end();
    await stage?.close();
  });

  /** The page of a job in a browser that is its owner's. */
  const open = (jobId: string, options: PageOptions = {}) =>
    stage.open(`/jobs/${jobId}`, {
      ...options,
      prepare: (page) => page.addInitScript(`localStorage.setItem('airside:token', '${owner.token}')`),
    });
  const create = async (more: Parameters<typeof jobInput>[0] = {}) =>
    (await owner.trpc.jobs.create.mutate(jobInput({ departDates: dates, providers: ['simulator'], ...more }))).id;
  const done = async (jobId: string) => {
    await jobReaches(owner, jobId, 'completed');
    return allResults(owner, jobId);
  };
  const calendarOf = (page: Page, name: string) =>
    page.getByRole('grid', { name: `Prices of ${name} by day of departure` });
  /** What each day says, by date: its price, or why it has none. */
  const daysOf = async (page: Page, name: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      await calendarOf(page, name)
        .locator('a[data-day]')
        .evaluateAll((links) =>
          links.map((link) => {
            const said = link.firstElementChild?.textContent ?? '';
            return [link.getAttribute('data-day'), /: ([^,]+(?:,\d{3}[^,]*)*)/.exec(said)?.[1]] as [string, string];
          }),
        ),
    );

  test('[DASH-36] a job fills the calendar of a route; days without a price say why; a lost connection leaves nothing old', {
    timeout,
  }, async () => {
    const gone = await stage.server.startAnother();
    // Nobody takes a step before the job is paused.
    const paused = Promise.withResolvers<void>();
    const disarm = armPausePoint('lane.claim-steps.before-call', () => paused.promise);
    const jobId = await create({
      origins: ['JFK'],
      destinations: ['LHR', 'CDG'],
      simulator: { ...settings, seed: 11, blockRate: 0.3, emptyRate: 0.2 },
    });
    await owner.trpc.jobs.pause.mutate({ id: jobId });
    disarm();
    paused.resolve();
    const page = await open(jobId, { url: gone.url });
    const route = page.getByRole('combobox', { name: 'Route' });
    await route.selectOption('JFK → LHR');
    const name = 'JFK → LHR';
    await expect.poll(() => daysOf(page, name)).toEqual(Object.fromEntries(dates.map((date) => [date, 'waiting'])));

    await page.getByRole('button', { name: 'Resume' }).click();
    const outcomes = (await done(jobId)).filter(({ destination }) => destination === 'LHR');
    const lacks = { found: 'found', empty: 'none', unknown: 'unknown' };
    const wanted = (prices: typeof outcomes) =>
      Object.fromEntries(
        outcomes.map(({ departDate, outcome }) => {
          const price = prices.find((each) => each.departDate === departDate)?.price;
          return [departDate, outcome === 'found' && price ? formatMoney(price, 'en-GB') : lacks[outcome]];
        }),
      );
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['found', 'empty', 'unknown']));
    await expect.poll(() => daysOf(page, name)).toEqual(wanted(outcomes));
    const least = outcomes.reduce((best, each) =>
      (each.price?.amount ?? 1e9) < (best.price?.amount ?? 1e9) ? each : best,
    );
    const lowest = calendarOf(page, name).locator('[data-best]');
    expect(await lowest.getAttribute('data-day')).toBe(least.departDate);
    expect(await lowest.textContent()).toContain('the lowest');
    await shot(page, 'job-prices');

    // Another job sees other prices: they come by themselves, and also what was missed while the server was away.
    const again = (seed: number) =>
      create({ origins: ['JFK'], destinations: ['LHR'], simulator: { ...settings, seed } }).then(done);
    await expect.poll(() => daysOf(page, name)).toEqual(wanted(await again(12)));
    await gone.stop();
    await page.getByTestId('reconnect-banner').getByText('Offline.').waitFor();
    const missed = await again(13);
    await stage.server.startAnother({ PORT: new URL(gone.url).port });
    await expect.poll(() => daysOf(page, name), { timeout: 30_000 }).toEqual(wanted(missed));
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-37] how the price came about is a line, a table, and a verdict in words with what it rests on', {
    timeout,
  }, async () => {
    // Prices of before were far above: whatever is found now is low.
    await writeObservations(
      db,
      Array.from({ length: 30 }, (_, index) => ({
        provider: 'simulator',
        ...{ origin: 'BOS', destination: 'LHR', cabin: 'economy' as const, trip: 'one_way' as const, currency: 'USD' },
        departDate: dateIn(32 + (index % 10)),
        observedOn: dateIn(-1 - Math.floor(index / 10)),
        leastAmount: 9_000_000 + index * 1_000,
        latestAmount: 9_000_000 + index * 1_000,
        samples: 1,
        latestAt: new Date(`${dateIn(-1 - Math.floor(index / 10))}T12:00:00Z`).toISOString(),
      })),
    );
    const jobId = await create({
      origins: ['BOS'],
      departDates: dates.slice(0, 12),
      destinations: ['LHR', 'CDG'],
      simulator: { ...settings, seed: 21 },
    });
    const found = await done(jobId);
    const page = await open(jobId);
    await page.getByRole('combobox', { name: 'Route' }).selectOption('BOS → LHR');
    const history = page.getByRole('region', { name: 'Price over time' });
    const least = found
      .filter(({ destination }) => destination === 'LHR')
      .reduce((best, each) => ((each.price?.amount ?? 0) < (best.price?.amount ?? 0) ? each : best));
    const price = least.price as NonNullable<typeof least.price>;
    await history.getByText('Low', { exact: true }).waitFor();
    const route = { origin: 'BOS', destination: 'LHR', provider: 'simulator' };
    const { percentile, n, window, band } = await owner.trpc.prices.verdict.query({
      ...route,
      departDate: least.departDate,
      price,
    });
    const long = (date: string) =>
      new Date(date).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
    const words = (await history.textContent()) ?? '';
    expect(words).toContain(`${formatMoney(price, 'en-GB')} on `);
    expect(words).toContain(`${n} comparable prices were seen 31 to 60 days before departure`);
    expect(words).toContain(`${percentile} % of them were as cheap or cheaper`);
    expect(words).toContain(long(window.from));
    expect(words).toContain(`low below ${formatMoney((band as NonNullable<typeof band>).low, 'en-GB')}`);

    // The table has what the line has: three days of before, and today.
    const rows = async () => {
      const texts = await history.locator('tbody tr').allTextContents();
      return texts.map((text) => /US\$.*/.exec(text)?.[0]);
    };
    const rowsOf = (points: PriceHistoryView['points']) => points.map((point) => formatMoney(point.price, 'en-GB'));
    await history.getByText('Figures').click();
    const { points } = await owner.trpc.prices.history.query(route);
    expect(points).toHaveLength(4);
    expect(await rows()).toEqual(rowsOf(points));
    await shot(page, 'job-history');

    // Of one day alone, as the address says: that has been asked for before, and the other has not.
    const [day, other] = [dates[3], dates[11]] as [string, string];
    const choose = (date: string) => calendarOf(page, 'BOS → LHR').locator(`[data-day="${date}"]`).click();
    await choose(day);
    await page.waitForURL(new RegExp(`date=${day}`));
    await expect.poll(async () => (await rows()).slice(0, 3)).not.toEqual(rowsOf(points).slice(0, 3));
    await choose(other);
    await history.getByText('and on no other day').waitFor();

    await page.getByRole('combobox', { name: 'Route' }).selectOption('BOS → CDG');
    await history.getByText('Not known', { exact: true }).waitFor();
    await history.getByText(/comparable prices? (was|were) seen 31 to 60 days.*too few to say/).waitFor();
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-38] arrow keys walk the days of a calendar, Enter chooses one, and axe finds nothing serious', {
    timeout,
  }, async () => {
    const jobId = await create({
      origins: ['JFK'],
      destinations: ['AMS'],
      simulator: { ...settings, seed: 31, emptyRate: 0.3 },
    });
    await done(jobId);
    const page = await open(jobId, { colorScheme: 'light', reducedMotion: 'reduce' });
    const calendar = calendarOf(page, 'JFK → AMS');
    await calendar.locator('[data-best]').focus();
    const focused = () => page.evaluate('document.activeElement.dataset.day');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return focused();
    };
    expect(await press('Home')).toBe(dates[0]);
    expect(await press('ArrowRight')).toBe(dates[1]);
    expect(await press('ArrowDown')).toBe(dates[8]);
    expect(await press('ArrowLeft', 'ArrowUp')).toBe(dates[0]);
    expect(await press('ArrowUp')).toBe(dates[0]);
    expect(await press('End')).toBe(dates.at(-1));
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`date=${dates.at(-1)}`));
    // One stop of the tab key.
    expect(await calendar.locator('[tabindex="0"]').count()).toBe(1);
    const results = page.getByRole('region', { name: 'Results', exact: true });
    await expect.poll(() => results.locator('tbody tr').count()).toBe(1);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.searchParams.has('date'));

    await expectsNoFaults(page, 'job');
    await page.setViewportSize({ width: 360, height: 900 });
    await expectsNoFaults(page, 'job, narrow');
    await shot(page, 'job-narrow');
    expect(stage.faults).toEqual([]);
  });
});
