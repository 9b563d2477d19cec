import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { questionOf, timetableOf } from '../../scripts/bench/search-questions.ts';
import { hasRealDay, realDay } from '../../scripts/bench/search-world.ts';
import { wallToInstant } from '../../server/domain/places/zoned-time.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import { wallAt } from '../../server/domain/timetable/flight-view.ts';

if (!hasRealDay)
  console.warn('SKIPPED: ../shared/data is not here, so the journeys of the real day are not looked for');

const dayFile = new URL('../../../shared/data/bts2008/us-flights-2008-01-18-day.csv.gz', import.meta.url);

/** A journey with one change, from two rows of the file. */
interface Known {
  /** carrier, flight, from, to, local departure, local arrival, minutes: the rows as they stand in the file. */
  first: string;
  second: string;
  wait: number;
  minutes: number;
  departs: string;
  arrives: string;
}

// Worked out with pencil and paper: standard time is UTC−4 at San Juan, −5 in the East, −6 in the centre, −7 in the
// mountains, −8 at the Pacific, −9 in Alaska, −10 in Hawaii. Each first row's arrival is checked by its own minutes.
const journeys: Known[] = [
  // 11:20 UTC−8 is 19:20Z, + 135 is 21:35Z: 14:35 at Denver (UTC−7), as the row says. To 15:35: 60, the least there is.
  // 15:35 UTC−7 is 22:35Z, + 224 is 02:19Z: 21:19 at Boston (UTC−5). From 19:20Z to 02:19Z: 6:59 = 135 + 60 + 224.
  {
    first: 'F9,226,SMF,DEN,1120,1435,135',
    second: 'UA,354,DEN,BOS,1535,2119,224',
    wait: 60,
    minutes: 135 + 60 + 224,
    departs: '2008-01-18T19:20Z',
    arrives: '2008-01-19T02:19Z',
  },
  // 16:20 UTC−9 is 01:20Z, + 201 is 04:41Z: 20:41 at Seattle (UTC−8). To 22:25: 104.
  // 22:25 UTC−8 is 06:25Z, + 332 is 11:57Z: 06:57 at Miami (UTC−5), a day later. From 01:20Z to 11:57Z: 10:37.
  {
    first: 'AS,96,ANC,SEA,1620,2041,201',
    second: 'AS,16,SEA,MIA,2225,0657,332',
    wait: 104,
    minutes: 201 + 104 + 332,
    departs: '2008-01-19T01:20Z',
    arrives: '2008-01-19T11:57Z',
  },
  // 07:30 UTC−10 is 17:30Z, + 298 is 22:28Z: 14:28 at San Francisco (UTC−8). To 15:40: 72.
  // 15:40 UTC−8 is 23:40Z, + 145 is 02:05Z: 19:05 at Denver (UTC−7). From 17:30Z to 02:05Z: 8:35.
  {
    first: 'UA,72,HNL,SFO,0730,1428,298',
    second: 'F9,108,SFO,DEN,1540,1905,145',
    wait: 72,
    minutes: 298 + 72 + 145,
    departs: '2008-01-18T17:30Z',
    arrives: '2008-01-19T02:05Z',
  },
  // 09:43 UTC−7 is 16:43Z, + 107 is 18:30Z: 11:30 at Denver (UTC−7). To 12:40: 70.
  // 12:40 UTC−7 is 19:40Z, + 200 is 23:00Z: 18:00 at Tampa (UTC−5). From 16:43Z to 23:00Z: 6:17.
  {
    first: 'UA,160,BOI,DEN,0943,1130,107',
    second: 'F9,355,DEN,TPA,1240,1800,200',
    wait: 70,
    minutes: 107 + 70 + 200,
    departs: '2008-01-18T16:43Z',
    arrives: '2008-01-18T23:00Z',
  },
  // 10:40 UTC−5 is 15:40Z, + 93 is 17:13Z: 12:13 at Newark (UTC−5). To 13:20: 67.
  // 13:20 UTC−5 is 18:20Z, + 365 is 00:25Z: 16:25 at San Diego (UTC−8). From 15:40Z to 00:25Z: 8:45.
  {
    first: 'XE,2719,PWM,EWR,1040,1213,93',
    second: 'CO,1726,EWR,SAN,1320,1625,365',
    wait: 67,
    minutes: 93 + 67 + 365,
    departs: '2008-01-18T15:40Z',
    arrives: '2008-01-19T00:25Z',
  },
  // 13:05 UTC−7 (Arizona keeps one time) is 20:05Z, + 204 is 23:29Z: 17:29 at Chicago (UTC−6). To 19:00: 91.
  // 19:00 UTC−6 is 01:00Z, + 91 is 02:31Z: 21:31 at Buffalo (UTC−5). From 20:05Z to 02:31Z: 6:26.
  {
    first: 'AA,1228,TUS,ORD,1305,1729,204',
    second: 'UA,246,ORD,BUF,1900,2131,91',
    wait: 91,
    minutes: 204 + 91 + 91,
    departs: '2008-01-18T20:05Z',
    arrives: '2008-01-19T02:31Z',
  },
  // 14:45 UTC−4 is 18:45Z, + 185 is 21:50Z: 16:50 at Orlando (UTC−5). To 18:12: 82.
  // 18:12 UTC−5 is 23:12Z, + 382 is 05:34Z: 21:34 at Seattle (UTC−8). From 18:45Z to 05:34Z: 10:49.
  {
    first: 'AA,1480,SJU,MCO,1445,1650,185',
    second: 'AS,19,MCO,SEA,1812,2134,382',
    wait: 82,
    minutes: 185 + 82 + 382,
    departs: '2008-01-18T18:45Z',
    arrives: '2008-01-19T05:34Z',
  },
  // 08:20 UTC−7 is 15:20Z, + 165 is 18:05Z: 12:05 at Chicago (UTC−6). To 13:10: 65.
  // 13:10 UTC−6 is 19:10Z, + 100 is 20:50Z: 15:50 at Rochester (UTC−5). From 15:20Z to 20:50Z: 5:30.
  {
    first: 'AA,1554,ABQ,ORD,0820,1205,165',
    second: 'UA,472,ORD,ROC,1310,1550,100',
    wait: 65,
    minutes: 165 + 65 + 100,
    departs: '2008-01-18T15:20Z',
    arrives: '2008-01-18T20:50Z',
  },
  // 06:30 UTC−6 is 12:30Z, + 99 is 14:09Z: 08:09 at Memphis (UTC−6). To 09:15: 66.
  // 09:15 UTC−6 is 15:15Z, + 103 is 16:58Z: 11:58 at Jacksonville (UTC−5). From 12:30Z to 16:58Z: 4:28.
  {
    first: 'NW,1568,OMA,MEM,0630,0809,99',
    second: '9E,5707,MEM,JAX,0915,1158,103',
    wait: 66,
    minutes: 99 + 66 + 103,
    departs: '2008-01-18T12:30Z',
    arrives: '2008-01-18T16:58Z',
  },
  // 17:20 UTC−6 is 23:20Z, + 186 is 02:26Z: 19:26 at Denver (UTC−7). To 20:45: 79.
  // 20:45 UTC−7 is 03:45Z, + 168 is 06:33Z: 22:33 at Portland (UTC−8). From 23:20Z to 06:33Z: 7:13.
  {
    first: 'OO,5993,BHM,DEN,1720,1926,186',
    second: 'UA,419,DEN,PDX,2045,2233,168',
    wait: 79,
    minutes: 186 + 79 + 168,
    departs: '2008-01-18T23:20Z',
    arrives: '2008-01-19T06:33Z',
  },
];

