import type { Lease } from '../redis/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import { pausePoint } from '../runtime/pause-points.ts';
import { type Chore, startChore } from '../runtime/periodic.ts';
import type { ErrorReporter } from '../telemetry/error-reporter.ts';
import type { LogRecord } from './log-record.ts';
import { type LogStream, streamLength } from './log-stream.ts';

const everyMs = 1_000;
const leaseMs = 10_000;
const pageSize = 500;
const chunkSize = 100;
const heldBackMs = { least: 10, most: 640 };

/** How the round ended: with nothing left, with more to come at once, or with entries behind a running transaction. */
export type RelayOutcome = 'done' | 'more' | 'heldBack';

/**
 * One round of bringing the record's log into the stream. It remembers nothing: where to go on is what the stream says
 * it took last. So a crash in the middle, a second relay beside it, or a stream that is gone, empty or older than it
 * was need no word from anybody; the round after simply goes on from there.
 */
export async function relayLog({ record, stream }: { record: LogRecord; stream: LogStream }): Promise<RelayOutcome> {
  const last = await stream.lastPosition();
  let previous = last ?? (await record.newestPosition(streamLength));
  const page = await record.readAfter(previous, pageSize);
  if (!page.isKept) {
    // It ends where the record does not reach, or has pruned what follows: it goes, and the newest window comes.
    await stream.drop();
    return 'more';
  }
  for (let from = 0; from < page.rows.length; from += chunkSize) {
    await pausePoint('feed.relay.append');
    const chunk = page.rows.slice(from, from + chunkSize);
    await stream.append(chunk, previous);
    previous = chunk.at(-1)?.position as string;
  }
  if (page.rows.length === pageSize) return 'more';
  return page.heldBack ? 'heldBack' : 'done';
}

/** How long the oldest entry that is not in the stream has waited (s); NaN while Redis is away. */
export async function relayLagSeconds({ record, stream }: { record: LogRecord; stream: LogStream }): Promise<number> {
  if (!stream.isReachable) return Number.NaN;
  return record.waitsAfter((await stream.lastPosition()) ?? (await record.newestPosition(streamLength)));
}

/** Relays after each nudge and each second, on one process at a time; two at once do no harm. */
export function startRelay(options: {
  record: LogRecord;
  stream: LogStream;
  lease: Lease;
  clock: Clock;
  report: ErrorReporter;
}): Chore {
  const { record, stream, lease, clock, report } = options;
  let waitMs = heldBackMs.least;
  return startChore({
    name: 'relay log',
    everyMs,
    clock,
    report,
    run: async (signal) => {
      if (!stream.isReachable) return false;
      try {
        const outcome = await lease('relay-log', leaseMs, () => relayLog({ record, stream }));
        if (outcome !== 'heldBack') {
          waitMs = heldBackMs.least;
          return outcome === 'more';
        }
        // Nobody tells when that transaction ends; most end soon.
        await clock.sleep(waitMs, signal);
        waitMs = Math.min(2 * waitMs, heldBackMs.most);
        return true;
      } catch (error) {
        // Redis going away in the middle is told once by its connection; the record lacks nothing.
        if (stream.isReachable) throw error;
        return false;
      }
    },
  });
}
