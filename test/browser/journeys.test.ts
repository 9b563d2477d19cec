import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connectGuest } from '../support/connect.ts';
import { createFlight, dateIn } from '../support/flights.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 90_000;

describe.skipIf(!chromium)('journeys in the browser', () => {
  let stage: Stage;
  const date = dateIn(30);
  beforeAll(async () => {
    stage = await openStage(chromium as string);
    const leg = (
      carrier: string,
      origin: string,
      destination: string,
      departsAt: string,
      arrivesAt: string,
      amount: number,
    ) =>
      createFlight(stage.operator, {
        carrier,
        number: '7',
        origin,
        destination,
        departsAt: `${date}T${departsAt}`,
        arrivesAt: `${date}T${arrivesAt}`,
        cabins: [{ cabin: 'economy', capacity: 20, price: { amount, currency: 'USD' } }],
      });
    await leg('QX', 'JFK', 'BOS', '08:00', '09:15', 9_000);
    await leg('QX', 'BOS', 'LHR', '11:00', '22:30', 31_000);
    await leg('QZ', 'JFK', 'LHR', '09:00', '21:00', 60_000);
  }, timeout);
  afterAll(async () => {
    await stage?.close();
  });

  test('[DASH-24] connections are found, narrowed by chips in the address, and held at their price', {
    timeout,
  }, async () => {
    const page = await stage.open(`/?from=JFK&to=LHR&date=${date}`);
    await page.getByRole('article', { name: /^QZ 7/ }).waitFor();
    await page.getByText('With connections', { exact: true }).click();
    await page.waitForURL(/view=journeys/);
    const byBoston = page.getByRole('article', { name: /JFK to LHR.*by BOS/ });
    await byBoston.waitFor();
    await page.getByRole('article', { name: /JFK to LHR.*nonstop/ }).waitFor();

    await page.getByRole('button', { name: /^Nonstop/ }).click();
    await page.waitForURL(/stops=0/);
    await byBoston.waitFor({ state: 'detached' });
    await page.goBack();
    await byBoston.waitFor();
    await byBoston.getByRole('button', { name: 'Details' }).click();
    expect(await byBoston.textContent()).toMatch(/1 h 45 in BOS/);

    await byBoston.getByRole('button', { name: 'Hold 1 seat' }).click();
    await page.getByRole('timer').waitFor();
    await page
      .getByText(/400\.00/)
      .first()
      .waitFor();
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-30] rarer filters are one press away, stand in the address, and go with one press', {
    timeout,
  }, async () => {
    const page = await stage.open(`/?from=JFK&to=LHR&date=${date}&view=journeys`);
    const byBoston = page.getByRole('article', { name: /JFK to LHR.*by BOS/ });
    const nonstop = page.getByRole('article', { name: /JFK to LHR.*nonstop/ });
    const more = page.getByRole('region', { name: 'More filters' });
    await page.getByRole('button', { name: 'More filters', exact: true }).press('Enter');
    await byBoston.waitFor();
    await more.getByLabel('Highest price').selectOption({ index: 1 });
    await page.waitForURL(/price=/);
    await nonstop.waitFor({ state: 'detached' });
    await byBoston.waitFor();
    await page.goBack();
    await nonstop.waitFor();

    await more.getByRole('button', { name: 'Not connecting in' }).press('Enter');
    await page.getByRole('checkbox', { name: /^BOS 1, from .*400\.00/ }).press('Space');
    await page.waitForURL(/viaOut=/);
    await byBoston.waitFor({ state: 'detached' });
    await page.reload();
    await nonstop.waitFor();
    await page.getByRole('button', { name: 'More filters, 1 on' }).click();
    await more.getByRole('button', { name: 'Not connecting in BOS' }).waitFor();
    expect(await byBoston.count()).toBe(0);

    await page.getByRole('button', { name: 'Clear' }).click();
    await byBoston.waitFor();
    expect(page.url()).not.toContain('viaOut');
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-30] a number of stops has a count where the answer knows it', { timeout }, async () => {
    const page = await stage.open(`/?from=JFK&to=LHR&date=${date}&view=journeys`);
    const stops = page.getByRole('group', { name: 'Filters' }).getByRole('button', { name: /stop/ });
    await expect.poll(() => stops.allTextContents()).toEqual(['Nonstop1', 'Up to 1 stop2', 'Up to 2 stops']);
    await stops.first().click();
    await expect.poll(() => stops.allTextContents()).toEqual(['Nonstop1', 'Up to 1 stop', 'Up to 2 stops']);
    await stops.last().click();
    await expect.poll(() => stops.allTextContents()).toEqual(['Nonstop1', 'Up to 1 stop2', 'Up to 2 stops2']);
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-24] cheapest days lead to their journeys, and the map says its ways in words', { timeout }, async () => {
    const page = await stage.open(`/?from=JFK&to=LHR&date=${date}&view=days`);
    await page.getByRole('link', { name: /400\.00/ }).click();
    await page.waitForURL(/view=journeys/);
    await page.goto(`${stage.server.url}/?from=JFK&to=LHR&date=${date}&view=map`);
    const ways = page.getByRole('list', { name: /Ways/ });
    await ways.getByText('JFK → BOS → LHR').waitFor();
    await ways.getByText('JFK → LHR', { exact: true }).waitFor();
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-24] a trip of several flights is put together in rows, and its address says it all', {
    timeout,
  }, async () => {
    const later = dateIn(33);
    await createFlight(stage.operator, {
      carrier: 'QY',
      number: '8',
      origin: 'LHR',
      destination: 'CDG',
      departsAt: `${later}T10:00`,
      arrivesAt: `${later}T12:20`,
      cabins: [{ cabin: 'economy', capacity: 20, price: { amount: 5_000, currency: 'USD' } }],
    });
    const page = await stage.open(`/?from=JFK&to=LHR&date=${date}`);
    await page.getByRole('button', { name: 'Add a flight' }).click();
    const next = page.getByRole('region', { name: 'Next flights' });
    // It goes on from where the first one ends, three days later.
    await expect.poll(() => next.getByLabel('Flight 2 from').inputValue()).toMatch(/London/);
    await next.getByLabel('Flight 2 to').fill('CDG');
    await page.getByRole('option', { name: /CDG/ }).first().click();
    const trip = page.getByRole('article', { name: /JFK to LHR.*nonstop, then LHR to CDG/ });
    await trip.waitFor();
    expect(await trip.textContent()).toMatch(/650\.00/);

    await page.reload();
    await trip.waitFor();
    await next.getByRole('button', { name: 'Add a flight' }).click();
    await next.getByLabel('Flight 3 to').waitFor();
    // What has no destination yet is not searched.
    await trip.waitFor();
    await next.getByRole('button', { name: 'Take flight 3 out' }).click();
    await next.getByRole('button', { name: 'Take flight 2 out' }).click();
    await next.waitFor({ state: 'detached' });
    await page.getByRole('article', { name: /JFK to LHR.*by BOS/ }).waitFor();
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-5] seats sold elsewhere change in a journey, by the fullest of its flights', { timeout }, async () => {
    const day = dateIn(36);
    const short = await createFlight(stage.operator, {
      origin: 'JFK',
      destination: 'BOS',
      departsAt: `${day}T08:00`,
      arrivesAt: `${day}T09:15`,
      seats: 40,
      price: 9_000,
    });
    const long = await createFlight(stage.operator, {
      origin: 'BOS',
      destination: 'LHR',
      departsAt: `${day}T11:00`,
      arrivesAt: `${day}T22:30`,
      seats: 30,
      price: 31_000,
    });
    const page = await stage.open(`/?from=JFK&to=LHR&date=${day}&view=journeys&seats=2`);
    const strip = page.getByRole('article', { name: /by BOS/ });
    await strip.getByText('30 seats').waitFor();
    const other = await connectGuest(stage.server.url);
    const take = (flightId: string, seats: number) =>
      other.trpc.booking.hold.mutate({ id: newId(), legs: [{ flightId, cabin: 'economy' }], seats });
    for (const seats of [9, 9, 5]) await take(long.id, seats);
    await strip.getByText('7 left').waitFor();
    const holdButton = strip.getByRole('button', { name: 'Hold 2 seats' });
    expect(await holdButton.isEnabled()).toBe(true);

    await stage.operator.trpc.admin.flights.update.mutate({
      flightId: short.id,
      expectedVersion: short.version,
      cabins: [{ cabin: 'economy', price: { amount: 12_000, currency: 'USD' } }],
    });
    await strip.getByText('as found; the fare has changed').waitFor();
    expect(await strip.textContent()).toMatch(/800\.00/);

    // One is left, but not for two.
    await take(long.id, 6);
    await strip.getByText('only 1 left').waitFor();
    expect(await holdButton.isDisabled()).toBe(true);
    await take(long.id, 1);
    await strip.getByText('sold out').waitFor();
    await other.close();
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-31] an empty search says what would give something, and one press gives it', { timeout }, async () => {
    const day = dateIn(37);
    for (const [origin, destination, departs, arrives] of [
      ['JFK', 'BOS', '08:00', '09:15'],
      ['BOS', 'LHR', '11:00', '22:30'],
    ] as const)
      await createFlight(stage.operator, {
        carrier: 'QX',
        origin,
        destination,
        departsAt: `${day}T${departs}`,
        arrivesAt: `${day}T${arrives}`,
        seats: 2,
        price: 20_000,
      });
    const page = await stage.open(`/?from=JFK&to=LHR&date=${day}&view=journeys&stops=0`);
    const strip = page.getByRole('article', { name: /JFK to LHR.*by BOS/ });
    const suggestions = page.getByRole('list', { name: 'What would give something' });
    const press = (name: string | RegExp) => suggestions.getByRole('button', { name }).click();
    await press('With up to 1 stop there is 1 journey, from US$400.00.');
    await strip.waitFor();

    await page.goto(`${stage.server.url}/?from=JFK&to=LHR&date=${day}&view=journeys&seats=3`);
    await press('For 1 traveller there is 1 journey, from US$400.00.');
    await strip.waitFor();

    // Neither of two filters that are both in the way would help alone.
    const both = new URLSearchParams({ carriers: '["QZ"]', depart: 'evening' });
    await page.goto(`${stage.server.url}/?from=JFK&to=LHR&date=${day}&view=journeys&${both}`);
    await press(/QX as well.* there is at least 1 journey, one at US\$400\.00\./);
    await strip.waitFor();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('carriers'), searchParams.get('depart')]).toEqual(['["QZ","QX"]', null]);
    expect(stage.faults).toEqual([]);
  });

  test('[DASH-25] a guest makes an account, keeps the booking, and is nobody after signing out', {
    timeout,
  }, async () => {
    const flight = await createFlight(stage.operator, { carrier: 'QA', number: '1' });
    const page = await stage.open(`/flights/${flight.id}`);
    await page.getByRole('button', { name: 'Hold 1 seat' }).first().click();
    await page.getByRole('timer').waitFor();
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByText('Make an account', { exact: true }).click();
    await page.getByLabel('E-mail address').fill('browser@example.org');
    await page.getByLabel('Password', { exact: true }).fill('a long password');
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByRole('heading', { name: 'browser@example.org' }).waitFor();
    await page.getByRole('link', { name: 'My bookings' }).click();
    await page.getByRole('article', { name: /^Booking/ }).waitFor();
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: 'Bookings' }).click();
    await page.getByText('Seats that you hold or buy in this browser appear here.').waitFor();
    expect(stage.faults).toEqual([]);
  });
});
