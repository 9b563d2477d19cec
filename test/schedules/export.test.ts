import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { dateOfDay, dayOfDate, instantToWall, wallToInstant } from '../../server/domain/places/zoned-time.ts';
import { ssimFormat } from '../../server/domain/schedules/parse-ssim.ts';
import { readSchedule } from '../../server/domain/schedules/schedule-format.ts';
import type { ScheduledFlight } from '../../server/domain/schedules/scheduled-flight.ts';
import {
  carrierRecord,
  type HeldFlight,
  headerRecord,
  legRecords,
  numbered,
  trailerRecord,
} from '../../server/domain/schedules/write-ssim.ts';
import { newId } from '../../shared/ids.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { runSlices } from './run-slices.ts';
import { leg, ssimFile } from './ssim-file.ts';

const byCode = new Map(worldPlaces().map((each) => [each.code, each]));
const known = { zoneOf: (code: string) => byCode.get(code)?.zone, coordinatesOf: (code: string) => byCode.get(code) };
const zoneOf = (code: string) => byCode.get(code)?.zone as string;

/** All flights of a timetable, number by number, as one file. */
function write(flights: HeldFlight[]): string {
  let serial = 0;
  const records: string[] = [];
  const add = (record: string) => {
    serial += 1;
    records.push(numbered(record, serial));
  };
  add(headerRecord());
  add(carrierRecord('QX', '2026-01-01', '2026-12-31', '2026-01-01'));
  for (const own of Map.groupBy(flights, (each) => each.number).values())
    for (const record of legRecords(own, zoneOf).records) add(record);
  add(trailerRecord('QX', serial));
  return records.join('\n');
}

const facts = (flight: ScheduledFlight | HeldFlight) => {
  const equipment = 'equipment' in flight && flight.equipment ? flight.equipment : (flight as HeldFlight);
  return JSON.stringify([
    flight.carrier,
    flight.number,
    flight.origin,
    flight.destination,
    flight.departsAt,
    flight.arrivesAt,
    flight.departsAtUtc,
    flight.arrivesAtUtc,
    equipment.originTerminal,
    equipment.destinationTerminal,
    equipment.aircraft,
    equipment.serviceType,
    flight.cabins.map(({ cabin, capacity }) => `${cabin} ${capacity}`).sort(),
  ]);
};

// Across the date line both ways, over both hemispheres' changes of the clocks, and half-hour zones.
const stops = ['JFK', 'LHR', 'CDG', 'SYD', 'AKL', 'HNL', 'APW', 'LAX', 'KTM', 'ADL', 'GRU', 'YYT', 'NRT'];
const firstDay = dayOfDate('2026-02-20');

/** A number with one to three legs a day on random days, with times that wander now and then. */
const service = fc.record({
  number: fc
    .tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom('', '', 'A', 'Z'))
    .map(([digits, suffix]) => `${digits}${suffix}`),
  route: fc.shuffledSubarray(stops, { minLength: 2, maxLength: 4 }),
  departs: fc.integer({ min: 0, max: 287 }).map((each) => each * 5),
  block: fc.array(
    fc.integer({ min: 8, max: 170 }).map((each) => each * 5),
    { minLength: 3, maxLength: 3 },
  ),
  ground: fc.integer({ min: 6, max: 200 }).map((each) => each * 5),
  weekdays: fc.integer({ min: 1, max: 127 }),
  days: fc.integer({ min: 1, max: 280 }),
  oddDays: fc.uniqueArray(fc.integer({ min: 0, max: 279 }), { maxLength: 4 }),
  equipment: fc.constantFrom(
    { originTerminal: '2E', destinationTerminal: null, aircraft: '77W', serviceType: 'J' },
    { originTerminal: null, destinationTerminal: null, aircraft: null, serviceType: 'G' },
  ),
});

