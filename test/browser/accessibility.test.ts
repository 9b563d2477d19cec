import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFlight, dateIn } from '../support/flights.ts';
import { expectsNoFaults, expectsNoSidewaysScroll, faultsOn } from './audit-page.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 120_000;
/** A round of the audit is followed by a rest of up to ten seconds. */
const auditPatienceMs = 60_000;

describe.skipIf(!chromium)('accessibility', () => {
  let stage: Stage;
  let flightId: string;
  let db: pg.Client;
  const date = dateIn(20);
  beforeAll(async () => {
    stage = await openStage(chromium as string);
    db = new pg.Client(stage.server.engines.databaseUrl);
    await db.connect();
    const times = { departsAt: `${date}T20:00`, arrivesAt: `${dateIn(21)}T08:00` };
    const price = (amount: number) => ({ amount, currency: 'USD' });
    const flight = await createFlight(stage.operator, {
      carrier: 'QX',
      number: '1',
      ...times,
      cabins: [
        { cabin: 'economy', capacity: 120, price: price(42_000) },
        { cabin: 'premium_economy', capacity: 5, price: price(70_000) },
        { cabin: 'business', capacity: 0, price: price(190_000) },
      ],
    });
    flightId = flight.id;
    await createFlight(stage.operator, { carrier: 'QY', number: '2', ...times });
  }, timeout);
  afterAll(async () => {
    await db?.end();
    await stage?.close();
  });

  test.each([1280, 360])(
    '[DASH-18] axe finds nothing serious on any page at %i px, light or dark, and none scrolls sideways',
    { timeout },
    async (width) => {
      const page = await stage.open('/', {
        colorScheme: 'light',
        viewport: { width, height: 900 },
        apiKey: stage.server.apiKey,
        reducedMotion: 'reduce',
      });
      const visit = async (path: string, ready: () => Promise<unknown>) => {
        await page.goto(stage.server.url + path);
        await ready();
        await expectsNoFaults(page, path);
      };
      const heading = (name: string | RegExp) => () => page.getByRole('heading', { name }).first().waitFor();

      await visit('/', () => page.getByRole('combobox', { name: 'From' }).waitFor());
      await visit(`/?from=JFK&to=LHR&date=${date}`, () => page.getByRole('article').nth(1).waitFor());
      await visit(`/?from=JFK&to=LHR&date=${date}&view=journeys&overnight=false`, async () => {
        await page.getByRole('button', { name: 'More filters, 1 on' }).click();
        await page.getByRole('region', { name: 'More filters' }).waitFor();
      });
      await visit(`/flights/${flightId}`, () => page.getByRole('button', { name: 'Hold 1 seat' }).first().waitFor());
      await page.getByRole('button', { name: 'Hold 1 seat' }).first().click();
      await page.getByRole('timer').waitFor();
      await page.getByRole('button', { name: 'Save passengers' }).click();
      await expectsNoFaults(page, 'held, with faults in the form');
      await page.getByRole('button', { name: /^Pay / }).click();
      await page.getByTestId('locator').waitFor();
      await page.getByRole('listitem').filter({ hasText: 'Confirmed' }).last().waitFor();
      await expectsNoFaults(page, 'receipt');
      await page.getByRole('button', { name: 'Cancel booking' }).click();
      await page.getByRole('table', { name: 'What cancelling gives back' }).waitFor();
      await expectsNoFaults(page, 'cancel');
      await visit('/bookings', () =>
        page
          .getByRole('article', { name: /^Booking/ })
          .first()
          .waitFor(),
      );
      await visit('/operate', heading(/Overview/));
      await visit('/operate/flights', () => page.getByRole('article').nth(1).waitFor());
      await visit(`/operate/flights?edit=${flightId}`, () => page.getByLabel('Economy seats').waitFor());
      await visit('/operate/seats', () => page.getByText('No drift').waitFor());
      const adrift = (held: number) =>
        db.query('update cabin set held = $2, version = version + 1 where flight_id = $1 and cabin = $3', [
          flightId,
          held,
          'business',
        ]);
      await db.query(`update cabin set target_capacity = 9, capacity = 9 where flight_id = $1 and cabin = 'business'`, [
        flightId,
      ]);
      await adrift(1);
      await visit('/operate/seats', () => page.getByText('1 adrift').first().waitFor({ timeout: auditPatienceMs }));
      await page.getByRole('button', { name: 'Audit all now' }).click();
      await page.getByText(/compared, 1 with drift/).waitFor();
      await page.getByRole('button', { name: 'Replay' }).click();
      await page.getByRole('table', { name: 'Findings' }).waitFor();
      await expectsNoFaults(page, 'drift and findings');
      await page.getByRole('button', { name: 'Repair' }).first().click();
      await page.getByRole('table', { name: 'What the repair changes' }).waitFor();
      await expectsNoFaults(page, 'repair');
      await adrift(0);
      await visit('/operate/providers', () => page.getByRole('article', { name: 'simulator' }).waitFor());
      await visit('/operate/mails', () => page.getByText('No alert has written').waitFor());
      await visit('/operate/lines', heading('Waiting rooms'));
      await visit('/operate/keys', heading('Operator keys'));
      await visit('/alerts', () => page.getByRole('form', { name: 'Watch a price' }).waitFor());
      await visit('/operate/import', heading('Import a timetable'));
      await visit('/status', heading('Health'));
      await visit('/no-such-page', heading('No page at this address'));
    },
  );

  test('[DASH-18] without a key the operator gate is just as clean, and so are the palette and the sheet', {
    timeout,
  }, async () => {
    const page = await stage.open('/operate');
    await page.getByRole('heading', { name: 'For operators' }).waitFor();
    expect(await faultsOn(page)).toEqual([]);
    await page.evaluate('document.activeElement?.blur()');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    expect(await faultsOn(page), 'sheet').toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Go to, do, or paste an id').waitFor();
    expect(await faultsOn(page), 'palette').toEqual([]);
  });

  test('[DASH-19] at 200 % zoom everything is still there and nothing scrolls sideways', { timeout }, async () => {
    const page = await stage.open(`/?from=JFK&to=LHR&date=${date}`, {
      viewport: { width: 640, height: 450 },
      deviceScaleFactor: 2,
    });
    await page.getByRole('article').nth(1).waitFor();
    await expectsNoSidewaysScroll(page);
    await page.getByRole('link', { name: 'Bookings' }).click();
    await page.getByRole('heading', { name: 'My bookings' }).waitFor();
    await expectsNoSidewaysScroll(page);
  });
});
