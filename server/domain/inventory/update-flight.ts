import { OptimisticLockError } from '@mikro-orm/core';
import type { OperatorFlightView, UpdateFlightInput } from '../../../shared/flight.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inUnitOfWork } from '../../platform/postgres/unit-of-work.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { editCabins } from './edit-cabins.ts';
import { Flight } from './flight.entity.ts';
import { type FlightRow, operatorFlightViewOf, readFlights } from './flight-rows.ts';
import { flightInstants } from './flight-times.ts';
import type { InventoryRoom } from './inventory-room.ts';
import type { SeatTruth } from './seat-truth.ts';

const repeatFlightSql = `
  update cabin set state = $2, departs_at_utc = to_timestamp($3::float8 / 1000), version = version + 1
  where flight_id = $1 and (state, departs_at_utc) is distinct from ($2, to_timestamp($3::float8 / 1000))`;

/**
 * An operator's edit of times, state, capacities and prices. `expectedVersion` must be the flight's
 * newest: two operators who looked at the same flight cannot overwrite each other unseen.
 *
 * Fails: NOT_FOUND, VERSION_CONFLICT, INVALID_INPUT, NOT_ALLOWED (a cancelled flight stays cancelled).
 */
export async function updateFlight(room: InventoryRoom, input: UpdateFlightInput): Promise<OperatorFlightView> {
  const { flightId, expectedVersion } = input;
  try {
    await inUnitOfWork(room.orm, async (em, tx) => {
      const flight = await em.findOne(Flight, flightId);
      if (!flight) throw refuse('NOT_FOUND', { reason: 'no such flight', flightId });
      if (flight.version !== expectedVersion) throw conflict(expectedVersion, flight.version);
      if (flight.state === 'cancelled') throw refuse('NOT_ALLOWED', { reason: 'the flight is cancelled', flightId });
      flight.departsAt = input.departsAt ?? flight.departsAt;
      flight.arrivesAt = input.arrivesAt ?? flight.arrivesAt;
      flight.state = input.state ?? flight.state;
      Object.assign(flight, flightInstants(room.places, flight));
      // Always dirty, so that an edit of cabins alone raises the flight's version, too.
      flight.updatedAt = new Date(room.clock.now());
      await em.flush();
      await editCabins(tx, flightId, input.cabins ?? []);
      await tx.query(repeatFlightSql, [flightId, flight.state, flight.departsAtUtc.getTime()]);
      const { flightId: _, expectedVersion: __, ...data } = input;
      const type = input.state === 'cancelled' ? 'flight.cancelled' : 'flight.updated';
      await writeLog(tx, [{ type, subject: flightId, version: flight.version, data }]);
    });
  } catch (error) {
    if (!(error instanceof OptimisticLockError)) throw error;
    const now = (await readFlights(room.pool, [flightId])).get(flightId);
    if (!now) throw refuse('NOT_FOUND', { reason: 'no such flight', flightId });
    throw conflict(expectedVersion, now.row.version);
  }
  const { row, cabins } = (await readFlights(room.pool, [flightId])).get(flightId) as {
    row: FlightRow;
    cabins: SeatTruth[];
  };
  room.metrics.flightDbUpdatesTotal.inc();
  room.seats.publishFlight(row, cabins);
  room.announceLog();
  if (row.state === 'cancelled') room.nudgeReleases();
  return operatorFlightViewOf(row, cabins, room.clock.now());
}

const conflict = (expected: number, actual: number) => refuse('VERSION_CONFLICT', { expected, actual });
