import type { Passenger } from '../../../shared/booking.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';

const insertSql = `
  insert into passenger (booking_id, position, type, given_name, family_name, born_on, document)
  select $1, p.position, p.type, p.given_name, p.family_name, p.born_on, p.document
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
    with ordinality as p (type, given_name, family_name, born_on, document, position)`;

/** Adds a booking's passengers, in their order. */
export async function writePassengers(tx: Queryable, bookingId: string, passengers: Passenger[]): Promise<void> {
  if (passengers.length === 0) return;
  await tx.query({
    name: 'insert-passengers',
    text: insertSql,
    values: [
      bookingId,
      passengers.map((each) => each.type),
      passengers.map((each) => each.givenName),
      passengers.map((each) => each.familyName),
      passengers.map((each) => each.bornOn ?? null),
      passengers.map((each) => (each.document ? JSON.stringify(each.document) : null)),
    ],
  });
}
