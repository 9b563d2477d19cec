import { parseArgs } from 'node:util';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { proveJobRate, type RateProof } from './jobs/run-job-rate.ts';

const usage = `npm run prove:jobs -- [options]

Three worker processes share a job at a provider that allows so many requests a window: on average and in every window,
wherever it begins, the limit must hold within 5 %.

  --limit N      requests a window (100)
  --window MS    its length (1000)
  --seconds S    about how long it goes on (30)
`;

function readOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { limit: text, window: text, seconds: text, help: { type: 'boolean', default: false } },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (name: 'limit' | 'window' | 'seconds', most: number, or: number) => {
    const given = values[name];
    if (given === undefined) return or;
    return wholeNumber(name, given, 1, most);
  };
  const options = {
    limit: count('limit', 10_000, 100),
    windowMs: count('window', 3_600_000, 1_000),
    seconds: count('seconds', 3_600, 30),
  };
  // Ten routes, each on as many dates as a job may have.
  if ((options.limit * options.seconds * 1_000) / options.windowMs > 4_000)
    throw new Complaint('more than 4000 requests: ask for fewer seconds');
  return options;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const tableOf = ({ limit, windowMs, processes, requests, average, most, faults }: RateProof): string =>
  [
    `${requests} requests by ${processes} worker processes, limit ${limit} in ${windowMs} ms`,
    `on average ${percent(average)} of the limit, at most ${percent(most)} in any window`,
    ...faults.map((fault) => `FAULT ${fault}`),
  ].join('\n');

try {
  const proof = await proveJobRate(readOptions(process.argv.slice(2)));
  console.log(tableOf(proof));
  if (proof.faults.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`prove:jobs: ${toldOf(error)}`);
  process.exitCode = 1;
}
