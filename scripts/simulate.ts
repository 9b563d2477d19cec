import { toldOf } from './command-line.ts';
import { batchesASeed } from './simulate/batches.ts';
import { explore } from './simulate/explore.ts';
import { runHistory } from './simulate/history.ts';
import { openDatabases } from './simulate/open-databases.ts';
import { openPostgresTwin } from './simulate/postgres-twin.ts';
import { dealSeeds, runJobs } from './simulate/run-jobs.ts';
import { scopes, widened } from './simulate/scopes.ts';
import { readSimulateOptions, type SimulateOptions } from './simulate/simulate-options.ts';

const tellEveryMs = 3_000;
const shownMax = 10;

const seconds = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1);
const grouped = (count: number): string => count.toLocaleString('en');

/** Histories, batches or payments in threads, with a line of progress. Answers whether all was well. */
async function runMany({ does, seed, count, store, workers }: SimulateOptions): Promise<boolean> {
  const tells = does as 'histories' | 'batches' | 'payments';
  const seeds = does === 'batches' ? Math.ceil(count / batchesASeed) : count;
  const threads = Math.min(workers, seeds);
  const databases = store === 'postgres' ? await openDatabases(threads) : undefined;
  try {
    const began = performance.now();
    let toldAt = began;
    let done = 0;
    const tallies = await runJobs(dealSeeds({ name: tells, tells }, seed, seeds, threads), {
      databaseUrls: databases?.urls,
      onReport: ({ histories, violations }) => {
        done += histories;
        for (const { seed, message } of violations) console.error(`seed ${seed}: ${message}`);
        if (performance.now() - toldAt < tellEveryMs) return;
        toldAt = performance.now();
        const aSecond = done / ((toldAt - began) / 1_000);
        const left = Math.ceil((seeds - done) / aSecond);
        console.error(`${grouped(done)} of ${grouped(seeds)}, ${Math.round(aSecond)} a second, ${left} s to go`);
      },
    });
    const tally = tallies.get(tells) ?? { histories: 0, steps: 0, violations: [], digests: [] };
    const what =
      does === 'batches'
        ? `${grouped(tally.histories * batchesASeed)} batches`
        : `${grouped(tally.histories)} ${does === 'payments' ? 'payment histories' : 'histories'}`;
    console.log(
      `${what} on ${store === 'postgres' ? 'Postgres and the model' : 'the model'}, ${grouped(tally.steps)} steps, in ${seconds(began)} s`,
    );
    console.log(`violations ${tally.violations.length}`);
    const own = does === 'histories' ? tally.violations.toSorted((a, b) => a.seed - b.seed) : [];
    for (const { seed } of own.slice(0, shownMax)) {
      console.log(
        `again, step by step: npm run simulate -- --seed ${seed} --histories 1 --trace${store === 'postgres' ? ' --store postgres' : ''}`,
      );
    }
    return tally.violations.length === 0 && tally.histories === seeds;
  } finally {
    await databases?.close();
  }
}

/** One history, step by step. */
async function tellOne({ seed, store }: SimulateOptions): Promise<boolean> {
  const databases = store === 'postgres' ? await openDatabases(1) : undefined;
  const twin = databases && (await openPostgresTwin(databases.urls[0] as string));
  try {
    const { violation } = await runHistory({ seed, twin, trace: (line) => console.log(line) });
    return !violation;
  } finally {
    await twin?.close();
    await databases?.close();
  }
}

function exploreAll({ count }: SimulateOptions): boolean {
  let isGood = true;
  for (const scope of [...scopes, ...scopes.map(widened)]) {
    const began = performance.now();
    const { states, transitions, complete, violation } = explore(scope, { statesMax: count });
    const extent = complete ? 'complete' : 'not complete';
    console.log(
      `${scope.name}: ${grouped(states)} states, ${grouped(transitions)} transitions, ${extent}, ${seconds(began)} s`,
    );
    if (!violation) continue;
    isGood = false;
    console.log(`  ${violation.message}\n  ${violation.path.join(' → ')}`);
  }
  return isGood;
}

try {
  const options = readSimulateOptions(process.argv.slice(2));
  const isGood =
    options.does === 'exhaustive'
      ? exploreAll(options)
      : options.does === 'trace'
        ? await tellOne(options)
        : await runMany(options);
  if (!isGood) process.exitCode = 1;
} catch (error) {
  console.error(`simulate: ${toldOf(error)}`);
  process.exitCode = 1;
}
