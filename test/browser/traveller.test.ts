import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connectGuest } from '../support/connect.ts';
import { createFlight, dateIn } from '../support/flights.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 90_000;

describe.skipIf(!chromium)('traveller', () => {
  let stage: Stage;
  const date = dateIn(30);
  beforeAll(async () => {
    stage = await openStage(chromium as string);
  }, timeout);
  afterAll(async () => {
    await stage?.close();
  });

  test('[DASH-3] search, hold, passengers, pay: the receipt shows the locator and what the strip promised', {
    timeout,
  }, async () => {
    await createFlight(stage.operator, { carrier: 'QX', number: '101', price: 45_000, seats: 20 });
    const page = await stage.open('/');
    await page.getByRole('combobox', { name: 'From' }).fill('new york jo');
    await page.getByRole('option', { name: /JFK/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'To' }).fill('LHR');
    await page.getByRole('option', { name: /Heathrow/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=JFK.*to=LHR/);
    await page.goto(`${stage.server.url}/?from=JFK&to=LHR&date=${date}&seats=2`);

    const strip = page.getByRole('article', { name: /^QX 101, JFK 10:00 to LHR 22:00/ });
    await strip.getByRole('link', { name: /Economy/ }).click();
    await page.getByRole('button', { name: 'Hold 2 seats' }).click();
    await page.getByRole('timer').waitFor();
    expect(page.url()).toMatch(/\/book\/[0-9a-f-]{36}$/);

    // Nothing typed: each name says what it wants, and nothing is sent.
    await page.getByRole('button', { name: 'Save passengers' }).click();
    expect(await page.getByText('As in the passport').count()).toBe(4);
    const given = page.getByLabel('Given name');
    const family = page.getByLabel('Family name');
    await given.nth(0).fill('Ada');
    await family.nth(0).fill('Lovelace');
    await given.nth(1).fill('Grace');
    await family.nth(1).fill('Hopper');
    await page.getByRole('button', { name: 'Add an infant on a lap' }).click();
    await given.nth(2).fill('Tim');
    await family.nth(2).fill('Lovelace');
    await page.getByRole('button', { name: 'Save passengers' }).click();
    await page.getByRole('button', { name: 'Change', exact: true }).waitFor();

    await page
      .getByRole('button', { name: 'Pay $900.00' })
      .or(page.getByRole('button', { name: /Pay US\$900.00/ }))
      .click();
    await page.getByTestId('locator').waitFor();
    expect(await page.getByTestId('locator').textContent()).toMatch(/^[A-Z0-9]{6}$/);
    expect(await page.getByRole('table', { name: 'Price' }).textContent()).toContain('900.00');
    expect(await page.getByRole('table', { name: 'Passengers' }).textContent()).toContain('Tim Lovelace');

    // The link is the state: a reload shows the same receipt.
    await page.reload();
    await page.getByTestId('locator').waitFor();
    await page.getByRole('link', { name: 'Bookings' }).click();
    await page
      .getByRole('article', { name: /^Booking/ })
      .getByText('Confirmed')
      .waitFor();

    await page.getByRole('link', { name: 'Open' }).click();
    await page.getByRole('button', { name: 'Cancel booking' }).click();
    const terms = page.getByRole('table', { name: 'What cancelling gives back' });
    await terms.waitFor();
    expect(await terms.textContent()).toContain('You get back');
    await page.getByRole('button', { name: /get .*900.00 back/ }).click();
    await page.getByRole('heading', { name: /900.00 was refunded/ }).waitFor();
  });

  test('[DASH-21] a booking\u2019s page tells what happened to it, and goes on by itself', { timeout }, async () => {
    const flight = await createFlight(stage.operator, { carrier: 'QX', number: '121', price: 45_000, seats: 5 });
    const page = await stage.open(`/flights/${flight.id}`);
    await page.getByRole('button', { name: 'Hold 1 seat' }).click();
    const story = page.getByRole('list', { name: 'What happened so far' });
    await story.getByText('Held for you').waitFor();
    await stage.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      departsAt: `${date}T10:20`,
    });
    await page.getByRole('button', { name: /^Pay / }).click();
    await story.getByText('Confirmed', { exact: true }).waitFor();
    const lines = await story.getByRole('listitem').allTextContents();
    expect(lines.map((line) => line.replace(/\d{1,2} [A-Z][a-z]{2,3}, \d\d:.*$/, ''))).toEqual([
      '1 seat held',
      'Held for you',
      expect.stringMatching(/^QX 121, JFK → LHR: now departs /),
      expect.stringMatching(/^Payment started.*450\.00$/),
      'Waiting for the payment',
      expect.stringMatching(/^Payment received.*450\.00$/),
      '1 seat sold to you',
      'Confirmed',
    ]);
  });

  test('[DASH-4] a declined payment says so, and the same seats can be held again under a new id', {
    timeout,
  }, async () => {
    const flight = await createFlight(stage.operator, { carrier: 'QX', number: '102', seats: 5 });
    const page = await stage.open(`/flights/${flight.id}`);
    await page.getByRole('button', { name: 'Hold 1 seat' }).click();
    await page.getByLabel('Pay with').selectOption('decline');
    await page.getByRole('button', { name: /^Pay / }).click();
    await page.getByRole('heading', { name: 'The payment was declined' }).waitFor();
    const before = page.url();
    await page.getByRole('button', { name: 'Hold again' }).click();
    await page.getByRole('timer').waitFor();
    expect(page.url()).not.toBe(before);
  });

  test('[DASH-5] seats that somebody else takes change on an open page, without a reload', { timeout }, async () => {
    const day = dateIn(31);
    const flight = await createFlight(stage.operator, {
      carrier: 'QX',
      number: '103',
      seats: 30,
      departsAt: `${day}T10:00`,
      arrivesAt: `${day}T22:00`,
    });
    const results = await stage.open(`/?from=JFK&to=LHR&date=${day}`);
    await results.getByText('30 seats').waitFor();
    const details = await stage.open(`/flights/${flight.id}`);
    await details.getByText('30 seats left').waitFor();
    const other = await connectGuest(stage.server.url);
    const hold = (seats: number) =>
      other.trpc.booking.hold.mutate({ id: newId(), legs: [{ flightId: flight.id, cabin: 'economy' }], seats });
    for (const seats of [9, 9, 5]) await hold(seats);
    await results.getByText('7 left').waitFor();
    await details.getByText('7 seats left').waitFor();
    await hold(7);
    // "sold out" in the cabin, and the state beside the carrier.
    await results.getByText('Sold out', { exact: true }).waitFor();
    await details.getByRole('button', { name: 'Sold out' }).waitFor();
    await other.close();
  });

  test('[DASH-20] a changed number flashes once, for 600 ms at most, and not at all where less motion is asked for', {
    timeout,
  }, async () => {
    const day = dateIn(32);
    const flight = await createFlight(stage.operator, {
      carrier: 'QX',
      number: '106',
      seats: 30,
      departsAt: `${day}T10:00`,
      arrivesAt: `${day}T22:00`,
    });
    const record = `window.flashes = [];
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (frames, options) {
        window.flashes.push(options.duration);
        return animate.call(this, frames, options);
      };`;
    const open = (reducedMotion: 'reduce' | 'no-preference') =>
      stage.open(`/?from=JFK&to=LHR&date=${day}`, {
        reducedMotion,
        prepare: async (page) => void (await page.addInitScript(record)),
      });
    const [moving, still] = await Promise.all([open('no-preference'), open('reduce')]);
    for (const page of [moving, still]) await page.getByText('30 seats').waitFor();
    const guest = await connectGuest(stage.server.url);
    await guest.trpc.booking.hold.mutate({ id: newId(), legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 2 });
    for (const page of [moving, still]) await page.getByText('28 seats').waitFor();
    const flashes = (await moving.evaluate('window.flashes')) as number[];
    expect(flashes).toHaveLength(1);
    expect(flashes[0]).toBeLessThanOrEqual(600);
    expect(await still.evaluate('window.flashes')).toEqual([]);
    await guest.close();
  });

  test('[DASH-6] a price that moved is shown as was and now before anything is held', { timeout }, async () => {
    const flight = await createFlight(stage.operator, { carrier: 'QX', number: '104', price: 10_000 });
    const page = await stage.open(`/flights/${flight.id}`, {
      // The new price stays on its way, as on a slow line: the page still shows the old one.
      prepare: (each) =>
        each.routeWebSocket(/\/trpc/, (socket) => {
          socket.connectToServer().onMessage((message) => {
            if (!/"capacity".*12500/.test(String(message))) socket.send(message);
          });
        }),
    });
    await page.getByRole('button', { name: 'Hold 1 seat' }).waitFor();
    await stage.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      cabins: [{ cabin: 'economy', price: { amount: 12_500, currency: 'USD' } }],
    });
    await page.getByRole('button', { name: 'Hold 1 seat' }).click();
    const change = page.getByRole('alert').filter({ hasText: 'The price rose while you looked' });
    await change.waitFor();
    expect(await change.textContent()).toMatch(/100\.00.*125\.00/);
    await change.getByRole('button', { name: /Hold at .*125\.00/ }).click();
    await page.getByRole('timer').waitFor();
    expect(await page.getByRole('table', { name: 'Price' }).textContent()).toContain('125.00');
  });

  test('[DASH-7] a hold that runs out says so by itself and offers the same seats again', { timeout }, async () => {
    const brief = await openStage(chromium as string, { env: { HOLD_TTL_SECONDS: '3' } });
    try {
      const flight = await createFlight(brief.operator, { carrier: 'QX', number: '105' });
      const page = await brief.open(`/flights/${flight.id}`);
      await page.getByRole('button', { name: 'Hold 1 seat' }).click();
      await page.getByText('Less than a minute left').waitFor();
      await page.getByRole('heading', { name: 'The hold ran out' }).waitFor();
      await page.getByRole('button', { name: 'Hold again' }).click();
      await page.getByText('Less than a minute left').waitFor();
    } finally {
      await brief.close();
    }
  });

  test('[DASH-2] no page broke and none met the content policy', () => {
    expect(stage.faults).toEqual([]);
  });
});
