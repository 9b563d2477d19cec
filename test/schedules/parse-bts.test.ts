import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parsePlaces } from '../../server/domain/places/parse-places.ts';
import type { PlaceFact } from '../../server/domain/places/place-fact.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { wallToInstant } from '../../server/domain/places/zoned-time.ts';
import { btsFormat, defaultSeats } from '../../server/domain/schedules/parse-bts.ts';
import { readSchedule } from '../../server/domain/schedules/schedule-format.ts';
import type { ScheduleOptions } from '../../server/domain/schedules/scheduled-flight.ts';
import { runSlices } from './run-slices.ts';

const data = new URL('../../../shared/data/', import.meta.url);
const absent = !existsSync(new URL('bts2008/', data));
if (absent) console.warn('SKIPPED: the real day of US flights is not beside the project');

function optionsOf(places: PlaceFact[]): ScheduleOptions {
  const byCode = new Map(places.map((each) => [each.code, each]));
  return { zoneOf: (code) => byCode.get(code)?.zone, coordinatesOf: (code) => byCode.get(code) };
}
const ours = optionsOf(worldPlaces());
const parse = (text: string, options: Partial<ScheduleOptions> = {}) =>
  runSlices(readSchedule(btsFormat, text, { ...ours, ...options }));

const header = 'date,carrier,flight,origin,dest,crs_dep,crs_arr,crs_elapsed_min,distance_mi,tail';
const line = '2008-01-18,B6,172,SMF,JFK,0015,0823,308,2521,N665JB';
const flight = {
  line: 2,
  carrier: 'B6',
  number: '172',
  origin: 'SMF',
  destination: 'JFK',
  departsAt: '2008-01-18T00:15',
  arrivesAt: '2008-01-18T08:23',
  departsAtUtc: Date.UTC(2008, 0, 18, 8, 15),
  arrivesAtUtc: Date.UTC(2008, 0, 18, 13, 23),
  cabins: [
    { cabin: 'economy', capacity: defaultSeats, price: { amount: 36_100, currency: 'USD' }, isPricedByDistance: true },
  ],
};

