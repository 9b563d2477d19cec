import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/sdk/create-client.ts';
import { flightInput } from '../support/flights.ts';
import { startServer, type TestServer } from '../support/start-server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'airside-recipes-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
});

/** All recipes of the document as one module, with this run's server in it. */
function program(): string {
  const markdown = readFileSync(join(root, 'docs/sdk.md'), 'utf8');
  const blocks = [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);
  return blocks
    .join('\n')
    .replaceAll(`from '../`, `from '${root}`)
    .replaceAll('http://127.0.0.1:3000', server.url)
    .replaceAll('.airside-client', join(folder, 'kept'));
}

describe('docs/sdk.md', () => {
  test('[SDK-18] its recipes are right by their types, and do what they say', async () => {
    const file = join(folder, 'recipes.ts');
    writeFileSync(file, program());
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const compilerOptions = {
      rewriteRelativeImportExtensions: false,
      typeRoots: [join(root, 'node_modules/@types')],
      paths: {},
    };
    const tsconfig = { extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files: [file] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));

    const operator = createClient({ url: server.url, apiKey: server.apiKey });
    const flight = await operator.admin.flights.create(flightInput({ seats: 10 }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const [types, output] = await Promise.all([
      run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error),
      run(process.execPath, [file], { env: { ...process.env, ADMIN_API_KEY: server.apiKey } }),
    ]);
    expect(types.stdout).toBe('');
    expect(output.stderr).toBe('');
    for (const line of [
      /^open \[ 'economy 10' \]$/m,
      /^confirmed [A-Z0-9]{6}$/m,
      /^8 seats are left$/m,
      /^completed, 2 of 2$/m,
      /^AbortError$/m,
    ]) {
      expect(output.stdout).toMatch(line);
    }
    expect(output.stdout).toMatch(/^1 cabins, 0 of them wrong$/m);
    expect(await operator.flights.get(flight.id)).toMatchObject({ state: 'closed', cabins: [{ available: 8 }] });
    await operator.close();
  }, 60_000);
});
