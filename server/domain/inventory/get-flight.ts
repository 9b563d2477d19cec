import type { Pool } from 'pg';
import type { FlightView } from '../../../shared/flight.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { flightViewOf, readFlights } from './flight-rows.ts';

/** One flight with its cabins. Fails: NOT_FOUND. */
export async function getFlight(room: { pool: Pool; clock: Clock }, flightId: string): Promise<FlightView> {
  const found = (await readFlights(room.pool, [flightId])).get(flightId);
  if (!found) throw refuse('NOT_FOUND', { reason: 'no such flight', flightId });
  return flightViewOf(found.row, found.cabins, room.clock.now());
}
