import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChaosOptions, readChaosOptions } from './chaos/chaos-options.ts';
import { inviteBuyers, newTotals, runRound, type Totals, Violation } from './chaos/run-chaos.ts';
import { openStage, type Stage } from './chaos/stage.ts';
import { tableOf } from './chaos/totals-table.ts';
import { Complaint, toldOf } from './command-line.ts';
import { runJobChaos } from './jobs/run-job-chaos.ts';
import { startMeter } from './load/meter.ts';
import { createRandom } from './stage/random.ts';

/** Few enough that a round is short, enough that faults fall into the repair of others. */
const killsPerRound = 12;
const holdTtlSeconds = 6;
const capacities = [40, 60, 80];

const stateFile = (dir: string): string => join(dir, 'chaos-state.json');

function readTotals({ dir, resume, seed }: ChaosOptions & { dir: string }): Totals {
  const file = stateFile(dir);
  if (!resume) {
    if (existsSync(file)) throw new Complaint(`${dir} has a run in it; take it up with --resume, or name another`);
    return newTotals(seed ?? Date.now() % 2 ** 31);
  }
  if (!existsSync(file)) throw new Complaint(`there is no run in ${dir}`);
  const totals = JSON.parse(readFileSync(file, 'utf8')) as Totals;
  if (seed !== undefined && seed !== totals.seed) throw new Complaint(`the run in ${dir} has the seed ${totals.seed}`);
  return totals;
}

function writeTotals(dir: string, totals: Totals): void {
  const draft = `${stateFile(dir)}.new`;
  writeFileSync(draft, JSON.stringify(totals, null, 1));
  renameSync(draft, stateFile(dir));
}

async function main(): Promise<void> {
  const options = readChaosOptions(process.argv.slice(2));
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'airside-chaos-'));
  await mkdir(dir, { recursive: true });
  const totals = readTotals({ ...options, dir });
  const { seed } = totals;
  console.error(`seed ${seed}, data and logs in ${dir}`);

  const startedAt = performance.now();
  const secondsBefore = totals.seconds;
  const settings = { seed, buyers: options.buyers, capacities };
  let lost: unknown;
  const stage: Stage = await openStage({
    dir,
    holdTtlSeconds,
    redis: options.redis,
    onLost: (error) => {
      lost ??= error;
    },
  });
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    console.error('stopping after this round');
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  // Rounds that failed are not counted; what is shown goes on from what is kept.
  const killsBefore = totals.kills;
  const meter = startMeter('kills', options.kills - killsBefore);
  try {
    const buyers = await inviteBuyers(stage, settings, createRandom(`${seed}/guests`));
    while (totals.kills < options.kills && !interrupted && performance.now() - startedAt < options.minutes * 60_000) {
      const attempt = structuredClone(totals);
      const number = totals.rounds + 1;
      try {
        await runRound(stage, buyers, settings, {
          number,
          kills: Math.min(killsPerRound, options.kills - totals.kills),
          totals: attempt,
          onKill: () => meter.at(attempt.kills - killsBefore),
        });
        if (lost) throw lost;
      } catch (error) {
        meter.end();
        console.log(tableOf(totals));
        throw new RoundFailed(number, seed, dir, error);
      }
      attempt.seconds = secondsBefore + Math.round((performance.now() - startedAt) / 1_000);
      Object.assign(totals, attempt);
      writeTotals(dir, totals);
    }
    meter.end();
    for (const { clients } of buyers) for (const client of clients) client.close();
  } finally {
    await stage.close();
  }
  console.log(`${tableOf(totals)}\noversold 0, lost 0, stuck 0, drift 0, and the money adds up`);
  if (totals.kills < options.kills) {
    console.error(`not finished: npm run chaos -- --kills ${options.kills} --dir ${dir} --resume`);
    process.exitCode = 130;
  } else if (!options.dir) rmSync(dir, { recursive: true, force: true });
}

class RoundFailed extends Error {
  constructor(round: number, seed: number, dir: string, error: unknown) {
    const what = error instanceof Violation ? error.message : error instanceof Error ? error.stack : String(error);
    super(`VIOLATION in round ${round} of seed ${seed}; data and logs stay in ${dir}\n${what}`);
  }
}

try {
  const [what, ...rest] = process.argv.slice(2);
  if (what === 'jobs') await runJobChaos(rest);
  else await main();
} catch (error) {
  console.error(`chaos: ${error instanceof RoundFailed ? error.message : toldOf(error)}`);
  process.exitCode = 1;
}
