import type { Itinerary } from '../../../../shared/itinerary.ts';
import { useLiveSeats } from '../flight/seat-store.ts';

export interface LiveJourney {
  /** All of its flights are open. */
  selling: boolean;
  /** Seats on the fullest of its flights. */
  available: number;
  /** A fare is another one by now; what was found still holds within its guarantee. */
  repriced: boolean;
}

/** What has become of a journey since it was found; live as long as `visible`. */
export function useLiveJourney({ slices, seatsLeft }: Itinerary, seats: number, visible: boolean): LiveJourney {
  const legs = slices.flatMap((slice) => slice.legs);
  const flights = useLiveSeats(
    legs.map((leg) => leg.id),
    visible,
  );
  const cabins = legs.map((leg, at) => {
    const cabin = flights[at]?.cabins.get(leg.cabin);
    return cabin && cabin.version >= leg.cabinVersion ? cabin : undefined;
  });
  return {
    selling: flights.every((flight) => !flight || flight.state === 'open'),
    available: Math.min(...cabins.map((cabin) => cabin?.available ?? seatsLeft)),
    repriced: legs.some(({ price }, at) => {
      const now = cabins[at]?.price;
      if (!now) return false;
      // A frame has the price of one seat. On a ladder a party may pay more for each, but never less.
      return now.currency !== price.currency || (seats === 1 ? now.amount !== price.amount : now.amount > price.amount);
    }),
  };
}
