import { invalidInput } from '../../platform/runtime/failure.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import { wallToInstant } from '../places/zoned-time.ts';

const durationMaxMs = 30 * 3_600_000;

/**
 * The instants of a flight's wall times through the zones of its airports.
 * Fails: INVALID_INPUT for an unknown airport, a city, the same airport twice, or an arrival that
 * is not after the departure.
 */
export function flightInstants(
  places: PlaceDirectory,
  flight: { origin: string; destination: string; departsAt: string; arrivesAt: string },
): { departsAtUtc: Date; arrivesAtUtc: Date } {
  const zoneOf = (field: 'origin' | 'destination'): string => {
    const place = places.get(flight[field]);
    if (!place) throw invalidInput([field], `no place has the code ${flight[field]}`);
    if (place.kind !== 'airport') throw invalidInput([field], `${flight[field]} is a city; name one of its airports`);
    return place.zone;
  };
  const departs = wallToInstant(flight.departsAt, zoneOf('origin'));
  const arrives = wallToInstant(flight.arrivesAt, zoneOf('destination'));
  if (flight.origin === flight.destination) throw invalidInput(['destination'], 'the same as the origin');
  if (arrives <= departs)
    throw invalidInput(['arrivesAt'], 'not after the departure, through the zones of both airports');
  if (arrives - departs > durationMaxMs) throw invalidInput(['arrivesAt'], 'more than 30 hours after the departure');
  return { departsAtUtc: new Date(departs), arrivesAtUtc: new Date(arrives) };
}
