import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyEdit } from '../../scripts/guards/guard.ts';
import { guards } from '../../scripts/guards/register.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');

/** A title as it stands in the source, where `%s` and `%i` stand for what a row of a table says. */
function isNamed(source: string, title: string): boolean {
  const titles = source.replaceAll('\\u2019', '’').matchAll(/\[[A-Z]+-\d+\][^'`\n]*/g);
  return [...titles].some(([text]) => {
    const pattern = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/%[si]/g, '.+');
    return new RegExp(`^${pattern}$`).test(title);
  });
}

describe('the register of guards', () => {
  test('[GUARD-1] names each guard once, and says what it prevents', () => {
    expect(guards.length).toBeGreaterThan(60);
    expect(new Set(guards.map(({ name }) => name)).size).toBe(guards.length);
    for (const { name, prevents } of guards) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(prevents.length).toBeGreaterThan(10);
    }
  });

  test.each(guards.map((guard) => [guard.name, guard] as const))(
    '[GUARD-1] %s is where the register says, and its test exists',
    (_, { out, proof }) => {
      expect(out.length).toBeGreaterThan(0);
      const sources = new Map<string, string>();
      for (const edit of out) {
        const before = sources.get(edit.file) ?? read(edit.file);
        const after = applyEdit(before, edit);
        expect(after).not.toBe(before);
        sources.set(edit.file, after);
      }
      expect(isNamed(read(proof.file), proof.title), proof.title).toBe(true);
    },
  );
});
