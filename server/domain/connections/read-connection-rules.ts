import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { ConnectionRule } from './minimum-connection.ts';

const rulesSql = `
  select nullif(arrival_airport, '*') as "arrivalAirport", nullif(departure_airport, '*') as "departureAirport",
    nullif(arrival_terminal, '*') as "arrivalTerminal", nullif(departure_terminal, '*') as "departureTerminal",
    nullif(status, '*') as status, nullif(arrival_carrier, '*') as "arrivalCarrier",
    nullif(departure_carrier, '*') as "departureCarrier", minutes
  from connection_time`;

/** All rules of minimum connection times, as `buildConnectionTable` takes them. */
export async function readConnectionRules(db: Queryable): Promise<ConnectionRule[]> {
  const { rows } = await db.query<ConnectionRule>(rulesSql);
  return rows;
}
