import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { createFlight } from '../support/flights.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 90_000;

describe.skipIf(!chromium)('connection and health', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(chromium as string);
  }, timeout);
  afterAll(async () => {
    await stage?.close();
  });

  test('[DASH-13] a server that goes away and comes back is told above the page, which does not move', {
    timeout,
  }, async () => {
    const gone = await stage.server.startAnother();
    const page = await stage.open('/bookings', { url: gone.url });
    await page.getByText('Live', { exact: true }).waitFor();
    const heading = page.getByRole('heading', { name: 'My bookings' });
    // A heading is another size until its font has come.
    await page.evaluate('document.fonts.ready.then(() => undefined)');
    const before = await heading.boundingBox();
    await gone.stop();
    const banner = page.getByTestId('reconnect-banner');
    await banner.getByText('Offline.').waitFor();
    expect(await heading.boundingBox()).toEqual(before);
    expect(await page.getByTestId('connection').textContent()).toMatch(/Offline|Connecting/);
    await stage.server.startAnother({ PORT: new URL(gone.url).port });
    await banner.getByText('Back.').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await banner.waitFor({ state: 'detached' });
  });

  test('[DASH-13] on return it says how many events were replayed', { timeout }, async () => {
    const gone = await stage.server.startAnother();
    const flight = await createFlight(stage.operator);
    const page = await stage.open(`/flights/${flight.id}`, { url: gone.url });
    await page.getByRole('button', { name: 'Hold 1 seat' }).first().waitFor();
    const banner = page.getByTestId('reconnect-banner');
    await gone.stop();
    await banner.getByText('Offline.').waitFor();
    const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
    await stage.operator.trpc.booking.hold.mutate({ id: newId(), legs, seats: 1 });
    await stage.server.startAnother({ PORT: new URL(gone.url).port });
    await banner.getByText(/[1-9]\d* events? replayed\./).waitFor();
  });

  test('[DASH-14] health says each part in words, refreshes itself and on request', { timeout }, async () => {
    const page = await stage.open('/status');
    const overall = page.getByRole('region', { name: 'Overall' });
    await overall.getByText('Healthy').waitFor();
    await page.getByRole('article', { name: 'postgres' }).getByText('Healthy').waitFor();
    await page.getByRole('article', { name: 'redis' }).getByText('Healthy').waitFor();
    const checked = async () => /checked at ([\d:]+)/.exec((await overall.textContent()) ?? '')?.[1];
    const first = await checked();
    await page.waitForTimeout(1_100);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(checked).not.toBe(first);
    const second = await checked();
    await expect.poll(checked, { timeout: 15_000 }).not.toBe(second);
  });

  test('[DASH-15] keys lead everywhere: g b, g f, slash, question mark and the palette', { timeout }, async () => {
    const page = await stage.open('/status');
    await page.getByRole('heading', { name: 'Health' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.getByRole('heading', { name: 'My bookings' }).waitFor();
    await page.keyboard.press('/');
    await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('search-from');
    await page.keyboard.press('Escape');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Go to, do, or paste an id').fill('health');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/status$/);
  });

  test('[DASH-16] the chosen colours survive a reload and are there before the first paint', { timeout }, async () => {
    const page = await stage.open('/status', { colorScheme: 'light' });
    await page.getByRole('heading', { name: 'Health' }).waitFor();
    const scheme = () => page.evaluate(`document.documentElement.dataset.mantineColorScheme`);
    expect(await scheme()).toBe('light');
    await page.getByRole('button', { name: /change to light/ }).click();
    await page.getByRole('button', { name: /change to dark/ }).click();
    expect(await scheme()).toBe('dark');
    // The app's own script is kept away: what is set now was set by the small file in the head.
    await page.route(/\/assets\/.*\.js$/, (route) => route.abort());
    await page.reload();
    expect(await scheme()).toBe('dark');
  });

  test('[DASH-17] an address that leads nowhere says so and offers the way back', { timeout }, async () => {
    const page = await stage.open('/no/such/page');
    await page.getByRole('heading', { name: 'No page at this address' }).waitFor();
    await page.getByRole('link', { name: 'Search flights', exact: true }).click();
    await page.getByRole('combobox', { name: 'From' }).waitFor();
  });
});
