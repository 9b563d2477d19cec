import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Complaint, toldOf, wholeNumber } from './command-line.ts';
import { proveFailover } from './prove/run-failover.ts';

const usage = `npm run prove:failover -- [options]

Sells a flight out by two web processes on a Postgres with a standby. In the middle of the sale the
standby is kept from hearing, the primary is killed (kill -9) and the standby promoted. Every hold that
a buyer was told of must be there afterwards.

  --seats N    of the flight (3000)
  --buyers N   who buy at the same time (60)
  --async      commits do not wait for the standby: shows what is lost then
`;

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      seats: { type: 'string', default: '3000' },
      buyers: { type: 'string', default: '60' },
      async: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Complaint(`\n${usage}`);
  const count = (name: 'seats' | 'buyers', most: number) => wholeNumber(name, values[name], 10, most);
  return { seats: count('seats', 100_000), buyers: count('buyers', 1_000), isSynchronous: !values.async };
}

try {
  const options = readOptions(process.argv.slice(2));
  const dir = mkdtempSync(join(tmpdir(), 'airside-failover-'));
  const proof = await proveFailover({ ...options, dir });
  console.log(
    [
      `holds that were acknowledged: ${proof.before} before the primary was killed, ${proof.after} after`,
      `lost ${proof.lost.length}, drift ${proof.drift}, sold ${proof.sold} of ${proof.seats}`,
      `calls without an answer after all repeats ${proof.failed}`,
      `nobody was answered for ${proof.pauseMs} ms; ${proof.seconds} s in all`,
    ].join('\n'),
  );
  const isWhole = proof.lost.length === 0 && proof.drift === 0 && proof.sold === proof.seats && proof.failed === 0;
  if (isWhole) rmSync(dir, { recursive: true, force: true });
  else {
    console.error(`data and logs stay in ${dir}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`prove:failover: ${toldOf(error)}`);
  process.exitCode = 1;
}
