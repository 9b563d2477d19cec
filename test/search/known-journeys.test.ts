import { describe, expect, it } from 'vitest';
import { questionOf, timetableOf } from '../../scripts/bench/search-questions.ts';
import { hasRealDay, realDay } from '../../scripts/bench/search-world.ts';
import { wallToInstant } from '../../server/domain/places/zoned-time.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import { wallAt } from '../../server/domain/timetable/flight-view.ts';

if (!hasRealDay)
  console.warn('SKIPPED: ../shared/data is not here, so the journeys of the real day are not looked for');

/**
 * The shortest way with one change between pairs of 18 January 2008, worked out from the file without our code: the
 * clock of the hub says how long the connection is, the file how long each flight takes, and the three add up.
 */
const journeys: [origin: string, destination: string, way: string, minutes: number][] = [
  ['SMF', 'BOS', 'F9226 11:20 DEN 60 UA354 15:35', 135 + 60 + 224],
  ['ANC', 'MIA', 'AS96 16:20 SEA 104 AS16 22:25', 201 + 104 + 332],
  ['HNL', 'DEN', 'UA72 07:30 SFO 72 F9108 15:40', 298 + 72 + 145],
  ['BOI', 'TPA', 'UA160 09:43 DEN 70 F9355 12:40', 107 + 70 + 200],
  ['PWM', 'SAN', 'XE2719 10:40 EWR 67 CO1726 13:20', 93 + 67 + 365],
  ['TUS', 'BUF', 'AA1228 13:05 ORD 91 UA246 19:00', 204 + 91 + 91],
  ['SJU', 'SEA', 'AA1480 14:45 MCO 82 AS19 18:12', 185 + 82 + 382],
  ['ABQ', 'ROC', 'AA1554 08:20 ORD 65 UA472 13:10', 165 + 65 + 100],
  ['OMA', 'JAX', 'NW1568 06:30 MEM 66 9E5707 09:15', 99 + 66 + 103],
  ['BHM', 'PDX', 'OO5993 17:20 DEN 79 UA419 20:45', 186 + 79 + 168],
];

describe.skipIf(!hasRealDay)('ten journeys of a real day', () => {
  it('[SEARCH-7] that were worked out by hand are found, and nothing is shorter', () => {
    const world = realDay();
    // Nobody is sold out here: what is looked for is the timetable.
    for (const flight of world.flights) for (const cabin of flight.cabins) cabin.available = 9;
    const { writer, times } = timetableOf(world);
    const t = writer.timetable;
    for (const [origin, destination, way, minutes] of journeys) {
      const zone = world.airports.get(origin)?.zone as string;
      const asked = {
        origin,
        destination,
        day: world.firstDay,
        seats: 1,
        cabin: 0,
        clock: [0, 1_439] as const,
        opens: wallToInstant('2008-01-18T00:00', zone) / 60_000,
        closes: wallToInstant('2008-01-19T00:00', zone) / 60_000,
      };
      const front = findFront(t, times, questionOf(writer, asked, 1, { keep: 'all', detour: 0 }));
      const found = Array.from({ length: front.count }, (_, entry) => entry)
        .filter((entry) => front.stops[entry] === 1)
        .map((entry) => {
          const [first, second] = [front.rows[entry * 3] as number, front.rows[entry * 3 + 1] as number];
          const name = (row: number) => `${writer.names.carriers.at(t.carrier[row] as number)}${t.number[row]}`;
          const at = (row: number) => wallAt(t.departs[row] as number, t.departsOffset[row] as number).slice(11);
          const arrives = (t.departs[first] as number) + (t.minutes[first] as number);
          const hub = writer.names.airports.at(t.marketTo[t.market[first] as number] as number);
          const wait = (t.departs[second] as number) - arrives;
          return {
            way: `${name(first)} ${at(first)} ${hub} ${wait} ${name(second)} ${at(second)}`,
            minutes: front.minutes[entry] as number,
          };
        });
      expect(found).toContainEqual({ way, minutes });
      expect(Math.min(...found.map((each) => each.minutes))).toBe(minutes);
    }
  });
});
