import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Guard } from './guards/guard.ts';
import { guards } from './guards/register.ts';
import { type Copy, copyTree, judge, runTests, type Verdict } from './guards/run-guard.ts';

const usage = `npm run guards -- [options]

Takes each guard of selling out of a copy of the sources, one at a time, and runs the test that must
fail without it. A guard whose test still passes is a defect: nothing would tell that it is gone.
Before that each test is run with all guards in place, and must pass.

  --only NAME    this guard, or all whose names begin so; may be given several times
  --unchecked    without the run that has all guards in place (a minute or two)
  --list         what there is, and nothing else
`;

interface Judged {
  guard: Guard;
  verdict: Verdict;
  seconds: number;
}

function chosen(only: string[]): Guard[] {
  const found = guards.filter(({ name }) => only.length === 0 || only.some((start) => name.startsWith(start)));
  if (found.length === 0) throw new Error(`no guard is called ${only.join(' or ')}; --list names all`);
  return found;
}

const whereOf = (guard: Guard): string => [...new Set(guard.out.map(({ file }) => file))].join(', ');

function list(some: Guard[]): void {
  for (const guard of some) {
    console.log(`${guard.name}\n    prevents ${guard.prevents}\n    in       ${whereOf(guard)}`);
    console.log(`    proof    ${guard.proof.file}: ${guard.proof.title}`);
    if (guard.behind) console.log(`    behind   ${guard.behind}`);
  }
}

function say({ guard, verdict, seconds }: Judged): void {
  const about = verdict.kind === 'killed' ? verdict.by : verdict.kind === 'survived' ? guard.proof.title : verdict.why;
  console.log(`${verdict.kind.padEnd(9)} ${guard.name.padEnd(32)} ${seconds.toFixed(0).padStart(4)} s  ${about}`);
}

/** Runs all tests of the register as things are. Answers the guards whose test does not pass even so. */
async function check(copy: Copy, some: Guard[]): Promise<Guard[]> {
  const failing: Guard[] = [];
  for (const [file, proven] of Map.groupBy(some, ({ proof }) => proof.file)) {
    const titles = [...new Set(proven.map(({ proof }) => proof.title))];
    for (const [title, verdict] of await runTests(copy, file, titles)) {
      if (verdict.kind === 'survived') continue;
      console.log(`not green  ${file}: ${title}: ${verdict.kind === 'killed' ? verdict.by : verdict.why}`);
      failing.push(...proven.filter(({ proof }) => proof.title === title));
    }
  }
  return failing;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      unchecked: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const some = chosen(values.only);
  if (values.list) return list(some);
  const startedAt = performance.now();
  const copy = copyTree(dirname(dirname(fileURLToPath(import.meta.url))));
  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true;
  });
  const judged: Judged[] = [];
  let failing: Guard[] = [];
  try {
    if (!values.unchecked) failing = await check(copy, some);
    for (const guard of some) {
      if (stopped) break;
      if (failing.includes(guard)) continue;
      const began = performance.now();
      const verdict = await judge(copy, guard);
      const each = { guard, verdict, seconds: (performance.now() - began) / 1_000 };
      judged.push(each);
      say(each);
    }
  } finally {
    copy.remove();
  }
  const count = (kind: Verdict['kind']) => judged.filter(({ verdict }) => verdict.kind === kind).length;
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  console.log(
    `${some.length} guards in ${minutes} min: ${count('killed')} killed, ${count('survived')} survived, ` +
      `${some.length - count('killed') - count('survived')} not judged`,
  );
  if (count('killed') < some.length) process.exitCode = stopped ? 130 : 1;
}

try {
  await main();
} catch (error) {
  console.error(`guards: ${(error as Error).message}`);
  process.exitCode = 1;
}