function timetableOf(services: (typeof service extends fc.Arbitrary<infer T> ? T : never)[]): HeldFlight[] {
  const flights = new Map<string, HeldFlight>();
  for (const each of services) {
    for (let at = 0; at < each.days; at++) {
      const day = firstDay + at;
      const isOdd = each.oddDays.includes(at);
      if (((each.weekdays >> (day % 7)) & 1) === 0 && !isOdd) continue;
      const minutes = (each.departs + (isOdd ? 25 : 0)) % 1440;
      const wall = `${dateOfDay(day)}T${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
      let departs = wallToInstant(wall, zoneOf(each.route[0] as string));
      for (const [place, origin] of each.route.slice(0, -1).entries()) {
        const destination = each.route[place + 1] as string;
        const arrives = departs + (each.block[place] as number) * 60_000;
        const flight: HeldFlight = {
          carrier: 'QX',
          number: each.number,
          origin,
          destination,
          departsAt: instantToWall(departs, zoneOf(origin)),
          arrivesAt: instantToWall(arrives, zoneOf(destination)),
          departsAtUtc: departs,
          arrivesAtUtc: arrives,
          cabins: [
            { cabin: 'economy', capacity: isOdd ? 120 : 180 },
            { cabin: 'business', capacity: 12 },
          ],
          ...each.equipment,
        };
        // One flight a designator, route and local date, as the record has it.
        flights.set(`${flight.number} ${origin}${destination} ${flight.departsAt.slice(0, 10)}`, flight);
        departs = arrives + each.ground * 60_000;
      }
    }
  }
  return [...flights.values()];
}

function writtenAndRead(flights: HeldFlight[]) {
  const read = runSlices(readSchedule(ssimFormat, write(flights), known));
  expect(read.rejected).toEqual([]);
  expect([read.broken, read.notes]).toEqual([null, []]);
  expect(read.flights.map(facts).sort()).toEqual(flights.map(facts).sort());
  return read;
}

describe('writing SSIM', () => {
  it('[SSIM-10] and reading it again gives the same flights: several legs, suffixes, the date line, changes of the clocks', () => {
    let legs = 0;
    let dated = 0;
    fc.assert(
      fc.property(fc.array(service, { minLength: 1, maxLength: 3 }), (services) => {
        const flights = timetableOf(services);
        fc.pre(flights.length > 0);
        const read = writtenAndRead(flights);
        legs += read.accepted;
        dated += flights.length;
      }),
      { numRuns: 40 },
    );
    expect(dated / legs).toBeGreaterThan(3);
  });

  it('[SSIM-10] tells legs of one flight date that depart on different days apart (seed 1389156585)', () => {
    const route = ['LAX', 'CDG', 'GRU', 'AKL'];
    const equipment = { originTerminal: '2E', destinationTerminal: null, aircraft: '77W', serviceType: 'J' } as const;
    // The second day's CDG-GRU takes the place of the first day's, whose GRU-AKL is then a flight of its own.
    const times = { departs: 675, block: [65, 190, 40], ground: 135, weekdays: 28, days: 2, oddDays: [0] };
    const flights = timetableOf([{ number: '1', route, equipment, ...times }]);
    expect(flights.filter(({ origin }) => origin === 'GRU').map(({ departsAt }) => departsAt)).toEqual([
      '2026-02-21T01:25',
      '2026-02-22T01:00',
    ]);
    writtenAndRead(flights);
  });

  it('[SSIM-10] keeps the legs of a flight together, and splits a period where the clocks change', () => {
    const read = runSlices(
      readSchedule(
        ssimFormat,
        ssimFile([
          leg({ from: '01MAR26', to: '31MAR26', leg: '01', departs: 'JFK 2200', arrives: 'LHR 1000', dates: '01' }),
          leg({ from: '01MAR26', to: '31MAR26', leg: '02', departs: 'LHR 1130', arrives: 'CDG 1345', dates: '11' }),
        ]),
        known,
      ),
    );
    const held = read.flights.map(({ equipment, ...flight }) => ({
      ...flight,
      ...(equipment as NonNullable<typeof equipment>),
    }));
    const { records, written } = legRecords(held, zoneOf);
    expect(written).toBe(62);
    // New York changes on 8 March, London on the 29th, on which the flight of the 28th lands; what is left are four days.
    expect(records.map((record) => record.slice(9, 36) + record.slice(36, 39) + record.slice(192, 194))).toEqual([
      '0101J01MAR2607MAR261234567 JFK01',
      '0102J01MAR2607MAR261234567 LHR11',
      '0201J08MAR2627MAR261234567 JFK01',
      '0202J08MAR2627MAR261234567 LHR11',
      '0301J28MAR2631MAR2612   67 JFK01',
      '0302J28MAR2631MAR2612   67 LHR11',
    ]);
    expect([records[0], records[2]].map((record) => record?.slice(47, 52))).toEqual(['-0500', '-0400']);
  });

  it('[SSIM-10] leaves out what the columns have no room for', () => {
    const flight = timetableOf([
      {
        number: '1',
        route: ['JFK', 'LHR'],
        departs: 600,
        block: [420, 420, 420],
        ground: 60,
        weekdays: 127,
        days: 1,
        oddDays: [],
        equipment: { originTerminal: null, destinationTerminal: null, aircraft: null, serviceType: 'G' },
      },
    ])[0] as HeldFlight;
    const seats = (capacity: number) =>
      legRecords([{ ...flight, cabins: [{ cabin: 'economy', capacity }] }], zoneOf).records;
    expect(seats(0)[0]?.slice(172, 192).trim()).toBe('Y000');
    expect(seats(2000)[0]?.slice(172, 192).trim()).toBe('Y999Y999Y2');
    expect(seats(1_000_000)).toEqual([]);
  });

  describe('of a server', () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await openScene();
    });
    afterAll(() => scene.close());

    it('[SSIM-10] what was imported comes out and goes in again without a change, part by part', async () => {
      const { admin } = scene.operator.trpc;
      // Fifty numbers of two carriers: more than one part.
      const legs = Array.from({ length: 50 }, (_, at) =>
        leg({
          flight: String(at + 1),
          from: '01MAR27',
          to: '31MAR27',
          days: at % 2 ? '12345  ' : '1234567',
          departs: 'JFK 0930 -0500 4',
          arrives: 'BOS 1045',
        }),
      );
      const text = `${ssimFile(legs)}${ssimFile(legs.slice(0, 5)).replaceAll('QX', 'QY')}`;
      const first = await admin.flights.import.mutate({ format: 'ssim', text });
      expect(first).toMatchObject({ accepted: 55, rejected: [] });
      // And one that no industry timetable brought.
      await scene.flight({ departsAt: '2027-03-05T22:00', arrivesAt: '2027-03-06T10:00' });
      const parts: string[] = [];
      let cursor: string | null = null;
      let flights = 0;
      do {
        const part: { text: string; flights: number; leftOut: number; nextCursor: string | null } =
          await admin.flights.export.query({ format: 'ssim', cursor });
        parts.push(part.text);
        flights += part.flights;
        expect(part.leftOut).toBe(0);
        cursor = part.nextCursor;
      } while (cursor);
      expect([parts.length, flights]).toEqual([2, first.flights.created + 1]);
      const lines = parts.join('').trimEnd().split('\n');
      expect(lines.every((line) => line.length === 200)).toBe(true);
      expect(lines.length % 5).toBe(0);
      const serials = lines.filter((line) => !/^0+$/.test(line)).map((line) => Number(line.slice(194)));
      expect(serials).toEqual(serials.map((_, at) => at + 1));
      const again = await admin.flights.import.mutate({ format: 'ssim', text: parts.join('') });
      expect(again).toMatchObject({ rejected: [], notes: [], flights: { created: 0, updated: 0, unchanged: flights } });
      const whole = await admin.imports.preview.mutate({
        id: newId(),
        format: 'ssim',
        text: parts.join(''),
        isWhole: true,
      });
      expect(whole).toMatchObject({
        flights: { created: 0, updated: 0, cancelled: 0, unchanged: flights },
        notWhole: null,
      });
      const one = await admin.flights.export.query({
        format: 'ssim',
        carrier: 'QY',
        from: '2027-03-01',
        to: '2027-03-07',
      });
      expect([one.flights, one.nextCursor]).toEqual([3 * 7 + 2 * 5, null]);
    });

    it('[CONN-4] connection times are imported, and the same again changes nothing', async () => {
      const { admin } = scene.operator.trpc;
      const text = 'arrival_airport,departure_airport,status,minutes\nLHR,,DD,60\nLHR,LGW,,150\n*,,II,90\nQQQ,,,60\n';
      expect(await admin.flights.import.mutate({ format: 'mct', text })).toMatchObject({
        accepted: 3,
        connections: { created: 3, updated: 0, unchanged: 0 },
        rejected: [{ line: 5, reason: 'unknown place QQQ' }],
      });
      const changed = await admin.flights.import.mutate({ format: 'mct', text: text.replace('150', 'NO') });
      expect(changed.connections).toEqual({ created: 0, updated: 1, unchanged: 2 });
      const { rows } = await scene.db.query(`select minutes from connection_time where departure_airport = 'LGW'`);
      expect(rows).toEqual([{ minutes: null }]);
    });

    it('[CONN-5] carriers have their names and alliances, and those of operators stay', async () => {
      const { rows } = await scene.db.query(
        `select code, name, alliance from carrier where code in ('LH', 'QY') order by code`,
      );
      expect(rows).toEqual([
        { code: 'LH', name: 'Lufthansa', alliance: 'star_alliance' },
        { code: 'QY', name: 'QY', alliance: null },
      ]);
    });
  });
});
