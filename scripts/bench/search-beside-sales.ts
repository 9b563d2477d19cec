import { writeFlights } from '../../server/domain/inventory/write-flights.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { dateOfDay } from '../../server/domain/places/zoned-time.ts';
import { wallAt } from '../../server/domain/timetable/flight-view.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { newId } from '../../shared/ids.ts';
import { median } from './bench-report.ts';
import { guests } from './open-host.ts';
import { openStage, type Stage } from './open-stage.ts';
import { drawQuestions } from './search-questions.ts';
import { type World, worldWeek } from './search-world.ts';
import type { CallPlan, CallResult, FromCalls } from './timed-calls.ts';

/** What holds take with and without searches beside them; medians over the rounds. */
export interface BesideSales {
  flights: number;
  rounds: number;
  holdsPerSecond: number;
  searchesPerSecond: number;
  alone: CallResult;
  beside: CallResult;
  searches: CallResult;
  /** Holds' p95 with searches ÷ without. */
  ratioP95: number;
}

/** The busiest share of the world's airports: the server knows all of them. */
const worldShare = 0.02;
const sockets = 16;
const holdsPerSecond = 300;
const searchesPerSecond = 100;
const seconds = 5;
const patienceMs = 60_000;
const questions = 500;

/**
 * Holds at a steady pace at a real server, with and without searches for journeys at another, over sockets, in turn.
 */
export async function benchBesideSales(
  rounds: number,
  closing: Closing,
  say: (line: string) => void,
): Promise<BesideSales> {
  const stage = await openStage(closing, say);
  const world = worldWeek(worldShare);
  const database = await stage.database('bench_search', 1, 1_000_000);
  say('writing the timetable');
  const flights = await writeWorld(database.pool, world);
  say(`starting the server with ${flights} flights`);
  const { ready: url } = await stage.server(database);
  const tokens = await guests(url, sockets);
  const holds = await openCalls(stage, {
    url,
    tokens,
    method: 'mutation',
    path: 'booking.hold',
    inputs: [`{"id":"$ID","legs":[{"flightId":"${database.flightIds[0]}","cabin":"economy"}],"seats":1}`],
  });
  const searches = await openCalls(stage, {
    url,
    tokens,
    method: 'query',
    path: 'search.itineraries',
    inputs: drawQuestions(world, questions, 3, true).map((asked, n) =>
      JSON.stringify({
        slices: [{ origin: [asked.origin], destination: [asked.destination], date: dateOfDay(asked.day) }],
        // One in ten looks for two stops.
        maxStops: n % 10 === 0 ? 2 : 1,
      }),
    ),
  });
  const taken: Record<'alone' | 'beside' | 'searches', CallResult[]> = { alone: [], beside: [], searches: [] };
  const holdSeats = () => holds({ perSecond: holdsPerSecond, seconds });
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    // By turns one and the other is first.
    let alone = await (round % 2 === 0 ? holdSeats() : undefined);
    const [beside, found] = await Promise.all([holdSeats(), searches({ perSecond: searchesPerSecond, seconds })]);
    alone ??= await holdSeats();
    if (round === 0) continue;
    taken.alone.push(alone);
    taken.beside.push(beside);
    taken.searches.push(found);
  }
  const [alone, beside] = [middle(taken.alone), middle(taken.beside)];
  return {
    flights,
    rounds,
    holdsPerSecond,
    searchesPerSecond,
    alone,
    beside,
    searches: middle(taken.searches),
    ratioP95: beside.p95Ms / alone.p95Ms,
  };
}

async function openCalls(stage: Stage, plan: CallPlan) {
  const program = await stage.program('calls');
  await program.ask({ open: plan }, patienceMs);
  return async (run: { perSecond: number; seconds: number }): Promise<CallResult> =>
    (await program.ask<FromCalls & { ran: CallResult }>({ run }, seconds * 1_000 + patienceMs)).ran;
}

const middle = (results: CallResult[]): CallResult => {
  const of = (name: keyof CallResult) => median(results.map((each) => each[name]));
  return {
    answered: of('answered'),
    refused: of('refused'),
    p50Ms: of('p50Ms'),
    p95Ms: of('p95Ms'),
    p99Ms: of('p99Ms'),
    bytes: of('bytes'),
  };
};

async function writeWorld(pool: Parameters<typeof writeFlights>[0], world: World): Promise<number> {
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

export const besideSalesText = (report: BesideSales): string => {
  const line = (name: string, { p50Ms, p95Ms, p99Ms, answered, refused }: CallResult) =>
    `  ${name.padEnd(34)}${[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(2).padStart(9)).join('')}   ${answered} answered, ${refused} refused`;
  return [
    `${report.holdsPerSecond} holds a second at a server with ${report.flights} flights, with and without ${report.searchesPerSecond} searches; medians of ${report.rounds} rounds`,
    `${'  ms'.padEnd(36)}      p50      p95      p99`,
    line('holds alone', report.alone),
    line('holds, searches beside', report.beside),
    line('searches, over the socket', report.searches),
    `  holds' p95 with searches ÷ without: ${report.ratioP95.toFixed(2)} (mark: at most 1.2)`,
  ].join('\n');
};
