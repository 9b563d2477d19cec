import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { runBatches } from './batches.ts';
import { runHistory } from './history.ts';
import { runPaymentHistory } from './payment-history.ts';
import { openPostgresTwin } from './postgres-twin.ts';
import type { Job, WorkerReport } from './run-jobs.ts';

/** Works off its jobs, one history after the other, and reports a few times a second. */
const { jobs, databaseUrl } = workerData as { jobs: Job[]; databaseUrl?: string };
const reportEveryMs = 250;
/** Histories have another one. */
const turn = setImmediate;
const tellers = { histories: runHistory, payments: runPaymentHistory, batches: runBatches };

const twin = databaseUrl ? await openPostgresTwin(databaseUrl) : undefined;
let cabinIdFrom = twin?.cabinIdFrom ?? 1;
for (const { name, tells, seeds, bug, stopsAtFirst, isDigested } of jobs) {
  let report: WorkerReport = { job: name, histories: 0, steps: 0, violations: [], digests: [] };
  let reportedAt = performance.now();
  const send = () => {
    parentPort?.postMessage(report);
    report = { job: name, histories: 0, steps: 0, violations: [], digests: [] };
    reportedAt = performance.now();
  };
  for (let count = 0; count < seeds.count; count++) {
    const seed = seeds.from + count * seeds.every;
    const digest = isDigested ? createHash('sha256') : undefined;
    const trace = digest && ((line: string) => digest.update(`${line}\n`));
    const { steps, violation } = await tellers[tells]({ seed, bug, twin, cabinIdFrom, trace });
    if (digest) report.digests.push(digest.digest('hex'));
    // Histories share a database, and never a cabin.
    if (twin) cabinIdFrom += 4;
    report.histories += 1;
    report.steps += steps;
    if (violation) {
      report.violations.push({ seed, ...violation });
      if (stopsAtFirst) break;
    }
    if (performance.now() - reportedAt < reportEveryMs) continue;
    send();
    // Whoever wants to end us must get a word in.
    await new Promise((resolve) => turn(resolve));
  }
  send();
}
await twin?.close();
