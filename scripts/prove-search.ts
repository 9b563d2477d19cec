import { parseArgs } from 'node:util';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { proveSearch, type SearchProof } from './prove/run-search.ts';

/** What docs/search.md wants of a change's p99. */
const markMs = 100;

const usage = `npm run prove:search -- [options]

Starts two real servers on engines of their own. Sales and operators' changes are made at one of them, and searches at
both are asked until they show it. Then each node is killed (kill -9) and started again while changes stream in at the
other one; at the end both must hold what a timetable does that is built anew from the record: one digest of every
flight, seat and price. Exits with 1 at a fault, or with --within where the p99 of either node is above it.

  --times N      changes that are timed (300)
  --streamed N   changes during the kills (600)
  --within MS    fail where the p99 of a change until it shows is above this (no bound; the mark is ${markMs})
  --seed N       of the choices (drawn, and printed)
`;

function readOptions(args: string[]): { times: number; streamed: number; seed: number; withinMs: number | undefined } {
  const { values } = parseArgs({
    args,
    options: {
      times: { type: 'string', default: '300' },
      streamed: { type: 'string', default: '600' },
      within: { type: 'string' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (name: 'times' | 'streamed' | 'seed', most: number) => wholeNumber(name, values[name], 1, most);
  const withinMs = values.within === undefined ? undefined : wholeNumber('within', values.within, 1, 60_000);
  return { times: count('times', 4_000), streamed: count('streamed', 4_000), seed: count('seed', 1e9), withinMs };
}

function percentile(ms: number[], share: number): number {
  const sorted = ms.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const slowerP99 = ({ hereMs, thereMs }: SearchProof): number =>
  Math.max(percentile(hereMs, 0.99), percentile(thereMs, 0.99));

function tableOf(proof: SearchProof, boundMs: number): string {
  const kinds = Object.entries(proof.changes).map(([kind, times]) => `${kind} ${times}`);
  const line = (name: string, ms: number[]) => {
    const at = (share: number) => percentile(ms, share).toFixed(1);
    return `${name.padEnd(34)} p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  most ${at(1)} ms`;
  };
  const isWithin = slowerP99(proof) <= boundMs;
  return [
    `seed ${proof.seed}`,
    `changes timed ${proof.hereMs.length} (${kinds.join(', ')})`,
    line('shown where it was made after', proof.hereMs),
    line('shown on the other node after', proof.thereMs),
    `the slower p99 is ${isWithin ? 'BELOW' : 'ABOVE'} ${boundMs} ms`,
    `kill -9 of a node ${proof.kills}, while ${proof.streamed} changes streamed in`,
    line('both as a fresh build after', proof.settledMs),
    `faults ${proof.faults.length}`,
    ...proof.faults.slice(0, 5).map((fault) => `  ${fault.slice(0, 2_000)}`),
    `${proof.seconds.toFixed(0)} s`,
  ].join('\n');
}

try {
  const { withinMs, ...options } = readOptions(process.argv.slice(2));
  const proof = await proveSearch(options);
  console.log(tableOf(proof, withinMs ?? markMs));
  const isTooSlow = withinMs !== undefined && slowerP99(proof) > withinMs;
  if (proof.faults.length > 0 || isTooSlow) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${toldOf(error)}\n`);
  process.exitCode = 1;
}
