import { parseArgs } from 'node:util';
import { Closing } from '../server/platform/runtime/closing.ts';
import { createLogger } from '../server/platform/telemetry/logger.ts';
import { collecting } from './bench/memory-in-use.ts';
import { openStage } from './bench/open-stage.ts';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { type FuzzReport, fuzzWire } from './fuzz/fuzz-wire.ts';
import { startMeter } from './load/meter.ts';

const usage = `npm run fuzz -- wire [options]

Starts a real server on engines of its own and throws noise at its socket: malformed JSON, wrong shapes, ids and
inputs, names that every object has, deep and huge values, binary and broken frames, half handshakes. Everything that
comes back must be a frame of the protocol that tells nothing of the inside, and a proper client is served throughout.

  --messages N   messages to throw (100000)
  --sockets N    sockets that shout at the same time (48)
  --seed N       of the noise (drawn, and printed)
  --json         the report as JSON
`;

/** Further than this above where it was after a fifth of the run, memory is said not to hold. */
const growthMaxMb = 60;

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      messages: { type: 'string', default: '100000' },
      sockets: { type: 'string', default: '48' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length !== 1 || positionals[0] !== 'wire') throw new Complaint(`\n${usage}`);
  const count = (name: 'messages' | 'sockets' | 'seed', most: number) => wholeNumber(name, values[name], 1, most);
  return {
    messages: count('messages', 100_000_000),
    sockets: count('sockets', 1_000),
    seed: count('seed', 1e9),
    json: values.json,
  };
}

const listOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

function tableOf(report: FuzzReport): string {
  const { memory, healthy } = report;
  return [
    `seed ${report.seed}`,
    `messages ${report.messages} in ${report.seconds.toFixed(1)} s: ${listOf(report.sent)}`,
    `answers ${report.answers}, other frames ${report.events}`,
    `failures ${listOf(report.failures)}`,
    `sockets ended by close code ${listOf(report.closed)}`,
    `a proper client was served ${healthy.calls} calls meanwhile, the slowest pair in ${healthy.slowestMs.toFixed(0)} ms`,
    memory
      ? `memory ${memory.atFifth.toFixed(0)} MB after a fifth, ${memory.atEnd.toFixed(0)} MB at the end, without garbage: ${memory.perHundredThousand.toFixed(1)} MB per 100,000 messages`
      : 'memory not watched',
    `faults ${report.faults.length}`,
    ...report.faults.map((fault) => `  ${fault}`),
  ].join('\n');
}

const closing = new Closing();
const close = () => closing.close(createLogger('warn'), 60_000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void close().then(() => process.exit(1)));
}

try {
  const { json, ...options } = readOptions(process.argv.slice(2));
  const stage = await openStage(closing, (line) => void process.stderr.write(`fuzz: ${line}\n`));
  const database = await stage.database('fuzz', 20, 1_000_000);
  const server = await stage.server(database, { nodeArgs: collecting });
  process.stderr.write(`fuzz: seed ${options.seed}\n`);
  const meter = startMeter('messages', options.messages);
  const report = await fuzzWire({
    ...options,
    url: server.ready,
    pid: server.pid,
    flightIds: database.flightIds,
    onProgress: (sent) => meter.at(Math.min(sent, options.messages)),
  });
  meter.end();
  const { memory } = report;
  if (memory && memory.atEnd > memory.atFifth + growthMaxMb) {
    report.faults.push(`memory grew from ${memory.atFifth.toFixed(0)} to ${memory.atEnd.toFixed(0)} MB`);
  }
  console.log(json ? JSON.stringify(report, null, 2) : tableOf(report));
  if (report.faults.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`fuzz: ${toldOf(error)}`);
  process.exitCode = 1;
} finally {
  await close();
}
