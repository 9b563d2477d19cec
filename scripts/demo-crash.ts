import { parseArgs, styleText } from 'node:util';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { runCrashDemo } from './jobs/run-crash-demo.ts';

const usage = `npm run demo:crash -- [options]

A fare-search job over two workers: one is killed in the middle, Redis is emptied, and the job goes on from its last
checkpoint. It takes about half a minute.

  --combinations N   of the job (5000)
  --latency MS       that each request to the provider takes (400)
`;

function readOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { combinations: text, latency: text, help: { type: 'boolean', default: false } },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  return {
    combinations: wholeNumber('combinations', values.combinations ?? '5000', 500, 500_000),
    latencyMs: wholeNumber('latency', values.latency ?? '400', 1, 60_000),
  };
}

const startedAt = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5);
  console.log(`${styleText('dim', `${seconds} s`)}  ${line}`);
};

try {
  const { faults, total, found, empty, unknown, recoveries } = await runCrashDemo({
    ...readOptions(process.argv.slice(2)),
    say,
  });
  if (faults.length > 0) {
    say(styleText('red', faults.join('; ')));
    process.exitCode = 1;
  } else {
    say(
      styleText('green', `${found} found, ${empty} empty, ${unknown} unknown: each of ${total} once, as the seed says`),
    );
    say(`${recoveries} steps were taken up from the killed worker; nothing was asked twice that had an outcome`);
  }
} catch (error) {
  console.error(`demo:crash: ${toldOf(error)}`);
  process.exitCode = 1;
}
