import { parseArgs } from 'node:util';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { proveResume, type ResumeProof } from './prove/run-resume.ts';

const usage = `npm run prove:resume -- [options]

Starts two real servers on engines of their own and lets many clients follow bookings from the hold
to the end, while sockets are cut, clients change servers, servers are killed (kill -9) and Redis is
flushed. Each client goes on after the last event that it got. Every booking's versions must come as
1, 2, 3 … without a gap or a repeat, and the whole log as operators follow it must be the record's.

  --times N      resumes to prove (1000)
  --clients N    bookings that live at the same time (40)
  --seed N       of the choices (drawn, and printed)
`;

function readOptions(args: string[]): { times: number; clients: number; seed: number } {
  const { values } = parseArgs({
    args,
    options: {
      times: { type: 'string', default: '1000' },
      clients: { type: 'string', default: '40' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (name: 'times' | 'clients' | 'seed', most: number) => wholeNumber(name, values[name], 1, most);
  return { times: count('times', 1_000_000), clients: count('clients', 1_000), seed: count('seed', 1e9) };
}

const resumesOf = ({ resumes }: ResumeProof): number => resumes.cut + resumes.moved + resumes.killed;

function progressLine(times: number): (proof: ResumeProof) => void {
  const isTerminal = process.stderr.isTTY;
  let nextAt = 0;
  return (proof) => {
    // A log file gets a line now and then.
    if (!isTerminal && proof.seconds < nextAt) return;
    nextAt = proof.seconds + 10;
    const done = resumesOf(proof);
    const left = done === 0 ? '' : `, about ${Math.round((proof.seconds / done) * Math.max(0, times - done))} s left`;
    const line = `${done}/${times} resumes, ${proof.bookings} bookings, ${proof.kills} kills${left}`;
    process.stderr.write(isTerminal ? `\r${line}    ` : `${line}\n`);
  };
}

function tableOf(proof: ResumeProof): string {
  const { resumes } = proof;
  const endings = Object.entries(proof.endings).map(([status, times]) => `${status} ${times}`);
  return [
    `seed ${proof.seed}`,
    `resumes ${resumesOf(proof)}: socket cut ${resumes.cut}, moved to the other node ${resumes.moved}, node killed ${resumes.killed}`,
    `kill -9 of a node ${proof.kills}, FLUSHALL of Redis ${proof.flushes}`,
    `bookings followed to their end ${proof.bookings} (${endings.join(', ')}), events ${proof.events}`,
    `entries of the whole log, in order at two operators ${proof.logEntries}`,
    `gaps, repeats, refusals ${proof.faults.length}`,
    ...proof.faults.slice(0, 20).map((fault) => `  ${fault}`),
    `slowest delivery of a state that was there ${proof.slowestDeliverySeconds.toFixed(1)} s`,
    `slowest payment or refund ${proof.slowestMoneySeconds.toFixed(1)} s`,
    `${proof.seconds.toFixed(0)} s`,
  ].join('\n');
}

try {
  const options = readOptions(process.argv.slice(2));
  console.log(`seed ${options.seed}: ${options.times} resumes by ${options.clients} clients`);
  const proof = await proveResume({ ...options, onProgress: progressLine(options.times) });
  if (process.stderr.isTTY) process.stderr.write('\n');
  console.log(tableOf(proof));
  if (proof.faults.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`prove:resume: ${toldOf(error)}`);
  process.exitCode = 1;
}
