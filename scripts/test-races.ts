import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run test:races`: the suites in which many want the same at once, test by test. First the control experiments,
 * which show each race with its guard off, then the same with the guards on.
 *
 * With `--no-locks`: the suites of selling, recovery, money and watching with a lease that always grants and never
 * excludes; nothing may break. Further arguments go to vitest.
 */
const races = [
  'test/booking/oversell.test.ts',
  'test/booking/in-doubt.test.ts',
  'test/booking/lane.test.ts',
  'test/booking/guards.test.ts',
  'test/booking/hard-cases.test.ts',
  'test/booking/journeys.test.ts',
  'test/booking/payments.test.ts',
  'test/booking/flight-cancellation.test.ts',
  'test/record/lost-update.test.ts',
  'test/inventory/operator-edits.test.ts',
  'test/live/relay.test.ts',
  'test/recovery/failure-matrix.test.ts',
];
/** Suites that start processes of their own (kill-everything, chaos and the like) are not here: those take no lease from a test. */
const faults = [
  'test/booking',
  'test/payments',
  'test/live',
  'test/inventory',
  'test/recovery/failure-matrix.test.ts',
  'test/recovery/no-lease.test.ts',
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns the exit code. */
function vitest(args: string[], env: Record<string, string> = {}): number {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [program, 'run', '--reporter=verbose', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}

const given = process.argv.slice(2);
const rest = given.filter((each) => each !== '--no-locks');
if (rest.length < given.length) {
  console.log('Every chore is done twice at once, and no lease keeps anybody out:\n');
  process.exitCode = vitest([...faults, ...rest], { TEST_LEASE: 'always' });
} else {
  const control = '\\] control';
  console.log('Control experiments: what happens without the guards\n');
  const shown = vitest([...races, '-t', control, ...rest]);
  console.log('\nThe same races with the guards on\n');
  process.exitCode = vitest([...races, '-t', `^(?!.*${control})`, ...rest]) || shown;
}