describe('on-time data of US airlines', () => {
  it('[SCHED-2] arrive at local departure plus elapsed minutes, through the zones', () => {
    expect(parse(`${header}\n${line}`)).toMatchObject({ flights: [flight], rejected: [], accepted: 1 });
  });

  it.each([
    [
      'the original header',
      'Year,Month,DayofMonth,CRSDepTime,CRSArrTime,UniqueCarrier,FlightNum,TailNum,CRSElapsedTime,Origin,Dest,Distance',
      '2008,1,18,15,823,B6,0172,N665JB,308.0,SMF,JFK,2521',
    ],
    [
      'the newer original header',
      '"FlightDate","Reporting_Airline","Tail_Number","Flight_Number_Reporting_Airline","Origin","Dest","CRSDepTime","CRSElapsedTime","Distance",',
      '2008-01-18,"B6","N665JB","172","SMF","JFK","0015",308.00,2521.00,',
    ],
    [
      'upper-case names and American dates',
      'FL_DATE,OP_UNIQUE_CARRIER,TAIL_NUM,OP_CARRIER_FL_NUM,ORIGIN,DEST,CRS_DEP_TIME,CRS_ELAPSED_TIME,DISTANCE',
      '1/18/2008 12:00:00 AM,B6,N665JB,172,SMF,JFK,0015,308,2521',
    ],
  ])('[SCHED-2] are read under %s', (_name, head, row) => {
    expect(parse(`${head}\r\n${row}\r\n`).flights).toEqual([flight]);
  });

  it('[SCHED-2] take 2400 for midnight at the end of the date, and cross summer time by the instants', () => {
    const [midnight, spring] = parse(
      `${header}\n2008-12-31,AA,1,LAX,JFK,2400,0800,300,2475,\n2008-03-08,AA,2,JFK,LHR,2300,1100,420,3451,`,
    ).flights;
    expect([midnight?.departsAt, midnight?.arrivesAt]).toEqual(['2009-01-01T00:00', '2009-01-01T08:00']);
    expect([spring?.departsAt, spring?.arrivesAt]).toEqual(['2008-03-08T23:00', '2008-03-09T11:00']);
    // 02:30 did not exist in New York on that night; clocks showed 03:30.
    const [gap] = parse(`${header}\n2008-03-09,AA,3,JFK,BOS,0230,0330,60,187,`).flights;
    expect([gap?.departsAt, gap?.arrivesAt]).toEqual(['2008-03-09T03:30', '2008-03-09T04:30']);
  });

  it('[SCHED-3] have the seats of their tail number, or the default', () => {
    const seats = 'tailnum,year,type,seats\nN665JB,2008,x,200\nN1,2000,x,NA\nN2,2000,x,0';
    const rows = ['N665JB', 'n665jb', 'N1', 'N2', 'N3', ''].map((tail, index) =>
      line.replace('N665JB', tail).replace('172', `${index + 1}`),
    );
    const { flights } = parse([header, ...rows].join('\n'), { seats });
    expect(flights.map((each) => each.cabins[0]?.capacity)).toEqual([200, 200, ...Array(4).fill(defaultSeats)]);
    expect(parse(`${header}\n${line}`, { seats: 'a,b\n1,2' })).toMatchObject({
      flights: [],
      rejected: [{ line: 1, reason: 'the table of seats needs the columns tailnum and seats' }],
      accepted: 0,
    });
  });

  it('[SCHED-1] give every bad line back with its number and reason', () => {
    const bad: [string, string][] = [
      [line.replace('B6', 'B6X'), 'carrier "B6X" is not an airline designator of two characters'],
      [line.replace('172', '17200'), 'flight "17200" is not a flight number, 1 to 4 digits and an optional letter'],
      [line.replace('SMF', 'SM'), 'origin "SM" is not an IATA code, three letters'],
      [line.replace('JFK', ''), 'destination "" is not an IATA code, three letters'],
      [line.replace('SMF', 'QQQ'), 'unknown place QQQ'],
      [line.replace('JFK', 'ZZZ'), 'unknown place ZZZ'],
      [line.replace('JFK', 'SMF'), 'origin and destination are both SMF'],
      [line.replace('2008-01-18', '2008-02-30'), 'no date that exists'],
      [line.replace('0015', '2560'), 'departure time "2560" is not HHMM'],
      [line.replace('0015', ''), 'departure time "" is not HHMM'],
      [line.replace('308', ''), 'no scheduled elapsed minutes'],
      [line.replace('308', 'NA'), 'no scheduled elapsed minutes'],
      [line.replace('308', '-5'), 'elapsed minutes -5 are not between 1 and 1800'],
      ['"x', 'a quoted field is not closed on its line'],
      [line, 'B6 172 SMF-JFK on 2008-01-18 is already on line 2'],
      [line.replace('172', '0172'), 'B6 172 SMF-JFK on 2008-01-18 is already on line 2'],
    ];
    const { flights, rejected, accepted } = parse([header, line, '', ...bad.map(([text]) => text)].join('\n'));
    expect([flights, accepted]).toEqual([[flight], 1]);
    expect(rejected).toEqual(bad.map(([, reason], index) => ({ line: index + 4, reason })));
  });

  it('[SCHED-1] without its columns are one clear rejection', () => {
    expect(parse('a,b\n1,2').rejected).toEqual([
      { line: 1, reason: expect.stringContaining('the header lacks date or FlightDate') },
    ]);
    expect(parse('').rejected).toEqual([{ line: 1, reason: 'the file is empty' }]);
  });

  it('[SCHED-6] move by the same number of days, so that the earliest is on the date', () => {
    const text = [
      header,
      line,
      line.replace('18', '20').replace('SMF', 'QQQ'),
      line.replace('2008-01-18', '2007-07-17'),
    ].join('\n');
    const { flights } = parse(text, { shiftTo: '2026-12-01' });
    expect(flights.map((each) => each.departsAt)).toEqual(['2027-06-04T00:15', '2026-12-01T00:15']);
    // Summer time is that of the new date.
    for (const { departsAt, departsAtUtc, arrivesAtUtc } of flights) {
      expect(departsAtUtc).toBe(wallToInstant(departsAt, 'America/Los_Angeles'));
      expect(arrivesAtUtc - departsAtUtc).toBe(308 * 60_000);
    }
  });

  describe.skipIf(absent)('of one real day (skipped where the data are not beside the project)', () => {
    const text = absent
      ? ''
      : gunzipSync(readFileSync(new URL('bts2008/us-flights-2008-01-18-day.csv.gz', data))).toString();
    const seats = absent ? '' : readFileSync(new URL('bts2008/planes.csv', data), 'utf8');
    const geonames = absent
      ? []
      : runSlices(parsePlaces(readFileSync(new URL('world/geonames_airports_iata.tsv', data), 'utf8'))).places;

    it.each([
      ['GeoNames', optionsOf(geonames)],
      ['our own facts', ours],
    ])('[SCHED-2] [SCHED-1] come whole, 20,347 of 20,348, with the places of %s', (_name, options) => {
      const lines = text.split('\n');
      const parsed = parse(text, { ...options, seats });
      expect(parsed.accepted).toBe(20_347);
      expect(parsed.rejected).toEqual([{ line: 12_337, reason: 'no scheduled elapsed minutes' }]);
      const equal = parsed.flights.filter((each) => {
        const arrival = (lines[each.line - 1]?.split(',')[6] ?? '').padStart(4, '0').replace('2400', '0000');
        return each.arrivesAt.slice(11).replace(':', '') === arrival;
      });
      expect(equal.length / parsed.flights.length).toBeGreaterThanOrEqual(0.999);
      const capacities = parsed.flights.map((each) => each.cabins[0]?.capacity ?? 0);
      expect(capacities.filter((each) => each !== defaultSeats).length).toBeGreaterThan(7000);
      expect(Math.min(...capacities)).toBeGreaterThan(0);
      // The same file is the same flights.
      expect(parse(text, { ...options, seats })).toEqual(parsed);
    });

    it('[SCHED-9] give way at least every thousand lines, and take less than three seconds', () => {
      let slices = 0;
      const began = performance.now();
      runSlices(readSchedule(btsFormat, text, { ...ours, seats }), () => {
        slices += 1;
      });
      expect(slices).toBeGreaterThanOrEqual(40);
      expect(performance.now() - began).toBeLessThan(3000);
    });
  });
});
