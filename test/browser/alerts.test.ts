import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../support/connect.ts';
import { expectsNoFaults } from './audit-page.ts';
import { findChromium } from './find-chromium.ts';
import { openStage, type Stage } from './open-stage.ts';

const chromium = findChromium();
const timeout = 90_000;

/** Looked at by people, where somebody names a folder for them. */
async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe.skipIf(!chromium)('price alerts in the browser', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(chromium as string);
  }, timeout);
  afterAll(async () => {
    await stage?.close();
  });

  test('[DASH-39] rest, quiet hours and a webhook are set in the form, refused at their fields, and stand in the list', {
    timeout,
  }, async () => {
    const page = await stage.open('/alerts', {
      colorScheme: 'light',
      reducedMotion: 'reduce',
      timezoneId: 'Europe/Paris',
    });
    const form = page.getByRole('form', { name: 'Watch a price' });
    const watch = form.getByRole('button', { name: 'Watch it' });
    for (const [label, code] of [
      ['From', 'JFK'],
      ['To', 'LHR'],
    ] as const) {
      await form.getByRole('combobox', { name: label, exact: true }).fill(code);
      await page
        .getByRole('option', { name: new RegExp(code) })
        .first()
        .click();
    }
    await form.getByLabel('Amount, one adult').fill('300');
    await form.getByLabel('Rest after telling').fill('31');
    await form.getByLabel('Unit of the rest').selectOption('days');
    await form.getByLabel('Tell my server').fill('example.com/hook');
    await form.getByLabel('Quiet hours').check();
    expect(await form.getByLabel('By the clock of').inputValue()).toBe('Europe/Paris');
    await form.getByLabel('Quiet from').fill('07:00');
    await form.getByLabel('Quiet until').fill('07:00');
    await watch.click();

    // Each fault is told where it is, to those who hear the form, too.
    const faultAt = async (label: string) => {
      const ids = (await form.getByLabel(label).getAttribute('aria-describedby'))?.split(' ').filter(Boolean) ?? [];
      const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).allTextContents()));
      return texts.flat().join(' ');
    };
    await form.getByText('Whole minutes, at most 30 days').waitFor();
    expect(await faultAt('Rest after telling')).toContain('Whole minutes, at most 30 days');
    expect(await faultAt('Tell my server')).toContain('An address with http:// or https://');
    expect(await faultAt('Quiet until')).toContain('Not when they begin');
    await shot(page, 'alert-faults');
    await expectsNoFaults(page, 'alert form with faults');
    await page.getByText('Nothing is watched yet.').waitFor();

    await form.getByLabel('Rest after telling').fill('1.5');
    await form.getByLabel('Unit of the rest').selectOption('hours');
    await form.getByLabel('Tell my server').fill('https://example.com/hook');
    await form.getByLabel('Quiet from').fill('22:30');
    expect(await faultAt('Rest after telling')).not.toContain('Whole minutes');
    await watch.click();
    const alert = page.getByRole('article', { name: 'Alert JFK → LHR' });
    await alert.getByText('Rests 90 minutes after it has fired · Quiet from 22:30 to 07:00, Europe/Paris').waitFor();
    await alert.getByText('Tells example.com').click();
    await alert.getByText('https://example.com/hook').waitFor();

    const token = (await page.evaluate(`localStorage.getItem('airside:token')`)) as string;
    const owner = connect(stage.server.url, { token });
    const [made] = (await owner.trpc.alerts.list.query()).alerts;
    await owner.close();
    expect(made).toMatchObject({
      coolDownMinutes: 90,
      quietHours: { from: '22:30', to: '07:00', zone: 'Europe/Paris' },
      webhook: { url: 'https://example.com/hook' },
    });
    await alert.getByText(made?.webhook?.secret as string).waitFor();
    await shot(page, 'alert-made');
    await expectsNoFaults(page, 'alert in the list');
    await page.setViewportSize({ width: 360, height: 900 });
    await expectsNoFaults(page, 'alert in the list, narrow');
    expect(stage.faults).toEqual([]);
  });
});
