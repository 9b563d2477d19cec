import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connectGuest } from '../support/connect.ts';
import { createFlight, dateIn } from '../support/flights.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 150_000;
/** A round of the audit is followed by a rest of up to ten seconds. */
const auditPatienceMs = 60_000;

describe.skipIf(!chromium)('operator', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(chromium as string);
  }, timeout);
  afterAll(async () => {
    await stage?.close();
  });

  test('[DASH-8] a wrong key opens nothing and says so; the right one is kept in the tab', { timeout }, async () => {
    const page = await stage.open('/operate');
    await page.getByLabel('Operator key').fill('not-the-key-of-this-server');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('heading', { name: 'That key opens nothing' }).waitFor();
    await page.getByLabel('Operator key').fill(stage.server.apiKey);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('heading', { name: /Overview/ }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: /Overview/ }).waitFor();
    await page.getByRole('region', { name: 'Seat audit' }).getByText('No drift').waitFor();
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });

  test('[DASH-9] two edits of one flight meet in a comparison, and nothing is overwritten unseen', {
    timeout,
  }, async () => {
    const date = dateIn(40);
    const page = await stage.open('/operate/flights?edit=new', { apiKey: stage.server.apiKey });
    const drawer = page.getByRole('dialog', { name: 'Create a flight' });
    await drawer.getByLabel('Carrier').fill('QY');
    await drawer.getByLabel('Number').fill('7');
    for (const [field, code] of [
      ['From', 'JFK'],
      ['To', 'LHR'],
    ] as const) {
      await drawer.getByRole('combobox', { name: field }).fill(code);
      await page.getByRole('option', { name: new RegExp(code) }).waitFor();
      await page.keyboard.press('Enter');
    }
    await drawer.getByLabel('Departs, local time').fill(`${date}T18:00`);
    await drawer.getByLabel('Arrives, local time').fill(`${date}T20:00`);
    await drawer.getByRole('button', { name: 'Create flight' }).click();
    // It would arrive before it left: the server's reason stands in the form, and the form stays.
    await drawer.getByRole('alert').waitFor();
    await drawer.getByLabel('Arrives, local time').fill(`${dateIn(41)}T06:00`);
    await drawer.getByRole('button', { name: 'Create flight' }).click();
    await page.getByText('QY 7 is on sale.').waitFor();

    await page.goto(`${stage.server.url}/operate/flights?from=JFK&date=${date}`);
    await page.getByRole('button', { name: 'Edit QY 7' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit QY 7' });
    await edit.getByLabel('Economy seats').fill('160');
    const { flights } = await stage.operator.trpc.admin.flights.list.query({ date });
    const flight = flights[0] as (typeof flights)[number];
    await stage.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: flight.version,
      cabins: [{ cabin: 'economy', price: { amount: 9_900, currency: 'USD' } }],
    });
    await edit.getByRole('button', { name: 'Save changes' }).click();
    const conflict = edit.getByRole('alert').filter({ hasText: 'Somebody else saved this flight first' });
    await conflict.waitFor();
    expect(await conflict.textContent()).toContain('99.00 USD');
    expect(await conflict.textContent()).toContain('You changed different fields');
    await conflict.getByRole('button', { name: 'Apply mine on top' }).click();
    await page.getByText(/QY 7 is saved as version/).waitFor();
    const after = (await stage.operator.trpc.admin.flights.list.query({ date })).flights[0];
    expect(after?.cabins[0]).toMatchObject({ targetCapacity: 160, price: { amount: 9_900 } });
  });

  test('[DASH-10] what a cancellation does is shown before it is done', { timeout }, async () => {
    const date = dateIn(42);
    const flight = await createFlight(stage.operator, {
      carrier: 'QY',
      number: '8',
      departsAt: `${date}T10:00`,
      arrivesAt: `${date}T22:00`,
      price: 30_000,
    });
    const guest = await connectGuest(stage.server.url);
    const id = newId();
    await guest.trpc.booking.create.mutate({ id, legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 2 });
    await expect.poll(async () => (await guest.trpc.booking.get.query({ id })).status).toBe('confirmed');
    const page = await stage.open(`/operate/flights?date=${date}`, { apiKey: stage.server.apiKey });
    await page.getByText('2 sold of 10').waitFor();
    await page.getByRole('button', { name: 'Cancel or delete QY 8' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel QY 8?' });
    await dialog.waitFor();
    const effect = await dialog.getByRole('table', { name: 'Effect of the cancellation' }).textContent();
    expect(effect).toMatch(/Confirmed bookings, refunded in full1/);
    expect(effect).toContain('600.00');
    await dialog.getByRole('button', { name: 'Cancel flight' }).click();
    await page.getByRole('article', { name: /^QY 8/ }).getByText('Cancelled').waitFor();
    await expect.poll(async () => (await guest.trpc.booking.get.query({ id })).status).toBe('refunded');
    await guest.close();
  });

  test('[DASH-11] an import is tried first, names its bad lines, and is applied on a second word', {
    timeout,
  }, async () => {
    const page = await stage.open('/operate/import', { apiKey: stage.server.apiKey });
    const header = 'carrier,number,origin,destination,departs_at,arrives_at,economy_seats,economy_price,currency';
    const good = `QZ,1,JFK,LHR,2020-03-01T19:30,2020-03-02T07:25,180,420.00,USD`;
    const bad = `QZ,2,JFK,XQX,2020-03-01T19:30,2020-03-02T07:25,180,420.00,USD`;
    await page.locator('input[type=file]').setInputFiles({
      name: 'timetable.csv.gz',
      mimeType: 'application/gzip',
      buffer: gzipSync(`${header}\n${good}\n${bad}\n`),
    });
    await page.getByLabel('Shift to').fill(dateIn(50));
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByRole('heading', { name: 'What it would do' }).waitFor();
    await page.getByText('1 rejected').waitFor();
    expect(await page.getByRole('region', { name: 'Rejected lines' }).textContent()).toContain('XQX');
    const query = { date: dateIn(50) };
    expect((await stage.operator.trpc.admin.flights.list.query(query)).flights).toHaveLength(0);
    await page.getByText('No booking is hit').waitFor();
    await page.getByRole('button', { name: 'Apply 1 change' }).click();
    await page.getByRole('heading', { name: 'Applied' }).waitFor();
    expect((await stage.operator.trpc.admin.flights.list.query(query)).flights).toHaveLength(1);

    const list = page.getByRole('table', { name: 'Imports' });
    await list.getByRole('row', { name: /timetable\.csv\.gz.*Applied/ }).waitFor();
    await page.getByRole('button', { name: 'Roll back…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back timetable.csv.gz?' });
    const effect = dialog.getByRole('table', { name: 'Effect of rolling back' });
    await effect.getByRole('row', { name: 'Flights that it made, deleted 1' }).waitFor();
    expect((await stage.operator.trpc.admin.flights.list.query(query)).flights).toHaveLength(1);
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('heading', { name: 'Rolled back' }).waitFor();
    expect((await stage.operator.trpc.admin.flights.list.query(query)).flights).toHaveLength(0);
  });

  test('[DASH-12] the overview follows the log live', { timeout }, async () => {
    const page = await stage.open('/operate', { apiKey: stage.server.apiKey });
    await page.getByRole('heading', { name: /Overview/ }).waitFor();
    const flight = await createFlight(stage.operator, { carrier: 'QY', number: '9' });
    await page.getByRole('list', { name: 'Newest events' }).getByText(flight.id.slice(-6)).waitFor();
    // A payment that nobody asks about any more is for a person.
    const db = new pg.Client(stage.server.engines.databaseUrl);
    await db.connect();
    const guest = await connectGuest(stage.server.url);
    const { id } = await guest.trpc.booking.hold.mutate({
      id: newId(),
      legs: [{ flightId: flight.id, cabin: 'economy' }],
      seats: 1,
    });
    await db.query(
      `insert into payment (id, booking_id, provider, amount, currency, next_call_at) values ($1, $2, 'mock', 1, 'USD', null)`,
      [newId(), id],
    );
    await page.getByRole('alert').getByText('1 payment without an end').waitFor();
    await db.query('delete from payment where booking_id = $1', [id]);
    await Promise.all([guest.close(), db.end()]);
  });

  test('[DASH-22] drift shows by itself with the three records side by side, is replayed, and repaired on a second word', {
    timeout,
  }, async () => {
    const flight = await createFlight(stage.operator, { carrier: 'QY', number: '10' });
    const guest = await connectGuest(stage.server.url);
    await guest.trpc.booking.hold.mutate({ id: newId(), legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 2 });
    const page = await stage.open('/operate/seats', { apiKey: stage.server.apiKey });
    const watched = page.getByRole('region', { name: 'The audit that never rests' });
    await watched.getByText('No drift').waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('Nothing found').waitFor();

    const db = new pg.Client(stage.server.engines.databaseUrl);
    await db.connect();
    await db.query('update cabin set held = 5, version = version + 1 where flight_id = $1', [flight.id]);
    // Nobody asks for anything: the next round tells.
    await watched.getByText('1 adrift').waitFor({ timeout: auditPatienceMs });
    const row = watched.getByRole('row', { name: new RegExp(flight.id.slice(-6)) });
    expect(await row.textContent()).toMatch(/5 held, 0 sold.*2 held, 0 sold.*2 held, 0 sold/);
    await page.getByRole('button', { name: 'Audit all now' }).click();
    await page.getByText(/compared, 1 with drift/).waitFor();
    await page.getByRole('button', { name: 'Replay again' }).click();
    await page.getByRole('table', { name: 'Findings' }).getByText('Counters differ').waitFor();

    await row.getByRole('button', { name: 'Repair' }).click();
    const dialog = page.getByRole('dialog', { name: /^Repair Economy of/ });
    expect(await dialog.getByRole('table', { name: 'What the repair changes' }).textContent()).toMatch(
      /Counters5 held, 0 sold.*2 held, 0 sold.*Ledger2 held, 0 soldstays/,
    );
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await db.query('select held from cabin where flight_id = $1', [flight.id])).rows).toEqual([{ held: 5 }]);
    await row.getByRole('button', { name: 'Repair' }).click();
    await dialog.getByRole('button', { name: 'Repair the cabin' }).click();
    await page.getByText(/^Repaired: 2 held, 0 sold/).waitFor();
    await page.getByText(/compared, 0 with drift/).waitFor();
    await watched.getByText('No drift').waitFor();
    expect((await db.query('select held from cabin where flight_id = $1', [flight.id])).rows).toEqual([{ held: 2 }]);
    await db.end();
    await guest.close();
  });

  test('[DASH-2] no page broke and none met the content policy', () => {
    expect(stage.faults).toEqual([]);
  });
});
