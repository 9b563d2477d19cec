import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const builtDir = join(root, 'dist/dashboard');

/** Builds the dashboard if it was never built, or if anything that goes into it is newer than the last build. */
export async function buildDashboard(): Promise<void> {
  const page = join(builtDir, 'index.html');
  const builtAt = existsSync(page) ? (await stat(page)).mtimeMs : 0;
  const newest = await Promise.all(['client/dashboard', 'client/sdk', 'shared'].map((folder) => newestIn(folder)));
  if (builtAt >= Math.max(...newest)) return;
  await build({ configFile: join(root, 'client/dashboard/vite.config.ts'), logLevel: 'error' });
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
