import type { Facet, ItineraryFacets } from '../../../shared/itinerary.ts';
import type { Money } from '../../../shared/money.ts';
import { rowsOf } from './answer-search.ts';
import type { Front } from './front.ts';
import type { Answered } from './search-engine.ts';
import type { SearchRoom } from './search-room.ts';

class Counter<Value extends string | number> {
  readonly #counts = new Map<Value, Facet<Value>>();

  add(values: Iterable<Value>, price: Money): void {
    for (const value of new Set(values)) {
      const known = this.#counts.get(value);
      if (!known) this.#counts.set(value, { value, count: 1, from: price });
      else {
        known.count++;
        if (price.amount < known.from.amount) known.from = price;
      }
    }
  }

  /** Most frequent first, or in the order of the values. */
  list(byValue = false): Facet<Value>[] {
    const less = (a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0);
    return [...this.#counts.values()].sort((a, b) => (byValue ? 0 : b.count - a.count) || less(a.value, b.value));
  }
}

/** What journeys of an answer have in common, and how many of each there are: for filters with counts. */
export function facetsOf(room: SearchRoom, { fronts, ranking, timetable: t }: Answered): ItineraryFacets {
  const { airports, carriers, currencies } = room.live.names;
  const stops = new Counter<number>();
  const flying = new Counter<string>();
  const alliances = new Counter<string>();
  const via = new Counter<string>();
  const origins = new Counter<string>();
  const destinations = new Counter<string>();
  const hours = new Counter<number>();
  let price: { least: Money; most: Money } | undefined;
  let duration: { least: number; most: number } | undefined;
  for (let place = 0; place < ranking.count; place++) {
    const entries = fronts.map((_, slice) => ranking.entries[place * fronts.length + slice] as number);
    const rows = fronts.map((front, slice) => rowsOf(front, entries[slice] as number));
    const first = fronts[0] as Front;
    const cost: Money = {
      amount: fronts.reduce((sum, front, slice) => sum + (front.price[entries[slice] as number] as number), 0),
      currency: currencies.at(first.currency[entries[0] as number] as number),
    };
    const from = (row: number) => airports.at(t.marketFrom[t.market[row] as number] as number);
    const to = (row: number) => airports.at(t.marketTo[t.market[row] as number] as number);
    const own = [...new Set(rows.flat().map((row) => carriers.at(t.carrier[row] as number)))];
    const one = rows[0] as number[];
    const departs = (t.departs[one[0] as number] as number) + (t.departsOffset[one[0] as number] as number);
    stops.add([Math.max(...rows.map((each) => each.length - 1))], cost);
    flying.add(own, cost);
    const [common] = new Set(own.map((carrier) => room.allianceOf(carrier)));
    if (common && own.every((carrier) => room.allianceOf(carrier) === common)) alliances.add([common], cost);
    via.add(
      rows.flatMap((each) => each.slice(1).map(from)),
      cost,
    );
    origins.add([from(one[0] as number)], cost);
    destinations.add([to(one.at(-1) as number)], cost);
    hours.add([Math.floor((((departs % 1_440) + 1_440) % 1_440) / 60)], cost);
    const minutes = fronts.reduce((sum, front, slice) => sum + (front.minutes[entries[slice] as number] as number), 0);
    price = {
      least: price && price.least.amount <= cost.amount ? price.least : cost,
      most: price && price.most.amount >= cost.amount ? price.most : cost,
    };
    duration = {
      least: Math.min(duration?.least ?? minutes, minutes),
      most: Math.max(duration?.most ?? minutes, minutes),
    };
  }
  return {
    total: ranking.total,
    stops: stops.list(true),
    carriers: flying.list(),
    alliances: alliances.list(),
    via: via.list(),
    origins: origins.list(),
    destinations: destinations.list(),
    departureHours: hours.list(true),
    price: price ?? null,
    durationMinutes: duration ?? null,
  };
}
