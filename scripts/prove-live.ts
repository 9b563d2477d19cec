import { parseArgs } from 'node:util';
import { Closing } from '../server/platform/runtime/closing.ts';
import { createLogger } from '../server/platform/telemetry/logger.ts';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { type DeafProof, proveDeaf } from './prove/run-deaf.ts';
import { type LiveProof, proveLive } from './prove/run-live.ts';
import { startTwoNodes } from './prove/two-nodes.ts';

const usage = `npm run prove:live -- [cuts | deaf] [options]

cuts: starts a real server on engines of its own and lets many clients watch flights and a booking of their
own through a proxy that cuts their sockets at random while things change. At the end all must show
the final seats within two seconds; no version may ever go back; each state of each booking must have
been told to its owner exactly once.

deaf: fifty clients stop reading while at least 10,000 changes pass, fifty others ask and never read;
what each costs the server is measured, and must be below 2 MB.

  --clients N    who watches, for cuts (1000)
  --seconds S    how long it goes on (60)
  --seed N       of the choices (drawn, and printed)
`;

function readOptions(args: string[]): { part: 'cuts' | 'deaf'; clients: number; seconds: number; seed: number } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      clients: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      help: { type: 'boolean', default: false },
    },
  });
  const [part = 'cuts', ...more] = positionals;
  if (values.help || more.length > 0 || (part !== 'cuts' && part !== 'deaf')) throw new Complaint(`\n${usage}`);
  const count = (name: 'clients' | 'seconds' | 'seed', most: number) => wholeNumber(name, values[name], 1, most);
  // Each client is three sockets of this process: its own, and two of the proxy.
  return { part, clients: count('clients', 3_000), seconds: count('seconds', 3_600), seed: count('seed', 1e9) };
}

const tableOf = (proof: LiveProof): string =>
  [
    `seed ${proof.seed}`,
    `clients ${proof.clients}, for ${proof.seconds} s; sockets cut ${proof.cuts}`,
    `frames ${proof.frames}, states of bookings ${proof.personalEvents}, each once`,
    `all had the final state ${proof.settledMs.toFixed(0)} ms after the last change and cut`,
    `faults ${proof.faults.length}`,
    ...proof.faults.slice(0, 20).map((fault) => `  ${fault}`),
  ].join('\n');

const deafTableOf = (proof: DeafProof): string =>
  [
    `changes ${proof.changes} in ${proof.seconds} s`,
    `a watcher that does not read costs ${proof.watcherMb.toFixed(2)} MB`,
    `a client that asks and does not read costs ${proof.askerMb.toFixed(2)} MB`,
    `sockets closed, by code: ${Object.entries(proof.closed)
      .map(([code, times]) => `${code} ${times}`)
      .join(', ')}`,
    `somebody else waited ${proof.slowestMs.toFixed(0)} ms at most`,
    `faults ${proof.faults.length}`,
    ...proof.faults.map((fault) => `  ${fault}`),
  ].join('\n');

async function proveCuts(options: { clients: number; seconds: number; seed: number }): Promise<LiveProof> {
  process.stderr.write(`prove:live: seed ${options.seed}\n`);
  const nodes = await startTwoNodes({
    PAYMENT_SUCCESS_RATE: '0.8',
    PAYMENT_MIN_DELAY_MS: '0',
    PAYMENT_MAX_DELAY_MS: '200',
  });
  closing.push('nodes', nodes.stop);
  return proveLive({
    ...options,
    url: nodes.urls[0],
    apiKey: nodes.apiKey,
    onProgress: (second, { cuts, frames }) => {
      if (second % 5 === 0) process.stderr.write(`${second}/${options.seconds} s, ${cuts} cuts, ${frames} frames\n`);
    },
  });
}

const closing = new Closing();
try {
  const { part, ...options } = readOptions(process.argv.slice(2));
  if (part === 'cuts') {
    const proof = await proveCuts(options);
    console.log(tableOf(proof));
    if (proof.faults.length > 0) process.exitCode = 1;
  } else {
    const proof = await proveDeaf(options, closing, (line) => void process.stderr.write(`prove:live: ${line}\n`));
    console.log(deafTableOf(proof));
    if (proof.faults.length > 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(`prove:live: ${toldOf(error)}`);
  process.exitCode = 1;
} finally {
  await closing.close(createLogger('warn'), 60_000);
}
