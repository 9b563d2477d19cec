import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { alone } from '../../vitest.config.ts';

const root = join(import.meta.dirname, '../..');

/** Empties, for everybody else, the Redis of the run; an engine of one's own may be. */
const flushes = /\.flush(all|db)\(|flushRedis\(|script\('FLUSH'\)/i;

test('[HOUSE-12] what flushes the Redis that all tests share runs alone', () => {
  const files = globSync('test/**/*.test.ts', { cwd: root }).filter((file) => !file.startsWith('test/house/'));
  const flushing = files.filter((file) => flushes.test(readFileSync(join(root, file), 'utf8')));
  expect(flushing.length).toBeGreaterThan(3);
  expect(flushing.filter((file) => !alone.some((pattern) => matchesGlob(file, pattern)))).toEqual([]);
});

test('[HOUSE-12] each pattern of what runs alone means a file', () => {
  expect(alone.filter((pattern) => globSync(pattern, { cwd: root }).length === 0)).toEqual([]);
});
