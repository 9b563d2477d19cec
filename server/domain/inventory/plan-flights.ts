import type { CabinClass } from '../../../shared/flight.ts';
import { newId } from '../../../shared/ids.ts';
import type { Money } from '../../../shared/money.ts';
import type { FlightFacts } from '../../../shared/schedule-import.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { FlightChange } from './flight-change.ts';
import { type KnownFlight, knownFlightColumns } from './flight-facts.ts';

/** A flight as a timetable wants it. */
export interface WantedFlight {
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departsAt: string;
  arrivesAt: string;
  /** Milliseconds since the epoch. */
  departsAtUtc: number;
  arrivesAtUtc: number;
  cabins: { cabin: CabinClass; capacity: number; price: Money; isPricedByDistance?: true }[];
  /** Absent: it says nothing of them. */
  equipment?: Pick<FlightFacts, 'originTerminal' | 'destinationTerminal' | 'aircraft' | 'serviceType'>;
  /** A flight that is new is not for sale. */
  isClosed?: true;
  /** Cabins that are not named do not exist: they keep no seats. */
  isWhole?: true;
}

export interface FlightPlan {
  /** What has to be done, each with its place in the given list. */
  changes: (FlightChange & { place: number })[];
  unchanged: number;
  /** Places in the given list of flights that the operator has cancelled here; they stay cancelled. */
  cancelled: number[];
}

// A flight is known by designator, route and local departure date: a changed time or price is an
// update of the same flight.
const knownSql = `
  select distinct on (w.place) (w.place - 1)::int as place, ${knownFlightColumns}
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    with ordinality as w (carrier, number, origin, destination, date, place)
  join flight f on f.carrier = w.carrier and f.number = w.number and f.departure_date = w.date
    and f.origin = w.origin and f.destination = w.destination
  order by w.place, (f.state = 'cancelled'), f.created_at, f.id`;

/** Compares flights of a timetable with the record; changes nothing. The same timetable again leaves nothing to do. */
export async function planFlights(db: Queryable, wanted: WantedFlight[]): Promise<FlightPlan> {
  const { rows } = await db.query<KnownFlight & { place: number }>(knownSql, [
    wanted.map((each) => each.carrier),
    wanted.map((each) => each.number),
    wanted.map((each) => each.origin),
    wanted.map((each) => each.destination),
    wanted.map((each) => each.departsAt.slice(0, 10)),
  ]);
  const known = new Map(rows.map((row) => [row.place, row]));
  const plan: FlightPlan = { changes: [], unchanged: 0, cancelled: [] };
  for (const [place, flight] of wanted.entries()) {
    const row = known.get(place);
    if (!row) plan.changes.push({ place, kind: 'created', flightId: newId(), after: factsOf(flight) });
    else if (row.facts.state === 'cancelled') plan.cancelled.push(place);
    else {
      const after = changed(row.facts, flight);
      if (!after) plan.unchanged += 1;
      else
        plan.changes.push({ place, kind: 'updated', flightId: row.id, version: row.version, before: row.facts, after });
    }
  }
  return plan;
}

const noEquipment = { originTerminal: null, destinationTerminal: null, aircraft: null, serviceType: null };

function factsOf(flight: WantedFlight): FlightFacts {
  const { equipment = noEquipment, isClosed, isWhole: _, cabins, ...rest } = flight;
  return {
    carrier: rest.carrier,
    number: rest.number,
    origin: rest.origin,
    destination: rest.destination,
    departsAt: rest.departsAt,
    arrivesAt: rest.arrivesAt,
    departsAtUtc: rest.departsAtUtc,
    arrivesAtUtc: rest.arrivesAtUtc,
    state: isClosed ? 'closed' : 'open',
    ...equipment,
    cabins: cabins.map(({ cabin, capacity, price }) => ({ cabin, capacity, price })),
  };
}

/** The flight as it should be, with only those cabins that have to be edited; undefined if it is as it should be. */
function changed(known: FlightFacts, wanted: WantedFlight): FlightFacts | undefined {
  const after = { ...factsOf(wanted), state: known.state, cabins: editedCabins(known, wanted) };
  if (!wanted.equipment) for (const part of equipmentParts) after[part] = known[part];
  // What comes from elsewhere than an industry timetable is an ordinary flight.
  if (known.serviceType === null && after.serviceType === 'J') after.serviceType = null;
  const isSame =
    known.departsAt === after.departsAt &&
    known.arrivesAt === after.arrivesAt &&
    after.cabins.length === 0 &&
    equipmentParts.every((part) => known[part] === after[part]);
  return isSame ? undefined : after;
}

const equipmentParts = ['originTerminal', 'destinationTerminal', 'aircraft', 'serviceType'] as const;

function editedCabins(known: FlightFacts, wanted: WantedFlight): FlightFacts['cabins'] {
  const edited: FlightFacts['cabins'] = [];
  for (const { cabin, capacity, price, isPricedByDistance } of wanted.cabins) {
    const was = known.cabins.find((each) => each.cabin === cabin);
    const asked = was && isPricedByDistance ? was.price : price;
    const isSame =
      was?.capacity === capacity && was.price.amount === asked.amount && was.price.currency === asked.currency;
    if (!isSame) edited.push({ cabin, capacity, price: asked });
  }
  if (!wanted.isWhole) return edited;
  const named = new Set(wanted.cabins.map((each) => each.cabin));
  const gone = known.cabins.filter((each) => !named.has(each.cabin) && each.capacity > 0);
  return [...edited, ...gone.map(({ cabin, price }) => ({ cabin, capacity: 0, price }))];
}
