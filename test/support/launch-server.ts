import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
export const apiKey = 'operator-key-of-the-recovery-test';

/** The real program with embedded engines, as `npm start` runs it. */
export async function launch(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      PORT: '0',
      AIRSIDE_DATA_DIR: dataDir,
      AIRSIDE_DEMO: '0',
      ADMIN_API_KEY: apiKey,
      LOG_LEVEL: 'fatal',
      RATE_LIMITS: '0',
      PAYMENT_SUCCESS_RATE: '1',
      PAYMENT_MIN_DELAY_MS: '0',
      PAYMENT_MAX_DELAY_MS: '20',
      DATABASE_URL: '',
      REDIS_URL: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const ready = /^airside ready at (\S+)$/.exec(line);
      if (ready) resolve(ready[1] as string);
    });
  });
  return { child, url };
}

/** Processes whose command line or working directory is in the data directory: the engines. */
export async function enginesOf(dataDir: string, name = ''): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const cwd = await readlink(`/proc/${entry}/cwd`).catch(() => '');
    const inside = command.includes(dataDir) || cwd.startsWith(dataDir);
    if (inside && command.includes(name) && Number(entry) !== process.pid) found.push(Number(entry));
  }
  return found;
}
