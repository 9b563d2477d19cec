import { expect, it } from 'vitest';
import { filterParams } from '../../client/dashboard/src/journey/journey-filters.ts';
import { sayRemoved, suggestionOf } from '../../client/dashboard/src/journey/suggestion.ts';
import { formatMoney, money } from '../../shared/money.ts';

const from = money(9_000, 'USD');

it('[DASH-31] every change that a search suggests has words and, where the address has one for it, a parameter', () => {
  const alone = { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 };
  const params = { carriers: ['BA'], viaOut: ['DUB', 'KEF'] };
  const said = (change: string, to: unknown) => {
    const suggestion = suggestionOf({ change, to, itineraries: 2, from }, params);
    return [suggestion?.how, suggestion?.change];
  };
  expect(said('maxStops', 1)).toEqual(['with up to 1 stop', { stops: undefined }]);
  expect(said('maxStops', 2)).toEqual(['with up to 2 stops', { stops: 2 }]);
  expect(said('passengers', alone)).toEqual(['for 1 traveller', { seats: undefined }]);
  expect(said('passengers', { ...alone, adults: 2 })).toEqual(['for 2 travellers', { seats: 2 }]);
  expect(said('cabin', 'business')).toEqual(['in Business', { cabin: 'business' }]);
  expect(said('flexDays', 1)).toEqual(['up to 1 day earlier or later', { flex: 1 }]);
  expect(said('nearbyKm', 100)).toEqual(['with airports up to 100 km away', { nearby: 100 }]);
  expect(said('filters.carriers', null)).toEqual(['with any airline', { carriers: undefined, carriersOut: undefined }]);
  expect(said('filters.departure', '08:00')).toEqual(['with a departure at any time', { depart: undefined }]);
  expect(said('filters.maxPrice', 9_000)).toEqual([`at up to ${formatMoney(from)}`, { price: from }]);
  expect(said('filters.maxDurationMinutes', 425)).toEqual(['taking up to 7 h 05', { duration: 425 }]);
  const [how, change] = said('filters', null);
  expect(how).toBe('without any filter');
  // But the number of stops, which is a suggestion of its own.
  expect(Object.keys(change as object).sort()).toEqual([...filterParams].filter((name) => name !== 'stops').sort());
  expect(said('filters.maxPrice+filters.via', [9_000, null])).toEqual([
    `at up to ${formatMoney(from)} and by any airport`,
    { price: from, via: undefined, viaOut: undefined },
  ]);
  expect(said('filters.carriers', ['LH', 'AF'])).toEqual([
    'with LH, AF as well',
    { carriers: ['BA', 'LH', 'AF'], carriersOut: undefined },
  ]);
  expect(said('filters.via', ['KEF'])).toEqual(['by KEF as well', { via: undefined, viaOut: ['DUB'] }]);
  expect(said('filters.layover.maxMinutes', 300)).toEqual(['with connections of any length', { layover: undefined }]);
  expect(said('slices.0.departure', '08:00')).toEqual(['with a departure at any time', { depart: undefined }]);
  expect(said('filters.via+moonPhase', [null, 'full'])).toEqual([undefined, undefined]);
  expect(said('moonPhase', 'full')).toEqual([undefined, undefined]);
});

it('[DASH-31] what a suggestion gives is counted and priced in words', () => {
  const what = (itineraries: number, least: typeof from | null) =>
    suggestionOf({ change: 'maxStops', to: 2, itineraries, from: least }, {})?.what;
  expect(what(1, null)).toBe('there is 1 journey');
  // The address has parts of the day, not times: it finds that one and others.
  const wider = suggestionOf({ change: 'filters.departure', to: '08:00', itineraries: 1, from }, {});
  expect(wider?.what).toBe(`there is at least 1 journey, one at ${formatMoney(from)}`);
  expect(what(3, from)).toBe(`there are 3 journeys, from ${formatMoney(from)}`);
  expect(sayRemoved({ filter: 'layover', itineraries: 0, removes: 4 })).toBe(
    'Taking out the connection length filter alone does not help.',
  );
  expect(sayRemoved({ filter: 'maxPrice', itineraries: 1, removes: 1 })).toBe('The price filter takes out 1 journey.');
});
