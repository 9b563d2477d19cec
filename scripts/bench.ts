import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Closing } from '../server/platform/runtime/closing.ts';
import { createLogger } from '../server/platform/telemetry/logger.ts';
import { Complaint, readBenchOptions } from './bench/bench-options.ts';
import { printReport } from './bench/print-report.ts';
import { runBookingBench } from './bench/run-booking-bench.ts';

const closing = new Closing();
const close = () => closing.close(createLogger('warn'), 120_000);
const say = (line: string) => void process.stderr.write(`bench: ${line}\n`);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void close().then(() => process.exit(1)));
}

try {
  const options = readBenchOptions(process.argv.slice(2));
  const report = await runBookingBench(options, closing, say);
  console.log(printReport(report));
  // Paths are meant from where the user stands; npm changes to the project's root.
  if (options.json) {
    writeFileSync(resolve(process.env.INIT_CWD ?? '.', options.json), `${JSON.stringify(report, null, 2)}\n`);
  }
  if (report.audits.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
} catch (error) {
  const plain = error instanceof Complaint || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  say(plain ? (error as Error).message : ((error as Error).stack ?? String(error)));
  process.exitCode = 1;
} finally {
  await close();
}
