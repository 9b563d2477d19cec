import { buildConnectionTable } from '../../server/domain/connections/minimum-connection.ts';
import { greatCircleKm } from '../../server/domain/places/great-circle.ts';
import { dateOfDay, wallToInstant } from '../../server/domain/places/zoned-time.ts';
import type { SearchTask } from '../../server/domain/search/answer-search.ts';
import { type ConnectionTimes, connectionTimes } from '../../server/domain/search/connection-times.ts';
import type { Front } from '../../server/domain/search/front.ts';
import { defaultBounds, resultsMax, turnaroundMinutes } from '../../server/domain/search/search-bounds.ts';
import { noFilters, type SliceQuestion } from '../../server/domain/search/slice-question.ts';
import type { Timetable } from '../../server/domain/timetable/timetable.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';
import { randomOf, type World } from './search-world.ts';

/** A question as both sides are asked it. */
export interface Asked {
  origin: string;
  destination: string;
  day: number;
  seats: number;
  /** Of four. */
  cabin: number;
  clock: readonly [from: number, to: number];
  opens: number;
  closes: number;
}

const connectionMinutesMax = 360;

/** The timetable of a world, and its rules for connections: the defaults. */
export function timetableOf(
  world: World,
  onSwap?: (timetable: Timetable) => void,
): { writer: TimetableWriter; times: ConnectionTimes; buildMs: number } {
  const startedAt = performance.now();
  const writer = new TimetableWriter({
    airport: (code) => world.airports.get(code),
    flights: world.flights.length,
    ...(onSwap ? { onSwap } : {}),
  });
  for (let from = 0; from < world.flights.length; from += 5_000) writer.load(world.flights.slice(from, from + 5_000));
  writer.rearrange();
  const buildMs = performance.now() - startedAt;
  return { writer, times: connectionTimes(writer.timetable, buildConnectionTable([])), buildMs };
}

/** Pairs that people fly between: the ends of two flights, more than 300 km apart. */
export function drawQuestions(world: World, count: number, seed: number, isPlain = false): Asked[] {
  const random = randomOf(seed);
  const { flights, airports } = world;
  const pick = () => flights[Math.floor(random() * flights.length)] as (typeof flights)[number];
  const isOneCabin = flights.every((flight) => flight.cabins.length === 1);
  const asked: Asked[] = [];
  while (asked.length < count) {
    const [origin, destination] = [pick().origin, pick().destination];
    const [from, to] = [airports.get(origin), airports.get(destination)];
    if (!from || !to || greatCircleKm(from, to) < 300) continue;
    // Not the last day: who departs then may arrive where the timetable has ended.
    const day = world.firstDay + Math.floor(random() * Math.max(1, world.days - 2));
    const start = Math.floor(random() * 18) * 60;
    asked.push({
      origin,
      destination,
      day,
      seats: isPlain ? 1 : 1 + Math.floor(random() * 4),
      cabin: isPlain || isOneCabin ? 0 : Math.floor(random() * 4),
      clock: isPlain || random() < 0.5 ? [0, 1_439] : [start, start + 359],
      opens: wallToInstant(`${dateOfDay(day)}T00:00`, from.zone) / 60_000 - 60,
      closes: wallToInstant(`${dateOfDay(day + 1)}T00:00`, from.zone) / 60_000 + 60,
    });
  }
  return asked;
}

export function questionOf(
  writer: TimetableWriter,
  asked: Asked,
  maxStops: 0 | 1 | 2,
  how: Pick<SliceQuestion, 'keep'> & { detour: number },
): SliceQuestion {
  return {
    origins: [{ airport: writer.names.airports.find(asked.origin), opens: asked.opens, closes: asked.closes }],
    destinations: [writer.names.airports.find(asked.destination)],
    firstDay: asked.day,
    days: 1,
    cabin: asked.cabin,
    seats: asked.seats,
    maxStops,
    notBefore: Number.MIN_SAFE_INTEGER,
    bounds: { connectionMinutesMax, detour: how.detour, detourSlackKm: 400, bucketMinutes: 120, looksMax: 1e9 },
    filters: { ...noFilters, departs: asked.clock },
    keep: how.keep,
  };
}

/** The same as a task of the engine, as `search.itineraries` asks it. */
export const taskOf = (writer: TimetableWriter, asked: Asked, maxStops: 0 | 1 | 2): SearchTask => ({
  slices: [
    {
      ...questionOf(writer, asked, maxStops, { keep: 'front', detour: 0 }),
      bounds: defaultBounds(),
      filters: noFilters,
    },
  ],
  sort: 'best',
  resultsMax,
  turnaroundMinutes,
  priceMax: null,
});

/** The parameters of the oracle's statements. */
export const parametersOf = (numbers: Map<string, number>, asked: Asked): number[] => [
  numbers.get(asked.origin) ?? -1,
  numbers.get(asked.destination) ?? -1,
  asked.opens,
  asked.closes,
  asked.day,
  asked.seats,
  connectionMinutesMax,
  ...asked.clock,
];

/** Journeys of a front as text, sorted: the flights' numbers and the price of one seat. */
export function journeysOf(
  writer: TimetableWriter,
  front: Front,
  seats: number,
  stops: (n: number) => boolean,
): string[] {
  const { id3 } = writer.timetable;
  const found: string[] = [];
  for (let entry = 0; entry < front.count; entry++) {
    if (!stops(front.stops[entry] as number)) continue;
    const rows = [0, 1, 2].map((leg) => front.rows[entry * 3 + leg] as number);
    const numbers = rows.map((row) => (row < 0 ? -1 : (id3[row] as number)));
    found.push(`${numbers.join(' ')} ${(front.price[entry] as number) / seats}`);
  }
  return found.sort();
}
