import type { Pool } from 'pg';
import { writeFlights } from '../../server/domain/inventory/write-flights.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { dateOfDay } from '../../server/domain/places/zoned-time.ts';
import { wallAt } from '../../server/domain/timetable/flight-view.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { newId } from '../../shared/ids.ts';
import { type Database, openStage, type Stage } from './open-stage.ts';
import { type Asked, drawQuestions } from './search-questions.ts';
import { type World, worldWeek } from './search-world.ts';
import type { Program } from './start-program.ts';

/** A real server with a week of the world in its record. */
export interface ServedWorld {
  stage: Stage;
  database: Database;
  server: Program;
  url: string;
  world: World;
  flights: number;
}

/** Of the world's airports, at most: the record takes a while to be written. */
const worldShareMax = 0.02;
/** What a server shows must not have departed. */
const daysAhead = 30;

export async function serveWorld(share: number, closing: Closing, say: (line: string) => void): Promise<ServedWorld> {
  const stage = await openStage(closing, say);
  const world = worldWeek(Math.min(share, worldShareMax), Math.floor(Date.now() / 86_400_000) + daysAhead);
  const database = await stage.database('bench_search', 1, 1_000_000);
  say('writing the timetable');
  const flights = await writeWorld(database.pool, world);
  // As any record has been some minutes after an import; it would be on the time of the first turns.
  await database.pool.query('vacuum analyze');
  await database.pool.query('checkpoint');
  say(`starting the server with ${flights} flights`);
  const server = await stage.server(database);
  return { stage, database, server, url: server.ready, world, flights };
}

/** The flights between airports that the server knows. */
async function writeWorld(pool: Pool, world: World): Promise<number> {
  const known = new Set(worldPlaces().map(({ code }) => code));
  const flights = world.flights.filter((each) => known.has(each.origin) && known.has(each.destination));
  let written = 0;
  for (let from = 0; from < flights.length; from += 2_000)
    written += await writeFlights(
      pool,
      flights.slice(from, from + 2_000).map((each) => ({
        id: newId(),
        carrier: each.carrier,
        number: each.number,
        origin: each.origin,
        destination: each.destination,
        departsAt: wallAt(each.departs, each.departsOffset),
        arrivesAt: wallAt(each.departs + each.minutes, each.arrivesOffset),
        departsAtUtc: each.departs * 60_000,
        arrivesAtUtc: (each.departs + each.minutes) * 60_000,
        cabins: each.cabins.map(({ cabin, price, currency }) => ({
          cabin,
          capacity: 100,
          price: { amount: price, currency },
        })),
      })),
    );
  return written;
}

/** Questions with the input of `search.itineraries` that asks the same; one in ten looks for two stops. */
export const itineraryQuestions = (world: World, count: number): { asked: Asked; maxStops: 1 | 2; input: string }[] =>
  drawQuestions(world, count, 3, true).map((asked, n) => {
    const maxStops = n % 10 === 0 ? 2 : 1;
    const slice = { origin: [asked.origin], destination: [asked.destination], date: dateOfDay(asked.day) };
    return { asked, maxStops, input: JSON.stringify({ slices: [slice], maxStops }) };
  });