describe.skipIf(!hasRealDay)('ten journeys of a real day', () => {
  it('[SEARCH-7] that were worked out by hand are found, and nothing is shorter', () => {
    const lines = gunzipSync(readFileSync(dayFile)).toString().split('\n');
    const world = realDay();
    // Nobody is sold out here: what is looked for is the timetable.
    for (const flight of world.flights) for (const cabin of flight.cabins) cabin.available = 9;
    const { writer, times } = timetableOf(world);
    const t = writer.timetable;
    const utc = (minute: number) => `${wallAt(minute, 0)}Z`;
    for (const { first, second, ...known } of journeys) {
      for (const row of [first, second])
        expect(lines.filter((line) => line.startsWith(`2008-01-18,${row},`))).toHaveLength(1);
      const [carrier, number, origin = '', hub] = first.split(',');
      const [carrier2, number2, from, destination = ''] = second.split(',');
      expect(from).toBe(hub);
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
      const name = (row: number) => `${writer.names.carriers.at(t.carrier[row] as number)}${t.number[row]}`;
      const found = Array.from({ length: front.count }, (_, entry) => entry)
        .filter((entry) => front.stops[entry] === 1)
        .map((entry) => {
          const [row, row2] = [front.rows[entry * 3] as number, front.rows[entry * 3 + 1] as number];
          const [departs, minutes] = [front.departs[entry] as number, front.minutes[entry] as number];
          return {
            names: `${name(row)} ${name(row2)}`,
            hub: writer.names.airports.at(t.marketTo[t.market[row] as number] as number),
            wait: (t.departs[row2] as number) - (t.departs[row] as number) - (t.minutes[row] as number),
            minutes,
            departs: utc(departs),
            arrives: utc(departs + minutes),
          };
        });
      expect(found).toContainEqual({ names: `${carrier}${number} ${carrier2}${number2}`, hub, ...known });
      expect(Math.min(...found.map((each) => each.minutes))).toBe(known.minutes);
    }
  });
});
