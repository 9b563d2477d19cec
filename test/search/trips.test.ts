import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildConnectionTable } from '../../server/domain/connections/minimum-connection.ts';
import { answerSearch, type SearchTask } from '../../server/domain/search/answer-search.ts';
import { connectionTimes } from '../../server/domain/search/connection-times.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import type { Front } from '../../server/domain/search/front.ts';
import { noFilters, type SliceQuestion } from '../../server/domain/search/slice-question.ts';
import type { FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';

const codes = ['LHR', 'DUB', 'LIS'] as const;
const trips = [
  ['LHR-DUB', 'DUB-LHR'],
  ['LHR-DUB', 'DUB-LIS', 'LIS-LHR'],
];
const firstDay = 20_000;
const turnaroundMinutes = 60;
const everything = 1_000_000;

interface Flight {
  way: string;
  /** Minutes of the day, UTC, which all clocks here show. */
  departs: number;
  minutes: number;
  price: number;
  currency?: string;
}

const flight = fc.record({
  way: fc.constantFrom(...codes.flatMap((a) => codes.flatMap((b) => (a === b ? [] : [`${a}-${b}`])))),
  departs: fc.nat(143).map((each) => each * 10),
  minutes: fc.integer({ min: 3, max: 24 }).map((each) => each * 10),
  price: fc.integer({ min: 1, max: 9 }),
  currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
});
const world = fc.noBias(fc.array(flight, { minLength: 15, maxLength: 36 }));

function timetableOf(flights: Flight[]) {
  const writer = new TimetableWriter({
    airport: (code) => ({ latitude: 50, longitude: 0, country: 'GB', city: code }),
  });
  writer.load(
    flights.map(({ way, departs, minutes, price, currency = 'USD' }, n): FlightRecord => {
      const [origin, destination] = way.split('-') as [string, string];
      return {
        id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
        carrier: 'QX',
        number: String(n + 1),
        origin,
        destination,
        departs: firstDay * 1_440 + departs,
        minutes,
        departsOffset: 0,
        arrivesOffset: 0,
        state: 'open',
        version: 1,
        departsTerminal: null,
        arrivesTerminal: null,
        cabins: [{ cabin: 'economy', price, currency, ladder: null, family: 0, available: 9, capacity: 9, version: 1 }],
      };
    }),
  );
  writer.rearrange();
  const t = writer.timetable;
  return { t, writer, times: connectionTimes(t, buildConnectionTable([])) };
}
type Made = ReturnType<typeof timetableOf>;

/** All slices on one day, so that they clash as often as they can. */
function taskOf({ writer }: Made, trip: string[], changed: Partial<SearchTask> & Pick<SliceQuestion, 'keep'>) {
  const { keep, ...rest } = changed;
  const slices = trip.map((way): SliceQuestion => {
    const [origin = '', destination = ''] = way.split('-');
    return {
      origins: [
        {
          airport: writer.names.airports.find(origin),
          opens: firstDay * 1_440,
          closes: (firstDay + 1) * 1_440,
        },
      ],
      destinations: [writer.names.airports.find(destination)],
      firstDay,
      days: 1,
      cabin: 0,
      seats: 1,
      maxStops: 1,
      notBefore: Number.MIN_SAFE_INTEGER,
      bounds: { connectionMinutesMax: 480, detour: 0, detourSlackKm: 0, bucketMinutes: 120, looksMax: 1e9 },
      filters: noFilters,
      keep,
    };
  });
  return { slices, sort: 'price' as const, resultsMax: everything, turnaroundMinutes, priceMax: null, ...rest };
}

/** A trip as the entries of its slices' fronts. */
interface Trip {
  name: string;
  /** What no other trip of the same currency and the same stretches of the day may better altogether. */
  group: string;
  worth: [price: number, minutes: number, stops: number];
  departs: number[];
}

function tripOf(fronts: Front[], entries: number[]): Trip {
  const sum = (column: 'price' | 'minutes' | 'stops') =>
    entries.reduce((all, entry, slice) => all + ((fronts[slice] as Front)[column][entry] as number), 0);
  const departs = entries.map((entry, slice) => (fronts[slice] as Front).departs[entry] as number);
  return {
    name: entries
      .map((entry, slice) => (fronts[slice] as Front).rows.slice(entry * 3, entry * 3 + 3).join())
      .join(' | '),
    group: [fronts[0]?.currency[entries[0] as number], ...departs.map((each) => Math.floor(each / 120))].join(),
    worth: [sum('price'), sum('minutes'), sum('stops')],
    departs,
  };
}

/** Every trip, by trying all journeys of a slice with all of the next. */
function tryAll({ t, times }: Made, { slices }: SearchTask): Trip[] {
  const fronts = slices.map((slice) => findFront(t, times, { ...slice, keep: 'all' }));
  const found: Trip[] = [];
  const walk = (entries: number[]): void => {
    const front = fronts[entries.length];
    if (!front) {
      found.push(tripOf(fronts, entries));
      return;
    }
    const [before, last] = [fronts[entries.length - 1], entries.at(-1) as number];
    for (let entry = 0; entry < front.count; entry++) {
      if (before) {
        if (before.currency[last] !== front.currency[entry]) continue;
        const arrives = (before.departs[last] as number) + (before.minutes[last] as number);
        if ((front.departs[entry] as number) - arrives < turnaroundMinutes) continue;
      }
      walk([...entries, entry]);
    }
  };
  walk([]);
  return found;
}

function ranked({ t, times }: Made, task: SearchTask) {
  const { fronts, ranking } = answerSearch(t, times, task);
  const width = fronts.length;
  const list = Array.from({ length: ranking.count }, (_, place) =>
    tripOf(fronts, [...ranking.entries.slice(place * width, place * width + width)]),
  );
  return { list, complete: ranking.complete };
}

const namesOf = (list: Trip[]) => list.map((each) => each.name).sort();

/** Those who want to know whether a trip comes before another, by the sort. */
const orders = {
  price: (a: Trip, b: Trip) => a.worth[0] - b.worth[0],
  duration: (a: Trip, b: Trip) => a.worth[1] - b.worth[1],
  departure: (a: Trip, b: Trip) => (a.departs[0] as number) - (b.departs[0] as number),
};

describe('trips of several slices, on timetables that chance has made', () => {
  it('[SEARCH-19] are all that trying everything finds, in order, and the first of them where only so many are ranked', () => {
    let found = 0;
    fc.assert(
      fc.property(
        world,
        fc.constantFrom(...trips),
        fc.constantFrom('price' as const, 'duration' as const, 'departure' as const),
        fc.integer({ min: 1, max: 20 }),
        (flights, trip, sort, resultsMax) => {
          const made = timetableOf(flights);
          const task = taskOf(made, trip, { keep: 'all', sort });
          const theirs = tryAll(made, task);
          const ours = ranked(made, task);
          expect(ours.complete).toBe(true);
          expect(namesOf(ours.list)).toEqual(namesOf(theirs));
          for (const currency of new Set(theirs.map((each) => each.group.split(',')[0]))) {
            const own = ours.list.filter((each) => each.group.split(',')[0] === currency);
            expect(own.toSorted(orders[sort])).toEqual(own);
          }
          const few = ranked(made, { ...task, resultsMax });
          if (few.complete) expect(few.list).toEqual(ours.list.slice(0, resultsMax));
          found += theirs.length;
        },
      ),
      { numRuns: 200 },
    );
    expect(found).toBeGreaterThan(1_000);
  });

  it('[SEARCH-19] lose nothing to the pruning of their slices: whatever trip is left out, one that is shown is as good', () => {
    let left = 0;
    fc.assert(
      fc.property(world, fc.constantFrom(...trips), (flights, trip) => {
        const made = timetableOf(flights);
        const task = taskOf(made, trip, { keep: 'front' });
        const all = tryAll(made, task);
        const { list } = ranked(made, task);
        const names = new Set(all.map((each) => each.name));
        expect(list.filter((each) => !names.has(each.name))).toEqual([]);
        const isAsGood = (shown: Trip, one: Trip) =>
          shown.group === one.group && shown.worth.every((value, at) => value <= (one.worth[at] as number));
        expect(all.filter((one) => !list.some((shown) => isAsGood(shown, one)))).toEqual([]);
        left += all.length - list.length;
      }),
      { numRuns: 300 },
    );
    expect(left).toBeGreaterThan(100);
  });

  it('[SEARCH-19] a dearer flight out is shown where only it leaves time to come back', () => {
    const made = timetableOf([
      { way: 'LHR-DUB', departs: 360, minutes: 90, price: 9 },
      { way: 'LHR-DUB', departs: 470, minutes: 80, price: 5 },
      { way: 'DUB-LHR', departs: 540, minutes: 90, price: 5 },
    ]);
    const out = findFront(made.t, made.times, taskOf(made, ['LHR-DUB'], { keep: 'front' }).slices[0] as SliceQuestion);
    expect([...out.price]).toEqual([5]);
    const { list } = ranked(made, taskOf(made, ['LHR-DUB', 'DUB-LHR'], { keep: 'front' }));
    expect(list.map((each) => each.worth[0])).toEqual([14]);
  });

  it('[SEARCH-19] are said not to be complete when too many clash to look at all', () => {
    // All arrive too late for every flight back but the dearest.
    const clashing = (each: number) => {
      const numbers = Array.from({ length: each }, (_, n) => n);
      const made = timetableOf([
        ...numbers.map((n) => ({ way: 'LHR-DUB', departs: 600 + n, minutes: 60, price: 10 })),
        ...numbers.map((n) => ({ way: 'DUB-LHR', departs: 300 + n, minutes: 60, price: 10 })),
        { way: 'DUB-LHR', departs: 1_200, minutes: 60, price: 1_000 },
      ]);
      const { list, complete } = ranked(made, taskOf(made, ['LHR-DUB', 'DUB-LHR'], { keep: 'all', resultsMax: 1 }));
      return { found: list.length, complete };
    };
    expect(clashing(20)).toEqual({ found: 1, complete: true });
    expect(clashing(60)).toEqual({ found: 0, complete: false });
  });
});
