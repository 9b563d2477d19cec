import type { AdminEvent } from '../../../shared/operations.ts';
import { type Feed, type FeedEntry, PositionLost } from '../../platform/feed/feed.ts';
import { isPosition, type Position } from '../../platform/feed/position.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';

const shownAtFirst = 50;

const eventOf = (epoch: number, entry: FeedEntry): AdminEvent => ({
  id: `${epoch}:${entry.position}`,
  type: entry.type,
  at: entry.at,
  subject: subjectOf(entry),
  data: entry.data,
});

/** The noun of the event's name says what its subject is. */
function subjectOf({ type, subject }: FeedEntry): AdminEvent['subject'] {
  if (!subject || type.startsWith('alert.')) return {};
  if (/^(?:flight|seats)\./.test(type)) return { flightId: subject };
  return type.startsWith('job.') ? { jobId: subject } : { bookingId: subject };
}

/** The position that an event id names; undefined for one of another epoch. Fails: INVALID_INPUT for what is none. */
function positionOf(id: string, epoch: number): Position | undefined {
  const [, itsEpoch, position] = /^(?:(\d{1,9}):)?(.+)$/.exec(id) ?? [];
  if (!position || !isPosition(position)) throw invalidInput(['lastEventId'], 'not a position of the log');
  return itsEpoch === undefined || Number(itsEpoch) === epoch ? position : undefined;
}

/**
 * The log as an operator follows it: after `lastEventId` everything that came since, otherwise the newest fifty and
 * then whatever comes. Where the log cannot go on after that id, it begins again with the newest fifty and marks them.
 *
 * Fails: INVALID_INPUT for an id that is no position.
 */
export async function* watchEvents(
  feed: Feed,
  lastEventId: string | null | undefined,
  signal: AbortSignal,
): AsyncGenerator<AdminEvent> {
  let position = lastEventId ? positionOf(lastEventId, feed.epoch) : undefined;
  let isLost = Boolean(lastEventId) && position === undefined;
  while (!signal.aborted) {
    if (position === undefined) {
      const newest = await feed.readNewest(shownAtFirst);
      for (const entry of newest.entries) {
        const event = eventOf(feed.epoch, entry);
        yield isLost ? { ...event, snapshot: true } : event;
      }
      position = newest.position;
    }
    try {
      for await (const entry of feed.follow(position, signal)) yield eventOf(feed.epoch, entry);
    } catch (error) {
      if (!(error instanceof PositionLost)) throw error;
      position = undefined;
      isLost = true;
    }
  }
}
