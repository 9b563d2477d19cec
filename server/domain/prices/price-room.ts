import type { Pool } from 'pg';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { createPriceNews, type PriceNews } from './price-news.ts';
import { type BandBook, createBandBook } from './read-bands.ts';
import { createRecorder, type Recorder } from './record-observations.ts';

export interface PriceRoom {
  pool: Pool;
  clock: Clock;
  bands: BandBook;
  recorder: Recorder;
  news: PriceNews;
}

const flushEveryMs = 1_000;
const pruneEveryMs = 3_600_000;
/** A year is compared; a month more keeps last year's season. */
const keptDays = 395;
const prunedAtOnce = 5_000;

export function openPriceRoom({ pool, clock }: { pool: Pool; clock: Clock }): PriceRoom {
  return {
    pool,
    clock,
    bands: createBandBook({ pool, clock }),
    recorder: createRecorder(pool),
    news: createPriceNews(),
  };
}

/**
 * Writes what has gathered each second, in every process: what a process has seen only it can write.
 *
 * @param onWritten told of the routes that have new prices.
 */
export function startRecording(
  room: PriceRoom,
  options: { report: ErrorReporter; onWritten: (routes: { origin: string; destination: string }[]) => void },
): Chore {
  const { report } = options;
  const chore = startChore({
    name: 'record prices',
    everyMs: flushEveryMs,
    clock: room.clock,
    report,
    run: async () => {
      const { written } = await room.recorder.flush();
      if (written.length > 0) options.onWritten(written.map(({ origin, destination }) => ({ origin, destination })));
      // What is left waits its second: the rate is the bound.
      return false;
    },
  });
  return {
    nudge: chore.nudge,
    stop: async () => {
      await chore.stop();
      // What was seen last; more than one round would hold up the end.
      await room.recorder.flush().catch((error: unknown) => report(error));
    },
  };
}

/** Old observations go, some thousands at a time. */
export function startPricePruning(room: PriceRoom, { report }: { report: ErrorReporter }): Chore {
  return startChore({
    name: 'prune prices',
    everyMs: pruneEveryMs,
    clock: room.clock,
    report,
    run: async () => {
      const oldest = new Date(room.clock.now() - keptDays * 86_400_000).toISOString();
      const { rowCount } = await room.pool.query(
        `delete from price_observation where ctid in (select ctid from price_observation where latest_at < $1 limit $2)`,
        [oldest, prunedAtOnce],
      );
      return rowCount === prunedAtOnce;
    },
  });
}
