import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatCircleKm } from '../../server/domain/places/great-circle.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { wallToInstant } from '../../server/domain/places/zoned-time.ts';
import { fareByDistance } from '../../server/domain/schedules/fare-by-distance.ts';
import { csvFormat, scheduleCsvHeader } from '../../server/domain/schedules/parse-schedule-csv.ts';
import { readSchedule } from '../../server/domain/schedules/schedule-format.ts';
import type { ScheduleOptions } from '../../server/domain/schedules/scheduled-flight.ts';
import { runSlices } from './run-slices.ts';

const byCode = new Map(worldPlaces().map((each) => [each.code, each]));
const known = { zoneOf: (code: string) => byCode.get(code)?.zone, coordinatesOf: (code: string) => byCode.get(code) };
const parse = (text: string, options: Partial<ScheduleOptions> = {}) =>
  runSlices(readSchedule(csvFormat, text, { ...known, ...options }));

const header =
  'carrier,number,origin,destination,departs_at,arrives_at,economy_seats,economy_price,business_seats,business_price,currency';
const line = 'N1,0204,JFK,LHR,2026-12-01T19:30,2026-12-02T07:25,180,412.50,24,1980,USD';
const flight = {
  line: 2,
  carrier: 'N1',
  number: '204',
  origin: 'JFK',
  destination: 'LHR',
  departsAt: '2026-12-01T19:30',
  arrivesAt: '2026-12-02T07:25',
  departsAtUtc: Date.UTC(2026, 11, 2, 0, 30),
  arrivesAtUtc: Date.UTC(2026, 11, 2, 7, 25),
  cabins: [
    { cabin: 'economy', capacity: 180, price: { amount: 41_250, currency: 'USD' } },
    { cabin: 'business', capacity: 24, price: { amount: 198_000, currency: 'USD' } },
  ],
};

