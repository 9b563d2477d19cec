import { AirsideError } from '../client/sdk/airside-error.ts';
import { isComplaint } from './command-line.ts';
import { readLoadOptions } from './load/load-options.ts';
import { type LoadResult, runLoad } from './load/run-load.ts';

const listOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([code, times]) => `${code} ${times}`)
    .join(', ') || 'none';

/** The result as lines of words and numbers, which people and `grep` read alike. */
function tableOf(result: LoadResult): string {
  const { holdMs, after } = result;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const errors = Object.values(result.errors).reduce((sum, each) => sum + each, 0);
  const lines = [
    `flight ${result.flightId}`,
    `buyers ${result.buyers} for ${result.seats} seats`,
    `sold ${result.sold}`,
    `refused ${result.refused}`,
    `errors ${errors}${errors ? ` (${listOf(result.errors)})` : ''}`,
    `repeats ${listOf(result.repeats)}`,
    `settled afterwards ${result.settled}`,
    `oversold ${result.oversold}`,
    `stranded ${result.stranded}`,
    `answer p50 ${ms(holdMs.p50)}, p95 ${ms(holdMs.p95)}, p99 ${ms(holdMs.p99)}, max ${ms(holdMs.max)}`,
    `all answered in ${result.seconds.toFixed(2)} s (${Math.round(result.buyers / result.seconds)} a second)`,
  ];
  if (result.payments) lines.push(`paid ${listOf(result.payments)}`);
  lines.push(`afterwards available ${after.available}, held ${after.held}, sold ${after.sold}`, `drift ${after.drift}`);
  return lines.join('\n');
}

/** What a payment may end in without anything being wrong: the gateway refuses some, as real ones do. */
const fairEndings = new Set(['confirmed', 'failed']);

const isGood = ({ oversold, stranded, errors, payments, after }: LoadResult): boolean =>
  oversold === 0 &&
  stranded === 0 &&
  after.drift === 0 &&
  Object.keys(errors).length === 0 &&
  Object.keys(payments ?? {}).every((ending) => fairEndings.has(ending));

const limitHint = 'the server limits how often one may ask; for a load test start it with RATE_LIMITS=0';

function complaintOf(error: unknown): string {
  if (isComplaint(error)) return error.message;
  if (!(error instanceof AirsideError)) return (error as Error).stack ?? String(error);
  switch (error.code) {
    case 'UNAVAILABLE':
      return error.attempts === 0 ? 'no server there; start one with npm start' : error.message;
    case 'UNAUTHENTICATED':
      return 'the server does not take this operator key; set ADMIN_API_KEY to the one it printed at its start';
    case 'RATE_LIMITED':
      return limitHint;
    default:
      return `${error.code} ${JSON.stringify(error.failure.details)}`;
  }
}

try {
  const options = readLoadOptions(process.argv.slice(2), process.env);
  const result = await runLoad(options);
  console.log(options.json ? JSON.stringify(result, null, 2) : tableOf(result));
  if (result.errors.RATE_LIMITED) console.error(`load: ${limitHint}`);
  if (!isGood(result)) process.exitCode = 1;
} catch (error) {
  console.error(`load: ${complaintOf(error)}`);
  process.exitCode = 1;
}
