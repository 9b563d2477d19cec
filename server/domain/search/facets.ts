import type { Facet, ItineraryFacets } from '../../../shared/itinerary.ts';
import type { Money } from '../../../shared/money.ts';
import { Names } from '../timetable/names.ts';
import type { Timetable } from '../timetable/timetable.ts';
import { type Front, legsMax } from './front.ts';
import type { Answered } from './search-engine.ts';
import type { ShownWith } from './show-page.ts';

/** How many journeys have a value, and the cheapest of them. Values are numbers: a hub has thousands of journeys. */
class Counter {
  readonly #counts = new Map<number, { count: number; amount: number; currency: number; journey: number }>();

  /** A value that a journey has twice counts once. */
  add(value: number, journey: number, amount: number, currency: number): void {
    const known = this.#counts.get(value);
    if (!known) {
      this.#counts.set(value, { count: 1, amount, currency, journey });
      return;
    }
    if (known.journey === journey) return;
    known.journey = journey;
    known.count++;
    if (amount >= known.amount) return;
    known.amount = amount;
    known.currency = currency;
  }

  /** Most frequent first, or in the order of the values. */
  list<Value extends string | number>(
    nameOf: (value: number) => Value,
    money: (amount: number, currency: number) => Money,
    byValue = false,
  ): Facet<Value>[] {
    const less = (a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0);
    return [...this.#counts]
      .map(([value, { count, amount, currency }]) => ({
        value: nameOf(value),
        count,
        from: money(amount, currency),
      }))
      .sort((a, b) => (byValue ? 0 : b.count - a.count) || less(a.value, b.value));
  }
}

/** What journeys of an answer have in common, and how many of each there are: for filters with counts. */
export function facetsOf(shownWith: ShownWith, answered: Answered): ItineraryFacets {
  const counting = new Counting(shownWith, answered);
  for (let place = 0; place < answered.ranking.count; place++) counting.add(place);
  return counting.result();
}

/** A least and a most, each with the currency of the journey that it is of. */
const noRange = () => ({ least: Number.POSITIVE_INFINITY, leastCurrency: 0, most: -1, mostCurrency: 0 });

class Counting {
  readonly #names: ShownWith['names'];
  readonly #answered: Answered;
  readonly #alliances = new Names();
  /** By carrier; −1: in none. */
  readonly #allianceOf: number[];
  readonly #stops = new Counter();
  readonly #carriers = new Counter();
  readonly #inAlliance = new Counter();
  readonly #via = new Counter();
  readonly #origins = new Counter();
  readonly #destinations = new Counter();
  readonly #hours = new Counter();
  readonly #price = noRange();
  readonly #duration = { least: Number.POSITIVE_INFINITY, most: 0 };

  constructor({ names, alliances }: ShownWith, answered: Answered) {
    this.#names = names;
    this.#answered = answered;
    this.#allianceOf = this.#names.carriers.all.map((carrier) => {
      const alliance = alliances.get(carrier);
      return alliance === undefined ? -1 : this.#alliances.of(alliance);
    });
  }

  add(place: number): void {
    const { fronts, ranking } = this.#answered;
    const own = place * fronts.length;
    const currency = (fronts[0] as Front).currency[ranking.entries[own] as number] as number;
    let [amount, minutes] = [0, 0];
    for (let slice = 0; slice < fronts.length; slice++) {
      const entry = ranking.entries[own + slice] as number;
      amount += (fronts[slice] as Front).price[entry] as number;
      minutes = Math.max(minutes, (fronts[slice] as Front).minutes[entry] as number);
    }
    this.#addLegs(place, amount, currency);
    if (amount < this.#price.least) Object.assign(this.#price, { least: amount, leastCurrency: currency });
    if (amount > this.#price.most) Object.assign(this.#price, { most: amount, mostCurrency: currency });
    this.#duration.least = Math.min(this.#duration.least, minutes);
    this.#duration.most = Math.max(this.#duration.most, minutes);
  }

  #addLegs(place: number, amount: number, currency: number): void {
    const { fronts, ranking, timetable: t } = this.#answered;
    let stops = 0;
    let alliance: number | undefined;
    for (let slice = 0; slice < fronts.length; slice++) {
      const { rows } = fronts[slice] as Front;
      const start = (ranking.entries[place * fronts.length + slice] as number) * legsMax;
      for (let at = start; at < start + legsMax && (rows[at] as number) >= 0; at++) {
        const row = rows[at] as number;
        const market = t.market[row] as number;
        const carrier = t.carrier[row] as number;
        const from = t.marketFrom[market] as number;
        const flown = this.#allianceOf[carrier] ?? -1;
        alliance = alliance === undefined || alliance === flown ? flown : -1;
        stops = Math.max(stops, at - start);
        this.#carriers.add(carrier, place, amount, currency);
        if (at > start) this.#via.add(from, place, amount, currency);
        if (slice > 0) continue;
        if (at === start) {
          this.#origins.add(from, place, amount, currency);
          this.#hours.add(localHour(t, row), place, amount, currency);
        }
        if (at + 1 === start + legsMax || (rows[at + 1] as number) < 0)
          this.#destinations.add(t.marketTo[market] as number, place, amount, currency);
      }
    }
    this.#stops.add(stops, place, amount, currency);
    if (alliance !== undefined && alliance >= 0) this.#inAlliance.add(alliance, place, amount, currency);
  }

  result(): ItineraryFacets {
    const { airports, carriers, currencies } = this.#names;
    const { count, total } = this.#answered.ranking;
    const { least, leastCurrency, most, mostCurrency } = this.#price;
    const inWords = (words: Names) => (value: number) => words.at(value);
    const money = (amount: number, currency: number) => ({ amount, currency: currencies.at(currency) });
    const asIs = (value: number) => value;
    return {
      total,
      stops: this.#stops.list(asIs, money, true),
      carriers: this.#carriers.list(inWords(carriers), money),
      alliances: this.#inAlliance.list(inWords(this.#alliances), money),
      via: this.#via.list(inWords(airports), money),
      origins: this.#origins.list(inWords(airports), money),
      destinations: this.#destinations.list(inWords(airports), money),
      departureHours: this.#hours.list(asIs, money, true),
      price: count > 0 ? { least: money(least, leastCurrency), most: money(most, mostCurrency) } : null,
      durationMinutes: count > 0 ? this.#duration : null,
    };
  }
}

/** The hour of the departure, by the clock of its airport. */
function localHour(t: Timetable, row: number): number {
  const local = (t.departs[row] as number) + (t.departsOffset[row] as number);
  return Math.floor((((local % 1_440) + 1_440) % 1_440) / 60);
}
