import { createHash } from 'node:crypto';
import type { CreateFlightInput, OperatorFlightView } from '../../../shared/flight.ts';
import { newId } from '../../../shared/ids.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { storeFares } from '../offers/store-fares.ts';
import { type FlightRow, operatorFlightViewOf, readFlights } from './flight-rows.ts';
import { flightInstants } from './flight-times.ts';
import type { InventoryRoom } from './inventory-room.ts';
import type { SeatTruth } from './seat-truth.ts';
import { type NewCabin, writeFlights } from './write-flights.ts';

/**
 * Puts a flight up for sale. Repeating the call with the same id and body answers the same flight.
 * An unknown carrier is created. Fails: INVALID_INPUT, REQUEST_ID_REUSED.
 */
export async function createFlight(room: InventoryRoom, input: CreateFlightInput): Promise<OperatorFlightView> {
  const { id: givenId, ...body } = input;
  const id = givenId ?? newId();
  const createdBy = createHash('sha256').update(JSON.stringify(body)).digest();
  const { departsAtUtc, arrivesAtUtc } = flightInstants(room.places, body);
  const made = await inTransaction(room.pool, async (tx) => {
    const { rows } = await tx.query<{ createdBy: Buffer | null }>(
      'select created_by as "createdBy" from flight where id = $1',
      [id],
    );
    if (rows[0] && !rows[0].createdBy?.equals(createdBy)) throw refuse('REQUEST_ID_REUSED', {});
    if (rows[0]) return false;
    const cabins: NewCabin[] = [];
    for (const { fares, ...cabin } of body.cabins) cabins.push({ ...cabin, ...(await storeFares(tx, fares)) });
    const written = await writeFlights(tx, [
      { ...body, cabins, id, departsAtUtc: departsAtUtc.getTime(), arrivesAtUtc: arrivesAtUtc.getTime(), createdBy },
    ]);
    // Two calls with one id at once: the other one made it.
    if (written === 0) return false;
    await writeLog(tx, [{ type: 'flight.created', subject: id, version: 1, data: { ...body } }]);
    return true;
  });
  const { row, cabins } = (await readFlights(room.pool, [id])).get(id) as { row: FlightRow; cabins: SeatTruth[] };
  if (made) {
    room.metrics.flightDbUpdatesTotal.inc();
    room.seats.publishFlight(row, cabins);
    room.announceLog();
  }
  return operatorFlightViewOf(row, cabins, room.clock.now());
}
