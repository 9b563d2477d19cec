import type { AdminEvent } from '../../../shared/operations.ts';
import { type Feed, type FeedEntry, feedStart } from '../../platform/feed/feed.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';

const shownAtFirst = 50;

const eventOf = (entry: FeedEntry): AdminEvent => ({
  id: entry.position,
  type: entry.type,
  at: entry.at,
  subject: subjectOf(entry),
  data: entry.data,
});

/** The noun of the event's name says what its subject is. */
function subjectOf({ type, subject }: FeedEntry): AdminEvent['subject'] {
  if (!subject) return {};
  return /^(?:flight|seats)\./.test(type) ? { flightId: subject } : { bookingId: subject };
}

/**
 * The log as an operator follows it: after `lastEventId` everything that came since, otherwise the
 * newest fifty and then whatever comes. Fails: INVALID_INPUT for an id that is no position.
 */
export async function* watchEvents(
  feed: Feed,
  lastEventId: string | null | undefined,
  signal: AbortSignal,
): AsyncGenerator<AdminEvent> {
  let position = lastEventId ?? feedStart;
  if (!lastEventId) {
    for (const entry of await feed.readNewest(shownAtFirst)) {
      position = entry.position;
      yield eventOf(entry);
    }
  }
  if (!/^\d{1,19}-\d{1,18}$/.test(position)) throw invalidInput(['lastEventId'], 'not a position of the log');
  for await (const entry of feed.follow(position, signal)) yield eventOf(entry);
}
