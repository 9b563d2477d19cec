import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journeysSql, loadOracle } from '../../scripts/bench/search-oracle.ts';
import {
  drawQuestions,
  journeysOf,
  parametersOf,
  questionOf,
  timetableOf,
} from '../../scripts/bench/search-questions.ts';
import { hasRealDay, realDay, type World, worldWeek } from '../../scripts/bench/search-world.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import type { Front } from '../../server/domain/search/front.ts';
import { createTestDatabase } from '../support/test-database.ts';

if (!hasRealDay) console.warn('SKIPPED: ../shared/data is not here, so the real day is not compared');

const worlds: [name: string, isHere: boolean, make: () => World][] = [
  ['a world week between the busiest airports', true, () => worldWeek(0.008)],
  ['the real day', hasRealDay, realDay],
];

describe.each(worlds)('%s', (_, isHere, make) => {
  if (!isHere) return;
  let world: World;
  let db: { url: string; drop: () => Promise<void> };
  let pool: pg.Pool;
  let numbers: Map<string, number>;
  let made: ReturnType<typeof timetableOf>;

  beforeAll(async () => {
    world = make();
    made = timetableOf(world);
    db = await createTestDatabase();
    pool = new pg.Pool({ connectionString: db.url, max: 1 });
    numbers = await loadOracle(pool, world);
  });
  afterAll(async () => {
    await pool.end();
    await db.drop();
  });

  it('[SEARCH-7] the engine finds exactly the journeys that SQL finds', async () => {
    const { writer, times } = made;
    let journeys = 0;
    for (const [place, asked] of drawQuestions(world, 40, 3).entries()) {
      const stops = place % 2 === 0 ? 1 : 2;
      const { rows } = await pool.query(journeysSql(stops, asked.cabin), parametersOf(numbers, asked));
      const theirs = rows.map((row) => `${row.a} ${row.b} ${row.c} ${row.price}`).sort();
      const front = findFront(writer.timetable, times, questionOf(writer, asked, stops, { keep: 'all', detour: 0 }));
      const ours = journeysOf(writer, front, asked.seats, (n) => (stops === 1 ? n <= 1 : n === 2));
      expect(ours).toEqual(theirs);
      journeys += theirs.length;
    }
    expect(journeys).toBeGreaterThan(500);
  });

  it('[SEARCH-8] what is pruned loses nothing: the front is that of all journeys, and connections keep their minimum', () => {
    const { writer, times } = made;
    const t = writer.timetable;
    for (const asked of drawQuestions(world, 60, 4)) {
      const find = (keep: 'all' | 'front') => findFront(t, times, questionOf(writer, asked, 2, { keep, detour: 1.6 }));
      const all = find('all');
      const bucket = (front: Front, entry: number) =>
        Math.floor(
          ((front.departs[entry] as number) + (t.departsOffset[front.rows[entry * 3] as number] as number)) / 120,
        );
      const isBeaten = (entry: number): boolean => {
        for (let other = 0; other < all.count; other++) {
          if (bucket(all, other) !== bucket(all, entry)) continue;
          const [p, m, s] = [
            (all.price[other] as number) - (all.price[entry] as number),
            (all.minutes[other] as number) - (all.minutes[entry] as number),
            (all.stops[other] as number) - (all.stops[entry] as number),
          ];
          if (p <= 0 && m <= 0 && s <= 0 && (p < 0 || m < 0 || s < 0)) return true;
        }
        return false;
      };
      const rows = (front: Front, entry: number) => front.rows.slice(entry * 3, entry * 3 + 3).join();
      const expected = Array.from({ length: all.count }, (_, entry) => entry)
        .filter((entry) => !isBeaten(entry))
        .map((entry) => rows(all, entry));
      const front = find('front');
      expect(Array.from({ length: front.count }, (_, entry) => rows(front, entry)).sort()).toEqual(expected.sort());
      for (let entry = 0; entry < all.count; entry++) {
        const legs = [...all.rows.slice(entry * 3, entry * 3 + 3)].filter((row) => row >= 0);
        for (const [at, row] of legs.slice(1).entries()) {
          const before = legs[at] as number;
          const wait = (t.departs[row] as number) - (t.departs[before] as number) - (t.minutes[before] as number);
          const markets = [t.market[before] as number, t.market[row] as number];
          const isDomestic = markets.every((market) => t.marketDomestic[market] === 1);
          expect(wait).toBeGreaterThanOrEqual(isDomestic ? 60 : 75);
        }
      }
    }
  });
});
