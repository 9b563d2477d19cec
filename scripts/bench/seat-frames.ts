import type { CabinPart } from '../../server/domain/inventory/seat-truth.ts';
import type { Update } from '../../server/platform/live/topic.ts';
import type { CabinView, SeatsView } from '../../shared/flight.ts';

/** What a message of the seats' channel tells of, as watchers are shown it. */
export function seatsOf(message: string): { eventId: string; seats: SeatsView }[] {
  const updates = (JSON.parse(message.slice(message.indexOf(' ') + 1)) as Update[][]).flat();
  return updates.map(({ topic, parts }) => {
    const { version, body } = parts.economy as { version: number; body: CabinPart };
    const cabins: CabinView[] = [body.view];
    return {
      eventId: `1:${version}`,
      seats: { flightId: topic, state: 'open', cabins, at: new Date().toISOString() },
    };
  });
}

/** The same as texts of tRPC's wire, for everybody under the same request id. */
export function framesOf(message: string): string[] {
  return seatsOf(message).map(({ eventId, seats }) =>
    JSON.stringify({
      id: 1,
      result: { type: 'data', data: { json: { id: eventId, data: seats } }, id: eventId },
    }),
  );
}
