import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyEdit, type Guard } from './guard.ts';

/** What a test run needs; engines, builds and data stay where they are. */
const parts = [
  'client',
  'docs',
  'migrations',
  'scripts',
  'server',
  'shared',
  'test',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
];
const patienceMs = 240_000;

export type Verdict =
  /** The test failed, as it must. */
  | { kind: 'killed'; by: string }
  /** It passed: nothing would tell that the guard is gone. */
  | { kind: 'survived' }
  /** It was not run, or could not be: this says nothing of the guard. */
  | { kind: 'not run'; why: string };

export interface Copy {
  root: string;
  remove(): void;
}

/** The tree as it is at this moment, in a folder of its own. */
export function copyTree(root: string): Copy {
  const copy = mkdtempSync(join(tmpdir(), 'airside-guards-'));
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return { root: copy, remove: () => rmSync(copy, { recursive: true, force: true }) };
}

/** Runs the guard's test in the copy, without the guard. */
export async function judge(copy: Copy, guard: Guard): Promise<Verdict> {
  const sources = new Map(guard.out.map(({ file }) => [file, readFileSync(join(copy.root, file), 'utf8')]));
  try {
    for (const edit of guard.out) {
      const path = join(copy.root, edit.file);
      writeFileSync(path, applyEdit(readFileSync(path, 'utf8'), edit));
    }
    const { file, title } = guard.proof;
    return (await runTests(copy, file, [title])).get(title) as Verdict;
  } finally {
    for (const [file, source] of sources) writeFileSync(join(copy.root, file), source);
  }
}

interface Report {
  testResults: { message: string; assertionResults: { title: string; status: string; failureMessages: string[] }[] }[];
}

/** Runs these tests of one file. Answers a verdict for each: `survived` is what a test that passes says. */
export async function runTests({ root }: Copy, file: string, titles: string[]): Promise<Map<string, Verdict>> {
  const answer = join(root, 'report.json');
  rmSync(answer, { force: true });
  const pattern = `(${titles.map((title) => title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`;
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const said = await run(root, [vitest, 'run', file, '-t', pattern, '--reporter=json', `--outputFile=${answer}`]);
  let report: Report;
  try {
    report = JSON.parse(readFileSync(answer, 'utf8')) as Report;
  } catch {
    return new Map(titles.map((title) => [title, { kind: 'not run', why: firstLine(said) }]));
  }
  const tests = report.testResults.flatMap((each) => each.assertionResults);
  const verdictOf = (title: string): Verdict => {
    const own = tests.filter((each) => each.title === title);
    const failed = own.find((each) => each.status === 'failed');
    if (failed) return { kind: 'killed', by: firstLine(failed.failureMessages[0] ?? '') };
    if (own.some((each) => each.status === 'passed')) return { kind: 'survived' };
    return { kind: 'not run', why: firstLine(report.testResults[0]?.message || `no test is called «${title}»`) };
  };
  return new Map(titles.map((title) => [title, verdictOf(title)]));
}

/** Answers what it said on its way. */
function run(root: string, args: string[]): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (said = (said + chunk).slice(-20_000)));
  // Told to stop it takes its engines with it.
  const late = setTimeout(() => child.kill('SIGTERM'), patienceMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(late);
      resolve(said);
    });
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const colours = /\u001b\[[0-9;]*m/g;
const firstLine = (text: string): string => text.replaceAll(colours, '').trim().split('\n')[0]?.slice(0, 160) ?? '';
