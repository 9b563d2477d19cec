import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Colours in the middle of a transition belong to nobody; what turns for ever is no transition. */
const settled = `Promise.all(document.getAnimations()
  .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
  .map(({ finished }) => finished.catch(() => undefined))).then(() => undefined)`;

/** What axe finds serious or critical, in words; with `rules` by those alone. */
export async function faultsOn(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(settled);
  // Evaluated by the browser itself, so the page's content policy stays as it is.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
  const violations = (await page.evaluate(
    `axe.run(document, ${options}).then((found) => found.violations)`,
  )) as Violation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}

/** The page as it is, in light and in dark colours: nothing else than the contrast differs between them. */
export async function expectsNoFaults(page: Page, what: string): Promise<void> {
  expect(await faultsOn(page), `${what}, light`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  expect(await faultsOn(page, ['color-contrast']), `${what}, dark`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor();
  await expectsNoSidewaysScroll(page);
}

export async function expectsNoSidewaysScroll(page: Page): Promise<void> {
  const [wide, shown] = (await page.evaluate(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )) as [number, number];
  expect(wide, page.url()).toBeLessThanOrEqual(shown);
}
