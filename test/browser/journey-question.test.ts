import { describe, expect, test } from 'vitest';
import { isFiltered, withoutFilters } from '../../client/dashboard/src/journey/journey-filters.ts';
import { type JourneyParams, questionOf } from '../../client/dashboard/src/journey/journey-question.ts';
import { durationChoices, priceChoices } from '../../client/dashboard/src/journey/range-choices.ts';
import { searchParams } from '../../client/dashboard/src/search/search-params.ts';
import { itineraryFilters, searchItinerariesInput } from '../../shared/itinerary.ts';

const plain: JourneyParams = { from: 'JFK', to: 'LHR', date: '2030-05-01' };
const usd = (amount: number) => ({ amount, currency: 'USD' });
const all = {
  ...plain,
  stops: 2,
  carriers: ['QX', 'QY'],
  carriersOut: ['QZ'],
  alliances: ['oneworld'],
  depart: 'morning',
  arrive: 'evening',
  price: usd(60_000),
  duration: 600,
  via: ['BOS'],
  viaOut: ['DUB', 'KEF'],
  layover: 'unhurried',
  overnight: false,
  airportChange: true,
} as const;

describe('the address of a search for journeys', () => {
  test('[DASH-30] has every filter, and asks for exactly it', () => {
    const params = { ...plain, ...searchParams.parse(all) };
    const question = searchItinerariesInput.parse(questionOf(params));
    expect(question.maxStops).toBe(2);
    expect(question.filters).toEqual({
      carriers: { include: ['QX', 'QY'], exclude: ['QZ'] },
      alliances: ['oneworld'],
      departure: { from: '06:00', to: '11:59' },
      arrival: { from: '18:00', to: '23:59' },
      maxPrice: usd(60_000),
      maxDurationMinutes: 600,
      layover: { minMinutes: 60, maxMinutes: 240 },
      via: { include: ['BOS'], exclude: ['DUB', 'KEF'] },
      overnight: false,
      airportChange: true,
    });
    // A filter that the server learns needs its place in the address.
    expect(Object.keys(question.filters).sort()).toEqual(Object.keys(itineraryFilters.shape).sort());
  });

  test('[DASH-30] without filters asks for none, and only an opposite without its other half is sent', () => {
    expect(questionOf(plain)).toMatchObject({ maxStops: 1, filters: {} });
    expect(Object.keys(questionOf(plain).filters ?? {})).toEqual([]);
    expect(questionOf({ ...plain, carriersOut: ['QZ'], viaOut: ['DUB'] }).filters).toEqual({
      carriers: { exclude: ['QZ'] },
      via: { exclude: ['DUB'] },
    });
  });

  test('[DASH-30] loses all filters at once, and nothing else', () => {
    const params = { ...plain, ...searchParams.parse({ ...all, flex: 3, order: 'price', seats: 2 }) };
    expect(isFiltered(params)).toBe(true);
    const free = withoutFilters(params);
    expect(isFiltered(free)).toBe(false);
    expect(JSON.parse(JSON.stringify(free))).toEqual({ ...plain, flex: 3, order: 'price', seats: 2 });
  });

  test('[DASH-30] takes what does not fit as absent', () => {
    const odd = {
      price: { amount: -1, currency: 'USD' },
      duration: 0,
      via: ['Boston'],
      carriersOut: [],
      overnight: true,
    };
    expect(Object.values(searchParams.parse({ ...odd, layover: 'never', arrive: 'noon' })).filter(Boolean)).toEqual([]);
  });
});

describe('bounds to choose from', () => {
  test('[DASH-30] are a few round values, each of which leaves something over and takes something away', () => {
    expect(priceChoices({ least: usd(40_000), most: usd(60_000) })).toEqual([40_000, 45_000, 50_000, 55_000].map(usd));
    expect(priceChoices({ least: usd(39_999), most: usd(123_456) })).toEqual(
      [40_000, 60_000, 80_000, 100_000, 120_000].map(usd),
    );
    expect(durationChoices({ least: 415, most: 600 })).toEqual([420, 450, 480, 510, 540, 570]);
    expect(durationChoices({ least: 415, most: 2_000 })).toEqual([720, 1_080, 1_440, 1_800]);
  });

  test('[DASH-30] are none where there is nothing to choose, or prices of several currencies', () => {
    expect(priceChoices(null)).toEqual([]);
    expect(priceChoices({ least: usd(40_000), most: usd(40_000) })).toEqual([]);
    expect(priceChoices({ least: usd(40_000), most: { amount: 90_000, currency: 'EUR' } })).toEqual([]);
    expect(durationChoices({ least: 480, most: 480 })).toEqual([]);
    expect(durationChoices(null)).toEqual([]);
  });
});
