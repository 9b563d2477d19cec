import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dateIn } from '../support/flights.ts';
import { expectsNoFaults } from './audit-page.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';
import { shot } from './shot.ts';

const chromium = findChromium();
const timeout = 90_000;

describe.skipIf(!chromium)('fare-search jobs in the browser', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(chromium as string, { env: { PROVIDERS: 'inventory,simulator' } });
  }, timeout);
  afterAll(async () => {
    await stage?.close();
  });

  test('[DASH-23] made in the form, followed to its end, sorted, and told of elsewhere', { timeout }, async () => {
    const page = await stage.open(`/jobs/new?from=LON,PAR&to=NYC&depart=${dateIn(20)}&until=${dateIn(24)}`);
    // Two cities to one, on five days, of one provider.
    await page.getByLabel('Own inventory').uncheck();
    await page.getByLabel('Simulator').check();
    await page.getByLabel('Fails').fill('0');
    await page.getByLabel('Blocks').fill('0');
    await page.getByLabel('Is empty').fill('0');
    const quote = page.getByRole('region', { name: 'What it takes' });
    await quote.getByText('10', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Start the job' }).click();
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}/);

    await page.getByText('Completed', { exact: true }).waitFor();
    await page.getByText('A fare-search job is completed').waitFor();
    const coverage = page.getByRole('region', { name: 'Coverage' });
    await coverage.locator('[data-look="found"]').nth(10).waitFor();
    // Ten cells, and one in the legend stands while nothing is pointed at.
    expect(await coverage.locator('svg [data-look="found"]').count()).toBe(11);
    expect(await coverage.locator('svg [data-look="waiting"]').count()).toBe(1);

    const results = page.getByRole('region', { name: 'Results', exact: true });
    const prices = async () => {
      const texts = await results.locator('tbody strong').allTextContents();
      return texts.map((text) => Number(text.replaceAll(/[^\d.]/g, '')));
    };
    await expect.poll(prices).toHaveLength(10);
    const rising = await prices();
    expect(rising).toEqual([...rising].sort((a, b) => a - b));
    await results.getByRole('button', { name: 'Price' }).click();
    await page.waitForURL(/descending=true/);
    await expect.poll(prices).toEqual(rising.toReversed());
    // The link is the state.
    await page.reload();
    await expect.poll(prices).toEqual(rising.toReversed());

    await shot(page, 'job');
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('article', { name: /^Job LON, PAR → NYC/ }).waitFor();
    await expectsNoFaults(page, 'jobs');
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-40] a short list is quoted, and says of each price how it is known', { timeout }, async () => {
    const page = await stage.open(`/jobs/new?from=LON&to=NYC&depart=${dateIn(20)}&until=${dateIn(29)}`);
    await page.getByLabel('Own inventory').uncheck();
    await page.getByLabel('Simulator').check();
    for (const rate of ['Fails', 'Blocks', 'Is empty']) await page.getByLabel(rate).fill('0');
    await page.getByRole('heading', { name: 'More' }).click();
    await page.getByLabel('Exact prices for the cheapest dates of each route').fill('3');
    const quote = page.getByRole('region', { name: 'What it takes' });
    await quote.getByText('3 asked for exactly, the others by a cheap pass.').waitFor();
    await expectsNoFaults(page, 'the form, with all of it');
    await shot(page, 'job-form');
    await page.getByRole('button', { name: 'Start the job' }).click();
    await page.getByText('Completed', { exact: true }).waitFor();
    await page.getByText('exact for the cheapest 3 of each route').waitFor();
    const results = page.getByRole('region', { name: 'Results', exact: true });
    await expect.poll(() => results.getByTitle('as the provider’s calendar tells it').count()).toBe(7);
    expect(await results.locator('tbody strong').count()).toBe(3);
    await expectsNoFaults(page, 'a job');
    await page.setViewportSize({ width: 360, height: 900 });
    await expectsNoFaults(page, 'a job, narrow');
    await shot(page, 'job-narrow');
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-26] a price is watched, and operators see providers, their canary and mails', { timeout }, async () => {
    const page = await stage.open('/jobs', { apiKey: stage.server.apiKey });
    await page.getByRole('link', { name: 'Alerts' }).click();
    const form = page.getByRole('form', { name: 'Watch a price' });
    const choose = async (label: string, code: string) => {
      await form.getByRole('combobox', { name: label }).fill(code);
      await page
        .getByRole('option', { name: new RegExp(code) })
        .first()
        .click();
    };
    await choose('From', 'JFK');
    await choose('To', 'LHR');
    await form.getByRole('button', { name: 'Watch it' }).click();
    await form.getByText('How much?').waitFor();
    await form.getByLabel('Amount, one adult').fill('300');
    await form.getByRole('button', { name: 'Watch it' }).click();
    const alert = page.getByRole('article', { name: 'Alert JFK → LHR' });
    await alert.getByText('Watching').waitFor();
    await alert.getByText('No price seen yet').waitFor();
    await shot(page, 'alerts');
    await alert.getByRole('button', { name: 'Remove the alert JFK → LHR' }).click();
    await page.getByText('Nothing is watched yet.').waitFor();

    await page.goto(`${stage.server.url}/operate/providers`);
    const simulator = page.getByRole('article', { name: 'simulator' });
    await simulator.getByText('Asked as usual').waitFor();
    await simulator.getByRole('button', { name: 'Send the canary of simulator' }).click();
    await simulator.getByText(/Canary LHR-JFK: sings \(\d offers/).waitFor();
    await shot(page, 'providers');
    await page.getByRole('link', { name: 'Mails' }).click();
    await page.getByText('No alert has written a mail yet.').waitFor();
    expect(stage.faults).toEqual([]);
  });
});
