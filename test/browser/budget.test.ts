import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtDir } from './build-dashboard.ts';

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
}
type Manifest = Record<string, Chunk>;

const kilobyte = 1024;
const firstLoadMax = 250 * kilobyte;
const lazyRouteMax = 60 * kilobyte;
const entry = 'index.html';
const firstRoute = 'src/search/search-page.tsx';

describe('budget', () => {
  let manifest: Manifest;
  beforeAll(async () => {
    manifest = JSON.parse(await readFile(join(builtDir, '.vite/manifest.json'), 'utf8')) as Manifest;
  });

  /** A chunk and everything that the browser must have before it runs. */
  const closure = (key: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(key)) return seen;
    seen.add(key);
    for (const imported of manifest[key]?.imports ?? []) closure(imported, seen);
    return seen;
  };
  const gzipped = async (keys: Iterable<string>): Promise<number> => {
    const files = new Set([...keys].map((key) => (manifest[key] as Chunk).file));
    const sizes = await Promise.all(
      [...files].map(async (file) => gzipSync(await readFile(join(builtDir, file)), { level: 9 }).length),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  };

  test('[DASH-1] the first load is at most 250 KB of gzipped JavaScript, the search page included', async () => {
    expect(await gzipped(new Set([...closure(entry), ...closure(firstRoute)]))).toBeLessThanOrEqual(firstLoadMax);
  });

  test('[DASH-1] each lazy route adds at most 60 KB', async () => {
    const shell = closure(entry);
    const lazy = Object.values(manifest).flatMap((chunk) => chunk.dynamicImports ?? []);
    expect(lazy.length).toBeGreaterThan(8);
    for (const key of new Set(lazy)) {
      expect(await gzipped(closure(key).difference(shell)), key).toBeLessThanOrEqual(lazyRouteMax);
    }
  });

  test('[DASH-1] assets larger than a packet lie there compressed', async () => {
    const { file } = manifest[entry] as Chunk;
    const [raw, br, gz] = await Promise.all(['', '.br', '.gz'].map((end) => readFile(join(builtDir, file + end))));
    expect((br as Buffer).length).toBeLessThan((gz as Buffer).length);
    expect((gz as Buffer).length).toBeLessThan((raw as Buffer).length / 2);
  });

  test('[DASH-2] the page has no inline script and asks nobody else for anything', async () => {
    const html = await readFile(join(builtDir, 'index.html'), 'utf8');
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) expect(tag).toContain('src="/');
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
