import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count } from './chaos/journal.ts';
import { Complaint, toldOf } from './command-line.ts';
import { startMeter } from './load/meter.ts';
import { openShop } from './sellout/open-shop.ts';
import { newHistogram, runSellout, type SelloutRun } from './sellout/run-sellout.ts';
import { readSelloutOptions } from './sellout/sellout-options.ts';

const listOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([code, times]) => `${code} ${times}`)
    .join(', ') || 'none';

const lineOf = (place: number, run: SelloutRun): string =>
  `run ${place}: sold ${run.sold} of ${run.seats} to ${run.buyers} buyers in ${run.seconds.toFixed(1)} s, ` +
  `${run.abandoned} ran out, ${run.returned} given back, ${run.refusals} refusals, ${run.judged.false} of them false`;

async function main(): Promise<void> {
  const options = readSelloutOptions(process.argv.slice(2));
  const { times, seats, demand, sockets, webs, redis, seed } = options;
  const shop = await openShop(mkdtempSync(join(tmpdir(), 'airside-sellout-')), sockets, {
    env: { WEB_CONCURRENCY: String(webs) },
    redis,
  });
  const stage = { ...shop, holds: newHistogram() };
  const sum = { sold: 0, refusals: 0, false: 0, contradicted: 0, abandoned: 0, returned: 0 };
  const repeated: Record<string, number> = {};
  const seconds: number[] = [];
  const startedAt = performance.now();
  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true;
  });
  const meter = startMeter('sell-outs', times);
  try {
    for (let place = 1; place <= times && !stopped; place++) {
      const run = await runSellout(stage, { seats, demand, seed: `${seed}/${place}` });
      console.log(lineOf(place, run));
      if (run.violations.length > 0) {
        throw new Complaint(`VIOLATION in run ${place} of seed ${seed}:\n${run.violations.join('\n')}`);
      }
      sum.sold += run.sold;
      sum.refusals += run.refusals;
      sum.false += run.judged.false;
      sum.contradicted += run.judged.contradicted;
      sum.abandoned += run.abandoned;
      sum.returned += run.returned;
      for (const [code, n] of Object.entries(run.repeated)) count(repeated, code, n);
      seconds.push(run.seconds);
      meter.at(place);
    }
  } finally {
    meter.end();
    await shop.close();
  }
  const at = (share: number) => seconds.toSorted((a, b) => a - b)[Math.ceil(seconds.length * share) - 1]?.toFixed(1);
  const ms = (percentile: number) => `${(stage.holds.percentile(percentile) / 1_000).toFixed(0)} ms`;
  const share = (n: number) => `${n} (${sum.refusals ? ((100 * n) / sum.refusals).toFixed(4) : 0} %)`;
  console.log(
    [
      `seed ${seed}: ${seconds.length} sell-outs of ${seats} seats to ${seats * demand} buyers, ${Math.round((performance.now() - startedAt) / 1_000)} s`,
      `sold ${sum.sold}, each to the last seat; held 0, drift 0`,
      `holds that ran out ${sum.abandoned}, given back ${sum.returned}: their seats were sold again`,
      `refusals ${sum.refusals}; false ${share(sum.false)}; naming a version with a free seat ${share(sum.contradicted)}`,
      `repeats ${listOf(repeated)}`,
      `answer p50 ${ms(50)}, p99 ${ms(99)}; run p50 ${at(0.5)} s, slowest ${at(1)} s`,
    ].join('\n'),
  );
  if (seconds.length < times) process.exitCode = 130;
}

try {
  await main();
} catch (error) {
  console.error(`sellout: ${toldOf(error)}`);
  process.exitCode = 1;
}
