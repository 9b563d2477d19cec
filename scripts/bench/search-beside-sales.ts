import { median } from './bench-report.ts';
import { guests } from './open-host.ts';
import type { Stage } from './open-stage.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { itineraryQuestions } from './serve-world.ts';
import type { CallPlan, CallResult, FromCalls } from './timed-calls.ts';

/** What holds take with and without searches beside them; medians over the rounds. */
interface BesideSales {
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

const sockets = 16;
const holdsPerSecond = 300;
const searchesPerSecond = 100;
const seconds = 5;
const patienceMs = 60_000;
const questions = 500;

/**
 * Holds at a steady pace at a real server, with and without searches for journeys at the same one, over sockets, in turn.
 */
export async function benchBesideSales({ rounds, say, served }: SearchSetting): Promise<PartOutcome> {
  const { stage, database, url, world, flights } = await served();
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
    inputs: itineraryQuestions(world, questions).map(({ input }) => input),
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
  const report: BesideSales = {
    flights,
    rounds,
    holdsPerSecond,
    searchesPerSecond,
    alone,
    beside,
    searches: middle(taken.searches),
    ratioP95: beside.p95Ms / alone.p95Ms,
  };
  return { text: besideSalesText(report), report, ok: report.searches.refused === 0 };
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

const besideSalesText = (report: BesideSales): string => {
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
