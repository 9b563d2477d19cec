import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the packaged Chromium unpacks itself: a place of this user's own, as it takes whatever lies there. */
const unpackDir = join(tmpdir(), `airside-chromium-${process.getuid?.() ?? 'user'}`);

/**
 * The path of a Chromium: `CHROMIUM_PATH`, then the system's, then the packaged one.
 * Undefined, with a warning that cannot be overlooked, where there is none.
 */
export async function findChromium(): Promise<string | undefined> {
  for (const path of [process.env.CHROMIUM_PATH, '/usr/bin/chromium']) if (path && existsSync(path)) return path;
  const { TMPDIR: tmpBefore } = process.env;
  try {
    await mkdir(unpackDir, { recursive: true, mode: 0o700 });
    // Read at import: by the runtime's name it decides to bring its own libraries along.
    process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x';
    process.env.TMPDIR = unpackDir;
    const { default: chromium } = await import('@sparticuz/chromium');
    return await chromium.executablePath();
  } catch (error) {
    console.warn(
      `\n!!! BROWSER TESTS SKIPPED: no Chromium. Install one or set CHROMIUM_PATH. (${(error as Error).message})\n`,
    );
    return undefined;
  } finally {
    if (tmpBefore === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = tmpBefore;
  }
}
