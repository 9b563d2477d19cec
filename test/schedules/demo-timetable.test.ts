import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { greatCircleKm } from '../../server/domain/places/great-circle.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { dateOfDay, dayOfDate, instantToWall, wallToInstant } from '../../server/domain/places/zoned-time.ts';
import { demoCarriers, demoTimetable } from '../../server/domain/schedules/demo-timetable.ts';
import { carrierCodeSchema, flightNumberSchema } from '../../shared/flight.ts';

const airlines = new URL('../../../shared/data/world/optd_airlines.csv', import.meta.url);
const absent = !existsSync(airlines);
if (absent) console.warn('SKIPPED: the public register of airlines is not beside the project');

const places = worldPlaces();
const byCode = new Map(places.map((each) => [each.code, each]));
const today = '2026-03-01';

describe('the demo timetable', () => {
  const began = performance.now();
  const flights = [...demoTimetable({ today, days: 60, places })];
  const tookMs = performance.now() - began;
  const byDate = Map.groupBy(flights, (each) => each.departsAt.slice(0, 10));
  const on = (date: string, origin: string, destination: string) =>
    (byDate.get(date) ?? []).filter((each) => each.origin === origin && each.destination === destination);

  it('[SCHED-8] has at least 1,000 flights on each of sixty days, and is made within seconds', () => {
    expect([...byDate.keys()]).toEqual(Array.from({ length: 60 }, (_, day) => dateOfDay(dayOfDate(today) + day)));
    for (const day of byDate.values()) expect(day.length).toBeGreaterThanOrEqual(1000);
    expect(tookMs).toBeLessThan(3000);
  });

  it('[SCHED-8] is the same for a date on whatever day it is made', () => {
    const later = [...demoTimetable({ today: '2026-03-20', days: 60, places })];
    const shared = flights.filter((each) => each.departsAt >= '2026-03-20');
    expect(later.slice(0, shared.length)).toEqual(shared);
    expect([...demoTimetable({ today: '2026-04-01', days: 1, places: places.toReversed() })]).toEqual(
      byDate.get('2026-04-01'),
    );
    const other = [...demoTimetable({ today, days: 1, places, seed: 2 })];
    expect(other).not.toEqual(byDate.get(today));
  });

  it('[SCHED-8] gives each flight of a date its own number, which keeps its route and hour over the days', () => {
    const services = new Map<string, string>();
    for (const [date, day] of byDate) {
      const numbers = new Set(day.map((each) => `${each.carrier} ${each.number}`));
      expect([date, numbers.size]).toEqual([date, day.length]);
    }
    for (const { carrier, number, origin, destination, departsAt } of flights) {
      const service = `${origin}-${destination}`;
      const key = `${carrier} ${number}`;
      expect(services.get(key) ?? service).toBe(service);
      services.set(key, service);
      // Only the night of a change of the clocks may move a departure, and none is planned then.
      expect(
        departsAt.slice(14, 16) in
          { '00': 0, '05': 0, 10: 0, 15: 0, 20: 0, 25: 0, 30: 0, 35: 0, 40: 0, 45: 0, 50: 0, 55: 0 },
      ).toBe(true);
    }
  });

  it('[SCHED-8] keeps the clocks of both ends, and flies at plausible speed and hours', () => {
    for (const each of flights) {
      const origin = byCode.get(each.origin);
      const destination = byCode.get(each.destination);
      if (!origin || !destination) throw new Error(`unknown place in ${each.origin}-${each.destination}`);
      const minutes = (each.arrivesAtUtc - each.departsAtUtc) / 60_000;
      const km = greatCircleKm(origin, destination);
      const consistent =
        wallToInstant(each.departsAt, origin.zone) === each.departsAtUtc &&
        instantToWall(each.arrivesAtUtc, destination.zone) === each.arrivesAt;
      const hour = Number(each.departsAt.slice(11, 13));
      const plausible = km > 100 && km < 15_000 && minutes > 30 && km / ((minutes - 27) / 60) < 940 && hour >= 6;
      if (!consistent || !plausible) expect([each, km, minutes]).toBe('a consistent and plausible flight');
    }
  });

  it('[SCHED-8] sells one to four cabins at rising prices within bounds', () => {
    const sizes = new Set<number>();
    for (const { cabins, carrier, number } of flights) {
      sizes.add(cabins.length);
      const seats = cabins.reduce((sum, each) => sum + each.capacity, 0);
      const prices = cabins.map((each) => each.price.amount);
      const fine =
        cabins[0]?.cabin === 'economy' &&
        seats >= 150 &&
        seats <= 420 &&
        cabins.every(({ capacity, price }) => capacity > 0 && price.currency === 'USD' && price.amount % 100 === 0) &&
        prices.every(
          (price, index) =>
            price >= 1900 && price <= 1_500_000 && (index === 0 || price > (prices[index - 1] as number)),
        );
      if (!fine) expect([carrier, number, cabins]).toBe('cabins within bounds');
    }
    expect([...sizes].sort()).toEqual([1, 2, 3, 4]);
  });

  it('[SCHED-8] serves busy markets many times a day in both directions, at prices that differ', () => {
    for (const [a, b, daily] of [
      ['JFK', 'LHR', 7],
      ['SFO', 'LAX', 6],
      ['FRA', 'MUC', 4],
      ['SYD', 'MEL', 6],
    ] as const)
      for (const [origin, destination] of [
        [a, b],
        [b, a],
      ] as const) {
        const day = on('2026-03-20', origin, destination);
        expect(day.length).toBeGreaterThanOrEqual(daily);
        expect(new Set(day.map((each) => each.cabins[0]?.price.amount)).size).toBeGreaterThan(daily / 2);
      }
    const used = new Set(flights.map((each) => each.origin));
    expect(used.size).toBeGreaterThanOrEqual(80);
    for (const each of flights) if (!used.has(each.destination)) throw new Error(`nothing leaves ${each.destination}`);
  });

  it('[SCHED-8] is flown by 8 to 12 airlines with valid designators and numbers', () => {
    expect(demoCarriers.length).toBeGreaterThanOrEqual(8);
    expect(demoCarriers.length).toBeLessThanOrEqual(12);
    for (const { code } of demoCarriers) expect(carrierCodeSchema.parse(code)).toBe(code);
    expect(new Set(flights.map((each) => each.carrier))).toEqual(new Set(demoCarriers.map((each) => each.code)));
    for (const number of new Set(flights.map((each) => each.number)))
      expect(flightNumberSchema.parse(number)).toBe(number);
  });

  it('[SCHED-8] leaves out routes whose places are missing without renumbering the others', () => {
    const without = [...demoTimetable({ today, days: 1, places: places.filter((each) => each.code !== 'LHR') })];
    const expected = (byDate.get(today) ?? []).filter((each) => each.origin !== 'LHR' && each.destination !== 'LHR');
    expect(without.map(({ line, ...flight }) => flight)).toEqual(expected.map(({ line, ...flight }) => flight));
  });

  it.skipIf(absent)('[SCHED-8] borrows no designator of a real airline (skipped without the register)', () => {
    const real = new Set(
      readFileSync(airlines, 'utf8')
        .split('\n')
        .map((line) => line.split('^')[5]),
    );
    expect(demoCarriers.filter((each) => real.has(each.code))).toEqual([]);
  });
});
