import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Rules {
  /** Ids in the order of the document; a repeated one stands twice. */
  ids: string[];
  /** Why no test proves it, by id. */
  byInspection: Map<string, string>;
}

/** `- **SEAT-1** text`, up to the next item, heading or empty line. */
function rulesOf(markdown: string): Rules {
  const items = [...markdown.matchAll(/^- \*\*([A-Z]+-\d+)\*\* ([\s\S]+?)(?=\n- |\n#|\n\n|\n*$(?![\s\S]))/gm)];
  const reasons = items.flatMap(([, id = '', text = '']) => {
    const reason = /\(by\s+inspection:\s+([\s\S]+?)\)$/.exec(text.trim())?.[1];
    return reason ? [[id, reason.replaceAll(/\s+/g, ' ')] as const] : [];
  });
  return { ids: items.map(([, id = '']) => id), byInspection: new Map(reasons) };
}

/** Ids at the beginning of any text of a test file: titles, also those in tables. */
function idsNamed(source: string): string[] {
  const ids: string[] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) look(each);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const node = value as { type?: string; value?: unknown };
    const text = node.type === 'TemplateElement' ? (node.value as { cooked?: string }).cooked : node.value;
    if ((node.type === 'Literal' || node.type === 'TemplateElement') && typeof text === 'string') {
      const head = /^(?:\[[A-Z]+-\d+\]\s*)+/.exec(text)?.[0] ?? '';
      ids.push(...[...head.matchAll(/[A-Z]+-\d+/g)].map(([id]) => id));
    }
    for (const child of Object.values(node)) look(child);
  };
  look(parseAst(source, { lang: 'ts' }).body);
  return ids;
}

describe('the reading of rules', () => {
  test('[HOUSE-11] finds ids, and reasons over several lines', () => {
    const { ids, byInspection } = rulesOf(
      '# X\n\n- **A-1** one\n  goes on.\n- **A-2** two. (by\n  inspection: it\n  is clear)\n\n## Y\n- **B-1** (not by inspection) three\n',
    );
    expect(ids).toEqual(['A-1', 'A-2', 'B-1']);
    expect([...byInspection]).toEqual([['A-2', 'it is clear']]);
  });

  test('[HOUSE-11] finds the ids of titles and tables, and none in comments or in the middle of a text', () => {
    const id = (n: number) => `[${'X'}-${n}]`;
    const source = `
      // '${id(1)} comment'
      test('${id(2)} ${id(3)} title', () => {}); test.each([['${id(4)} row']])('%s', () => {});
      it(\`${id(5)} \${template}\`, () => {}); const text = 'about ${id(6)}';`;
    expect(idsNamed(source)).toEqual(['X-2', 'X-3', 'X-4', 'X-5']);
  });
});

describe('docs/SPEC.md', () => {
  const { ids, byInspection } = rulesOf(readFileSync(join(root, 'docs/SPEC.md'), 'utf8'));
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.test.ts'),
  );
  const named = new Map(files.map((path) => [path, idsNamed(readFileSync(join(root, 'test', path), 'utf8'))]));
  const proven = new Set([...named.values()].flat());

  test('[HOUSE-11] has each rule once, numbered without gaps', () => {
    expect(ids.length).toBeGreaterThan(50);
    const subjects = Map.groupBy(ids, (id) => id.split('-')[0] as string);
    for (const [subject, own] of subjects) expect(own).toEqual(own.map((_, index) => `${subject}-${index + 1}`));
  });

  test('[HOUSE-11] has every rule that a test names', () => {
    const unknown = [...named].flatMap(([path, own]) =>
      own.filter((id) => !ids.includes(id)).map((id) => `${path}: ${id}`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });

  test('[HOUSE-11] has no rule that no test names, but those that say why', () => {
    expect(ids.filter((id) => !proven.has(id) && !byInspection.has(id))).toEqual([]);
  });

  test('[HOUSE-11] says of no rule that it is without a test when it has one', () => {
    expect([...byInspection.keys()].filter((id) => proven.has(id))).toEqual([]);
    for (const reason of byInspection.values()) expect(reason.length).toBeGreaterThan(20);
  });

  test('[HOUSE-11] proves each row of docs/failures.md by a rule of its own', () => {
    const rows = readFileSync(join(root, 'docs/failures.md'), 'utf8').matchAll(/^\| (\d+) \|.*\| ([^|]+) \|$/gm);
    const proofs = new Map([...rows].map(([, row = '', proof = '']) => [Number(row), proof.split(', ')]));
    expect([...proofs.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
    for (const [row, proof] of proofs) {
      expect(proof).toContain(`MATRIX-${row}`);
      expect(proof.filter((id) => !proven.has(id))).toEqual([]);
    }
  });
});
