import { existsSync } from 'node:fs';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a Chromium: `CHROMIUM_PATH`, then the system's. Undefined, with a warning nobody overlooks, without one. */
export function findChromium(): string | undefined {
  const path = [process.env.CHROMIUM_PATH, ...usualPlaces].find((each) => each && existsSync(each));
  if (!path) {
    console.warn('\n!!! BROWSER TESTS SKIPPED: no Chromium (Debian: apt-get install chromium), and no CHROMIUM_PATH\n');
  }
  return path;
}
