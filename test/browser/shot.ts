import type { Page } from 'playwright-core';

/** A picture of the whole page for people to look at, where somebody names a folder for them. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
