import type { Pool } from 'pg';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { KnownCabin, KnownSeats } from './known-seats.ts';
import { readTruths } from './read-truths.ts';
import type { GateTruth, RedisGate } from './redis-gate.ts';
import { availableOf, type SeatTruth } from './seat-truth.ts';

interface Room {
  known: KnownSeats;
  redis: RedisGate;
  pool: Pool;
  clock: Clock;
}

const everyMs = 250;
const cabinsPerPage = 500;
/** With more cabins in use than four times this, each has its turn later than after a second. */
const cabinsPerRound = 1_000;

const gateTruthOf = (truth: SeatTruth): GateTruth => ({ ...truth, available: availableOf(truth) });

/**
 * Tells Redis the newest truth of the cabins in use again and again, so that whatever is wrong there
 * (lost, old after a failover, counted in and never come, a lie) is right within a second: each cabin
 * that was wanted in the last minute about once a second, one in which buyers are being refused four
 * times a second.
 */
export const startTruthPusher = (room: Room & { report: ErrorReporter }): Chore =>
  startChore({
    name: 'push truths',
    everyMs,
    clock: room.clock,
    report: room.report,
    run: async () => {
      await pushTruths(room);
      return false;
    },
  });

/** One round. Rejects while Postgres is away. */
export async function pushTruths(room: Room): Promise<void> {
  if (room.redis.isAway()) return;
  const due = room.known.due(cabinsPerRound);
  for (let from = 0; from < due.length; from += cabinsPerPage)
    await pushPage(room, due.slice(from, from + cabinsPerPage));
}

async function pushPage(room: Room, cabins: KnownCabin[]): Promise<void> {
  const truths = await readAgain(room, cabins);
  const overtaken = (await room.redis.settle(truths.map(gateTruthOf))).filter((each) => each.isSameEpoch);
  if (overtaken.length === 0) return;
  // Mostly somebody has bought meanwhile, and the row says so by now. A version that the row still does
  // not have was never committed: Redis tells only after the commit.
  const claims = new Map(overtaken.map((each) => [each.cabinId, each.version]));
  const again = await readAgain(
    room,
    cabins.filter((each) => claims.has(each.cabinId)),
  );
  await room.redis.settle(again.map((truth) => ({ ...gateTruthOf(truth), disproved: claims.get(truth.cabinId) ?? 0 })));
}

/** Reads the rows, and learns them. A cabin that is gone is forgotten. */
async function readAgain({ known, pool, clock }: Room, cabins: KnownCabin[]): Promise<SeatTruth[]> {
  const truths = await readTruths(pool, cabins);
  const found = new Set(truths.map((truth) => truth.cabinId));
  for (const cabin of cabins) {
    if (!found.has(cabin.cabinId)) known.forget(cabin.flightId, cabin.cabin);
    else cabin.settledAt = clock.now();
  }
  for (const truth of truths) known.learn({ ...truth, available: availableOf(truth) }, 'reading');
  return truths;
}