describe('our own timetable CSV', () => {
  it('[SCHED-1] is read, in any order of columns and any of the separators', () => {
    expect(parse(`${header}\n${line}\n`)).toMatchObject({ flights: [flight], rejected: [], accepted: 1 });
    const turned = (text: string) =>
      text
        .split(',')
        .reverse()
        .map((cell) => `"${cell}"`)
        .join(';');
    expect(parse(`${turned(header)}\r\n${turned(line).replace('T', ' ')}`).flights).toEqual([flight]);
    expect(scheduleCsvHeader).toBe(
      'carrier,number,origin,destination,departs_at,arrives_at,economy_seats,economy_price,premium_economy_seats,premium_economy_price,business_seats,business_price,first_seats,first_price,currency',
    );
  });

  it('[SCHED-4] prices a cabin without a price by distance', () => {
    const [priced] = parse(`${header}\nN1,1,JFK,LHR,2026-12-01T19:30,2026-12-02T07:25,180,,24,`).flights;
    // 5,541 km: 39 + 1,000 × 0.11 + 3,000 × 0.07 + 1,541 × 0.05 = 436.05 dollars, in whole dollars.
    expect(priced?.cabins.map((each) => each.price)).toEqual([
      { amount: 43_600, currency: 'USD' },
      { amount: 139_500, currency: 'USD' },
    ]);
  });

  it('[SCHED-4] the distance formula grows with distance and cabin, in whole dollars', () => {
    const km = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(km, km, (a, b) => {
        const [near, far] = [Math.min(a, b), Math.max(a, b)];
        const cabins = (['economy', 'premium_economy', 'business', 'first'] as const).map(
          (cabin) => fareByDistance(far, cabin).amount,
        );
        expect(cabins).toEqual([...cabins].sort((x, y) => x - y));
        expect(fareByDistance(near, 'economy').amount).toBeLessThanOrEqual(cabins[0] as number);
        for (const amount of cabins)
          expect([Number.isSafeInteger(amount), amount % 100, amount > 0]).toEqual([true, 0, true]);
      }),
    );
    expect(Math.round(greatCircleKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 }))).toBe(20_015);
    expect([0, 500, 1000, 4000, 10_000].map((each) => fareByDistance(each, 'economy').amount / 100)).toEqual([
      39, 94, 149, 359, 659,
    ]);
  });

  it('[SCHED-1] keeps minor units of any currency exactly', () => {
    const one = (price: string, currency: string) => {
      const { flights, rejected } = parse(
        `${header}\nN1,1,JFK,LHR,2026-12-01T19:30,2026-12-02T07:25,9,${price},,,${currency}`,
      );
      return flights[0]?.cabins[0]?.price ?? rejected[0]?.reason;
    };
    expect(one('12000', 'JPY')).toEqual({ amount: 12_000, currency: 'JPY' });
    expect(one('12.345', 'kwd')).toEqual({ amount: 12_345, currency: 'KWD' });
    expect(one('0.07', 'EUR')).toEqual({ amount: 7, currency: 'EUR' });
    expect(one('1.1', '')).toEqual({ amount: 110, currency: 'USD' });
    expect(one('1.5', 'JPY')).toBe('economy_price "1.5" has more than the 0 decimals of JPY');
    expect(one('1e3', 'USD')).toBe('economy_price "1e3" is not an amount like 129 or 129.50');
    expect(one('5', 'QQX')).toBe('currency "QQX" is not an ISO 4217 code');
    expect(one('', 'EUR')).toBe('economy_price is missing, and the distance formula knows USD only, not EUR');
  });

  it('[SCHED-1] gives every bad line back with its number and reason', () => {
    const bad: [string, string][] = [
      [line.replace('N1', 'N12'), 'carrier "N12" is not an airline designator of two characters'],
      [line.replace('0204', '20400'), 'number "20400" is not a flight number, 1 to 4 digits and an optional letter'],
      [line.replace('JFK', 'J'), 'origin "J" is not an IATA code, three letters'],
      [line.replace('LHR', 'QQQ'), 'unknown place QQQ'],
      [line.replace('LHR', 'JFK'), 'origin and destination are both JFK'],
      [line.replace('2026-12-01T19:30', '2026-12-01'), 'departs_at "2026-12-01" is not a wall time, YYYY-MM-DDTHH:mm'],
      [line.replace('2026-12-02T', '2026-02-30T'), 'arrives_at "2026-02-30T07:25" is not a date that exists'],
      [line.replace('2026-12-02T07:25', '2026-12-02T00:20'), 'arrives before it departs, by the clocks of its zones'],
      [line.replace('2026-12-02T', '2026-12-04T'), 'takes longer than 30 hours'],
      [line.replace('180', 'many'), 'economy_seats "many" is not a whole number'],
      [line.replace('180', '1000001'), 'economy_seats "1000001" is more than 1000000'],
      [line.replace('180', ''), 'economy_price without economy_seats'],
      [line.split(',').slice(0, 6).join(','), 'no cabin has seats'],
      [`"${line}`, 'a quoted field is not closed on its line'],
      [line, 'N1 204 JFK-LHR on 2026-12-01 is already on line 2'],
    ];
    const { flights, rejected } = parse([header, line, '', ...bad.map(([text]) => text)].join('\n'));
    expect(flights).toEqual([flight]);
    expect(rejected).toEqual(bad.map(([, reason], index) => ({ line: index + 4, reason })));
    expect(parse('carrier,number\nN1,1').rejected).toEqual([
      {
        line: 1,
        reason: 'the header lacks origin, destination, departs_at, arrives_at, seats of any cabin (economy_seats …)',
      },
    ]);
  });

  it('[SCHED-10] moves a wall time that the clocks skip forward, as they were', () => {
    const [gap] = parse(`${header}\nN1,1,JFK,BOS,2026-03-08T02:30,2026-03-08T04:45,9,9`).flights;
    expect(gap?.departsAt).toBe('2026-03-08T03:30');
    expect(gap?.arrivesAt).toBe('2026-03-08T04:45');
  });

  it('[SCHED-6] moves by the same number of days, wall times kept', () => {
    const text = [header, line, line.replace('0204', '5').replaceAll('2026-12-0', '2026-12-1')].join('\n');
    const { flights } = parse(text, { shiftTo: '2027-06-01' });
    expect(flights.map((each) => [each.departsAt, each.arrivesAt])).toEqual([
      ['2027-06-01T19:30', '2027-06-02T07:25'],
      ['2027-06-11T19:30', '2027-06-12T07:25'],
    ]);
    expect(flights[0]?.departsAtUtc).toBe(wallToInstant('2027-06-01T19:30', 'America/New_York'));
  });

  it('[SCHED-1] [SCHED-5] accounts for every line of any text, the same each time', () => {
    const cells = line.split(',');
    const cell = (index: number) =>
      fc.oneof(
        { weight: 12, arbitrary: fc.constant(cells[index] as string) },
        { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
      );
    const row = fc.tuple(...cells.map((_, index) => cell(index))).map((all) => all.join(',').replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
        const text = [header, ...rows].join('\n');
        const parsed = parse(text);
        const numbers = [...parsed.flights, ...parsed.rejected].map((each) => each.line).sort((a, b) => a - b);
        expect(numbers).toEqual(rows.flatMap((each, index) => (each.trim() === '' ? [] : [index + 2])));
        expect(parse(text)).toEqual(parsed);
      }),
    );
  });
});
