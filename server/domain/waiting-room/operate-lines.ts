import type { LineInput, OpenLineInput, OperatorLineView, PlaceView } from '../../../shared/waiting.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { readTruths } from '../inventory/read-truths.ts';
import { lineViewOf } from './line-channel.ts';
import type { LineState } from './redis-lines.ts';
import { enterLine, type LinesRoom, openLine, placeOf } from './waiting-room.ts';

/**
 * A place in the line of a cabin, the same however often it is asked for; asking says that one is still there. Null:
 * nobody needs to wait. Fails: BUSY (the line is full), UNAVAILABLE (Redis is away).
 */
export async function takePlace(
  room: LinesRoom,
  actor: string,
  input: LineInput & { token?: string },
): Promise<PlaceView | null> {
  const line = room.lines.find(input);
  if (!line) return null;
  const entered = await enterLine(room, line, { actor, presentMs: room.limits.presenceMs }, input.token);
  if (entered.kind === 'full') throw refuse('BUSY', { retryAfterMs: 5_000 });
  return placeOf(room, line, actor, entered) ?? null;
}

/** Opens the line of a cabin ahead of a sale; it stays until it is closed. Fails: NOT_FOUND, NOT_ALLOWED (too many). */
export async function openLineByHand(room: LinesRoom, input: OpenLineInput): Promise<OperatorLineView> {
  const { flightId, cabin, startsAt } = input;
  const [truth] = await readTruths(room.pool, [{ flightId, cabin }]);
  if (!truth) throw refuse('NOT_FOUND', { reason: 'no such flight, or no such cabin on it', flightId, cabin });
  const state = await openLine(room, { flightId, cabin }, 'operator', startsAt ? Date.parse(startsAt) : 0);
  if (!state) throw refuse('NOT_ALLOWED', { reason: `at most ${room.limits.lines} lines at a time` });
  return operatorViewOf(room, state);
}

/** Nobody waits any more; whoever did may buy. Answers whether there was a line. */
export async function closeLineByHand(room: LinesRoom, line: LineInput): Promise<{ closed: boolean }> {
  const known = room.lines.find(line);
  const closed = await room.redis.close(line);
  if (known) room.tell({ state: { ...known, version: known.version + 1_000 }, isOpen: false });
  return { closed };
}

export const listLines = (room: LinesRoom): { lines: OperatorLineView[] } => ({
  lines: Array.from(room.lines.all(), (state) => operatorViewOf(room, state)).toSorted((a, b) => b.waiting - a.waiting),
});

const operatorViewOf = ({ clock }: LinesRoom, state: LineState): OperatorLineView => ({
  ...lineViewOf(state, clock),
  by: state.by,
  openedAt: new Date(state.opened).toISOString(),
  waiting: state.waiting,
  shopping: state.shopping,
  admitted: state.admitted,
  held: state.held,
  inversionsPerThousand: state.held > 0 ? (1_000 * state.inversions) / state.held : 0,
});
