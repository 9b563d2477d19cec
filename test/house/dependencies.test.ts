import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Lock, lockProblems } from '../../scripts/check-lock.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');

type Versions = Record<string, string>;
interface Package {
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
  overrides?: Versions;
}

const {
  dependencies,
  devDependencies,
  optionalDependencies,
  overrides = {},
} = JSON.parse(read('package.json')) as Package;
const direct: Versions = { ...dependencies, ...devDependencies, ...optionalDependencies };
const lock = JSON.parse(read('package-lock.json')) as Lock;

describe('the dependencies', () => {
  const rows = [...read('docs/decisions/0011-dependencies.md').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];

  test('[HOUSE-10] each has one line that says why, and no line is left over', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(direct).sort());
    for (const [, name, why = ''] of rows) expect(why.length, name).toBeGreaterThanOrEqual(5);
  });

  test('[HOUSE-10] each is pinned to one version, and the lock has that version', () => {
    for (const [name, version] of [...Object.entries(direct), ...Object.entries(overrides)]) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    }
    for (const [name, version] of Object.entries(direct)) {
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  test('[HOUSE-10] the lock is whole: every package has a checksum, and whatever one needs is there', () => {
    expect(lockProblems(lock)).toEqual([]);
    expect(Object.keys(lock.packages).length).toBeGreaterThan(Object.keys(direct).length);
  });

  test.each(['@trpc/', '@mikro-orm/', '@mantine/'])('[HOUSE-10] the family %s has one version', (family) => {
    const versions = Object.entries(direct).filter(([name]) => name.startsWith(family));
    expect(versions.length).toBeGreaterThan(1);
    expect(new Set(versions.map(([, version]) => version)).size).toBe(1);
  });
});
