import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Closing } from '../server/platform/runtime/closing.ts';
import { createLogger } from '../server/platform/telemetry/logger.ts';
import type { Bench } from './bench/bench.ts';
import { bookingBench } from './bench/booking-bench.ts';
import { jobsBench } from './bench/jobs-bench.ts';
import { liveBench } from './bench/live-bench.ts';
import { searchBench } from './bench/search-bench.ts';
import { wireBench } from './bench/wire-bench.ts';
import { Complaint, toldOf } from './command-line.ts';

/** By the word behind `npm run bench --`. */
const benches: Record<string, Bench> = {
  booking: bookingBench,
  search: searchBench,
  jobs: jobsBench,
  wire: wireBench,
  live: liveBench,
};

const closing = new Closing();
const close = () => closing.close(createLogger('warn'), 120_000);
const say = (line: string) => void process.stderr.write(`bench: ${line}\n`);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void close().then(() => process.exit(1)));
}

function benchOf(name: string | undefined): Bench {
  const bench = name !== undefined && Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench) return bench;
  const list = Object.entries(benches).map(([each, { about }]) => `  ${each.padEnd(10)}${about}`);
  throw new Complaint(`npm run bench -- NAME [options], where NAME is one of\n${list.join('\n')}`);
}

try {
  const [name, ...args] = process.argv.slice(2);
  const { text, report, json, ok } = await benchOf(name).run(args, closing, say);
  console.log(text);
  // Paths are meant from where the user stands; npm changes to the project's root.
  if (json) writeFileSync(resolve(process.env.INIT_CWD ?? '.', json), `${JSON.stringify(report, null, 2)}\n`);
  if (!ok) process.exitCode = 1;
} catch (error) {
  say(toldOf(error));
  process.exitCode = 1;
} finally {
  await close();
}
