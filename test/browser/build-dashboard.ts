import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const builtDir = join(root, 'dist/dashboard');

/** Builds the dashboard if it was never built, or if anything that goes into it is newer than the last build. */
export async function buildDashboard(): Promise<void> {
  const page = join(builtDir, 'index.html');
  const builtAt = existsSync(page) ? (await stat(page)).mtimeMs : 0;
  const newest = await Promise.all(['client/dashboard', 'client/sdk', 'shared'].map((folder) => newestIn(folder)));
  if (builtAt >= Math.max(...newest)) return;
  // A process of its own: the test runner's NODE_ENV would put React's development build into the bundle.
  await promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--config', join(root, 'client/dashboard/vite.config.ts')],
    { env: { ...process.env, NODE_ENV: 'production' } },
  );
}

async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const times = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs),
  );
  return Math.max(0, ...times);
}
