import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { readTruths } from '../inventory/read-truths.ts';
import { availableOf } from '../inventory/seat-truth.ts';
import type { FreeSeats, LineState } from './redis-lines.ts';
import { type LinesRoom, lookAt, putBack } from './waiting-room.ts';

const everyMs = 100;
/** A process that missed the news of a line finds it in this time. */
const lookEveryMs = 1_000;

interface AdvancingRoom extends LinesRoom {
  /** Ends holds that are past their deadline, so that their seats are seen to be free. */
  expireHolds(): Promise<unknown>;
}

/**
 * Lets in whose turn it is, in every line, at the rate that this process serves. Each process does it for its own
 * share; what Redis is told of it is counted there once.
 */
export function startAdvancing(room: AdvancingRoom & { report: ErrorReporter }): Chore {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let advancedAt = room.clock.now();
  return startChore({
    name: 'waiting room',
    everyMs,
    clock: room.clock,
    report: room.report,
    run: async () => {
      const now = room.clock.now();
      const passedMs = Math.min(1_000, Math.max(0, now - advancedAt));
      advancedAt = now;
      if (now - lookedAt >= lookEveryMs) {
        lookedAt = now;
        await findLines(room);
      }
      await advanceLines(room, passedMs);
      return false;
    },
  });
}

/** Redis away: nothing is found, and nothing is lost. */
async function findLines(room: LinesRoom): Promise<void> {
  const listed = await room.redis.list().catch(() => []);
  for (const line of listed) if (!room.lines.find(line)) await lookAt(room, line).catch(() => undefined);
}

/** One round: `passedMs` is for how long this process has not offered its service. */
async function advanceLines(room: AdvancingRoom, passedMs: number): Promise<void> {
  const lines = [...room.lines.all()];
  // Nobody is let in to buy, so nobody would find a hold that has run out, and all would be told SOLD_OUT until a sweep.
  if (lines.some(({ soldOut, waiting }) => soldOut && waiting > 0)) await room.expireHolds().catch(() => undefined);
  const tokens = (room.servedPerSecond() * passedMs) / 1_000 / lines.length;
  // Waiting for each other would make the last line wait for all.
  await Promise.all(lines.map((line) => advance(room, line, tokens).catch(() => undefined)));
}

async function advance(room: LinesRoom, line: LineState, tokens: number): Promise<void> {
  const seats = await freeSeats(room, line);
  const given = { now: room.clock.now(), tokens, seats };
  let moved = await room.redis.advance(line, given);
  if (!moved && (await putBack(room, line))) moved = await room.redis.advance(line, given);
  if (!moved) return;
  const { state, isClosed } = moved;
  if (isClosed) room.tell({ state: { ...state, version: state.version + 1 }, isOpen: false });
  // Counts that nobody is told of change without a new version.
  else if (state.version > (room.lines.find(line)?.version ?? 0)) room.tell({ state, isOpen: true });
  else room.lines.take({ state, isOpen: true });
}

/** As this process knows them, or as the record has them. What is not for sale has none. */
async function freeSeats({ known, pool }: LinesRoom, line: LineState): Promise<FreeSeats> {
  const seats = known.find(line.flightId, line.cabin);
  if (seats && known.isYoung(seats)) return seatsFor(seats);
  const [truth] = await readTruths(pool, [line]);
  if (!truth) return { version: -1, free: 0 };
  const told = { ...truth, available: availableOf(truth) };
  return seatsFor(known.learn(told, 'reading') ?? told);
}

const seatsFor = (seats: { version: number; available: number; state: string }): FreeSeats =>
  seats.state === 'open' ? { version: seats.version, free: seats.available } : { version: -1, free: 0 };
