import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { connect, connectGuest, failureOf } from '../support/connect.ts';
import { createFlight } from '../support/flights.ts';
import { type MailSink, openMailSink } from '../support/mail-sink.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 90_000;

describe.skipIf(!chromium)('doors and lines', () => {
  let stage: Stage;
  let sink: MailSink;
  beforeAll(async () => {
    sink = await openMailSink();
    stage = await openStage(chromium as string, { env: { SMTP_URL: sink.url } });
  }, timeout);
  afterAll(async () => {
    await stage?.close();
    await sink?.close();
  });

  test('[DASH-27] a hold waits in line, may be left, and is held by itself when the line is closed', {
    timeout,
  }, async () => {
    const flight = await createFlight(stage.operator, { carrier: 'QX', number: '301', seats: 5 });
    const operate = await stage.open('/operate/lines', { apiKey: stage.server.apiKey });
    await operate.getByText('No line is open.').waitFor();
    await operate.getByLabel('Flight id').fill(flight.id);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16);
    await operate.getByLabel('The sale begins (empty: now)').fill(inAnHour);
    await operate.getByRole('button', { name: 'Open', exact: true }).click();
    const line = operate.getByRole('region', { name: 'Line' });
    await line.getByText('Opened by an operator').waitFor();
    await line.getByRole('heading', { name: /^Economy of QX 301, JFK → LHR/ }).waitFor();

    const page = await stage.open(`/flights/${flight.id}`);
    const panel = page.getByRole('region', { name: 'Waiting room' });
    await page.getByRole('button', { name: 'Hold 1 seat' }).click();
    await panel.getByText('You are in time for the sale').waitFor();
    await panel.getByText('1 will be in the draw').waitFor();
    await line.getByText('1', { exact: true }).first().waitFor();
    await panel.getByRole('button', { name: 'Leave the line' }).click();
    await panel.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Hold 1 seat' }).click();
    await panel.waitFor();

    await line.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('timer').waitFor();
    await operate.getByText('No line is open.').waitFor();
  });

  test('[DASH-28] a booking made elsewhere is found by mail, and its link opens it once', { timeout }, async () => {
    const owner = await connectGuest(stage.server.url);
    const flight = await createFlight(stage.operator, { carrier: 'QX', number: '302', seats: 5 });
    const { id } = await owner.trpc.booking.hold.mutate({
      id: newId(),
      legs: [{ flightId: flight.id, cabin: 'economy' }],
      passengers: [{ type: 'adult', givenName: 'Zoë', familyName: 'Müller' }],
      contact: { email: 'zoe@example.org' },
    });
    const { locator } = await owner.trpc.booking.pay.mutate({ id });
    await owner.close();
    const page = await stage.open('/find');
    await page.getByLabel('Record locator').fill((locator as string).toLowerCase());
    await page.getByLabel('Family name').fill('muller');
    await page.getByRole('button', { name: 'Mail me the link' }).click();
    await page.getByText('Look at your mail.').waitFor();
    const link = /http\S+\/open#\S+/.exec(await sink.nextTo('zoe@example.org'))?.[0] as string;
    const opened = new URL(link);
    const path = `${opened.pathname}${opened.hash}`;
    const tab = await stage.open(path);
    await tab.getByRole('button', { name: 'Open it' }).click();
    await tab
      .getByText(locator as string)
      .first()
      .waitFor();
    // Nobody else comes in by it.
    const other = await stage.open(path);
    await other.getByRole('button', { name: 'Open it' }).click();
    await other.getByRole('link', { name: 'Ask for another link' }).waitFor();
  });

  test('[DASH-29] a key is made, opens its areas only, and is revoked on a second word', { timeout }, async () => {
    const page = await stage.open('/operate/keys', { apiKey: stage.server.apiKey });
    await page.getByText('No key yet but the one of the settings').waitFor();
    await page.getByLabel('Name').fill('the night shift');
    await page.getByRole('checkbox', { name: 'Flights', exact: true }).check();
    await page.getByLabel('From').fill('127.0.0.0/8, ::1');
    await page.getByRole('button', { name: 'Make it' }).click();
    const made = page.getByRole('status').filter({ hasText: 'the night shift' });
    const apiKey = (await made.locator('code').textContent()) as string;
    const shift = connect(stage.server.url, { apiKey });
    await shift.trpc.admin.flights.list.query({});
    expect((await failureOf(shift.trpc.admin.keys.create.mutate({ name: 'x', scopes: ['read'] }))).code).toBe(
      'FORBIDDEN',
    );
    await made.getByRole('button', { name: 'I have kept it' }).click();
    await made.waitFor({ state: 'detached' });
    const card = page.getByRole('article', { name: 'the night shift' });
    await card.getByText('from 127.0.0.0/8, ::1').waitFor();
    expect(await page.content()).not.toContain(apiKey);
    await card.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click();
    await card.getByText(/^Revoked/).waitFor();
    const late = connect(stage.server.url, { apiKey });
    expect((await failureOf(late.trpc.admin.flights.list.query({}))).code).toBe('UNAUTHENTICATED');
    await Promise.all([shift.close(), late.close()]);
  });

  test('[DASH-2] no page broke and none met the content policy', () => {
    expect(stage.faults).toEqual([]);
  });
});
