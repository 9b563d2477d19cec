import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { proveWaiting, type WaitingProof } from './prove/run-waiting.ts';

const usage = `npm run prove:waiting -- [options]

So many buyers, each with a socket of his own, want one flight in the same moment. Who cannot be served at once must be
told a place in line; the line must let in by tickets, and the sale must end exactly full.

  --arrivals N   buyers (20000)
  --seats N      of the flight (500)
  --webs N       web processes on one port (2)
  --by WHO       who opens the line: pressure, or operator ahead of the sale (pressure)
  --seed TEXT    decides who gives up (drawn, and printed)
`;

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      arrivals: { type: 'string', default: '20000' },
      seats: { type: 'string', default: '500' },
      webs: { type: 'string', default: '2' },
      by: { type: 'string', default: 'pressure' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (name: 'arrivals' | 'seats' | 'webs', most: number) => wholeNumber(name, values[name], 1, most);
  const by = values.by as 'pressure' | 'operator';
  if (by !== 'pressure' && by !== 'operator') throw new Complaint(`--by ${by} is neither pressure nor operator`);
  return {
    arrivals: count('arrivals', 40_000),
    seats: count('seats', 100_000),
    webs: count('webs', 16),
    by,
    seed: values.seed,
  };
}

const tableOf = (proof: WaitingProof): string =>
  [
    `sold ${proof.sold} of ${proof.seats}, held ${proof.held}, drift ${proof.drift}, in ${proof.seconds.toFixed(1)} s`,
    `holds: ${proof.straight} straight away, ${proof.fromLine} from the line; ${proof.abandoned} of them were left to run out`,
    `told a place, a booking, or that nothing is left: all but ${proof.withoutPlace} of ${proof.arrivals}; half within ${proof.medianAnswerMs} ms, the last after ${proof.slowestAnswerMs} ms`,
    `told to come again before there was a line: ${proof.turnedAway} times`,
    `inversions a thousand holds from the line: ${proof.inversionsPerThousand.toFixed(2)} as seen by buyers, ${proof.inversionsAsCounted.toFixed(2)} as the server counts`,
  ].join('\n');

try {
  const options = readOptions(process.argv.slice(2));
  console.log(`seed ${options.seed}`);
  let said = '';
  const proof = await proveWaiting({
    ...options,
    dir: mkdtempSync(join(tmpdir(), 'airside-waiting-')),
    onProgress: (line) => {
      if (line !== said) process.stderr.write(`${line}\n`);
      said = line;
    },
  });
  console.log(tableOf(proof));
  const { sold, seats, held, drift, withoutPlace, inversionsPerThousand } = proof;
  const isWhole = sold === seats && held === 0 && drift === 0 && withoutPlace === 0 && inversionsPerThousand < 1;
  if (!isWhole) process.exitCode = 1;
} catch (error) {
  console.error(`prove:waiting: ${toldOf(error)}`);
  process.exitCode = 1;
}
