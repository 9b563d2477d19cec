import { buildConnectionTable } from '../../server/domain/connections/minimum-connection.ts';
import { answerSearch } from '../../server/domain/search/answer-search.ts';
import { connectionTimes } from '../../server/domain/search/connection-times.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import type { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';
import { type Arrival, changeMinutes, installPlanners, type Planner, type PlannerFeed } from './peer-planners.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { type Asked, drawQuestions, questionOf, taskOf, timetableOf } from './search-questions.ts';
import type { World } from './search-world.ts';
import { type Answering, type Times, timeInTurn, timesHead, timesLine } from './times-of.ts';

/** A planner takes some tenths of a second for a question, and for a whole day seconds. */
const timedMax = 50;
const wholeDaysMax = 5;
/** Of a feed; minotor compares times as texts with two digits of hours, so that a journey must end before hour 100. */
const feedMinutes = 72 * 60;
/** The clocks of an airport are at most so far ahead of UTC. */
const aheadMinutes = 14 * 60;

const limitsOfPeers = [
  'What they solve: the earliest arrival from a minute on, with few changes, whatever it costs; one answer for each number of',
  'changes. They know no prices, seats, cabins and parties, nothing of what is sold meanwhile (a feed is read anew), no',
  'bound on how long a connection lasts, no least time for it by terminal, carrier or country (one an airport; minotor none',
  'where one stays: it was fed later arrivals), no windows of departure or arrival, no front over price, time and stops, no',
  'cheapest journey. Flights without a seat were left out for them.',
  'The engine answers all journeys of the day that are worth showing, with price and seats. They have flights of 72',
  'hours, not the week, and the engine has the same here: minotor is made for one day, raptor goes through all trips of a',
  'pair of airports one by one.',
];

/** Two public planners on the same flights, as far as they can. */
export async function benchPeers({ world: drawn, timed, closing, say }: SearchSetting): Promise<PartOutcome> {
  say('installing the peers');
  const planners = await installPlanners(closing);
  const world = drawn();
  const day = world.firstDay + Math.min(2, world.days - 1);
  const feed = feedOf(world, day);
  const { writer, times } = timetableOf({ ...world, flights: feed.flights });
  say(`loading ${feed.flights.length} flights into them`);
  const peers = planners.map((open) => {
    const startedAt = performance.now();
    const planner = open({ ...feed, flights: [...feed.flights] });
    return { planner, loadMs: performance.now() - startedAt };
  });
  const places = new Set(feed.flights.flatMap(({ origin, destination }) => [origin, destination]));
  const questions = drawQuestions(world, 16 * Math.min(timed, timedMax), 29, true)
    .filter((asked) => asked.day === day && places.has(asked.origin) && places.has(asked.destination))
    .slice(0, Math.min(timed, timedMax));
  say('comparing earliest arrivals');
  const ours = earliestOf(writer, questions);
  const compared = peers.map(({ planner }) => compare(planner, questions, ours));
  say('timing the peers');
  const ways: Record<string, Answering<Asked>> = {
    engine: (asked) => answerSearch(writer.timetable, times, taskOf(writer, asked, 2)),
  };
  const wholeDays: Record<string, Answering<Asked>> = {};
  for (const { name, earliest, wholeDay } of peers.map(({ planner }) => planner)) {
    ways[name] = (asked) => earliest(asked.origin, asked.destination, midnightOf(asked));
    if (wholeDay) wholeDays[name] = (asked) => wholeDay(asked.origin, asked.destination, midnightOf(asked));
  }
  const earliest = await timeInTurn(questions, ways);
  const wholeDay = await timeInTurn(questions.slice(0, wholeDaysMax), wholeDays);
  const report: PeersReport = {
    flights: feed.flights.length,
    questions: questions.length,
    engine: earliest.engine as Times,
    peers: peers.map(({ planner: { name, version }, loadMs }, place) => ({
      name,
      version,
      loadMs,
      compared: compared[place] as Compared,
      earliest: earliest[name] as Times,
      wholeDay: wholeDay[name],
    })),
  };
  return { text: peersText(report), report, ok: compared.every(({ earlier }) => earlier === 0) };
}

interface PeersReport {
  flights: number;
  questions: number;
  engine: Times;
  peers: {
    name: string;
    version: string;
    loadMs: number;
    compared: Compared;
    earliest: Times;
    wholeDay: Times | undefined;
  }[];
}

const peersText = ({ flights, questions, engine, peers }: PeersReport): string =>
  [
    `${flights} flights with a seat, of 72 hours around one day`,
    ...peers.map(
      ({ name, version, loadMs, compared: { same, laterDay, later, earlier } }) =>
        `${name} ${version}: loaded in ${(loadMs / 1_000).toFixed(1)} s; earliest arrivals: ${same} as ours, ${laterDay} where theirs leaves after the day, ${later} later than ours, ${earlier} earlier`,
    ),
    timesHead(`${questions} questions (whole days: ${Math.min(wholeDaysMax, questions)}), ms`),
    ...peers.flatMap(({ name, earliest, wholeDay }) => [
      timesLine(`${name}, earliest arrival`, earliest),
      ...(wholeDay ? [timesLine(`${name}, whole day`, wholeDay)] : []),
    ]),
    timesLine('engine, whole day with prices', engine),
    ...limitsOfPeers,
  ].join('\n');

/** Flights with a seat in the first cabin that depart around a local day. */
function feedOf(world: World, day: number): PlannerFeed {
  const from = day * 1_440 - aheadMinutes;
  const flights = world.flights.filter(
    ({ departs, cabins }) => departs >= from && departs < from + feedMinutes && (cabins[0]?.available ?? 0) > 0,
  );
  return { from, flights };
}

/** A question opens an hour before its day. */
const midnightOf = ({ opens }: Pick<Asked, 'opens'>): number => opens + 60;

/** By question the earliest arrival of all journeys that leave on the day, with connections as the planners have them. */
function earliestOf(writer: TimetableWriter, questions: Asked[]): (number | undefined)[] {
  const any = { arrivalTerminal: null, departureTerminal: null, arrivalCarrier: null, departureCarrier: null };
  const rule = { ...any, arrivalAirport: null, departureAirport: null, status: null, minutes: changeMinutes };
  const times = connectionTimes(writer.timetable, buildConnectionTable([rule]));
  return questions.map((asked) => {
    const question = questionOf(writer, asked, 2, { keep: 'all', detour: 0 });
    const bounds = { ...question.bounds, connectionMinutesMax: 1_440 };
    const front = findFront(writer.timetable, times, { ...question, bounds });
    let earliest: number | undefined;
    for (let entry = 0; entry < front.count; entry++) {
      const arrives = (front.departs[entry] as number) + (front.minutes[entry] as number);
      if (earliest === undefined || arrives < earliest) earliest = arrives;
    }
    return earliest;
  });
}

interface Compared {
  same: number;
  /** Nothing that leaves on the day arrives as early. */
  laterDay: number;
  later: number;
  earlier: number;
}

function compare(planner: Planner, questions: Asked[], ours: (number | undefined)[]): Compared {
  const compared: Compared = { same: 0, laterDay: 0, later: 0, earlier: 0 };
  for (const [place, asked] of questions.entries()) {
    const theirs = planner.earliest(asked.origin, asked.destination, midnightOf(asked));
    compared[verdict(asked, theirs, ours[place])]++;
  }
  return compared;
}

function verdict({ closes }: Asked, theirs: Arrival | undefined, ours: number | undefined): keyof Compared {
  if (theirs?.arrives === ours) return 'same';
  if (!theirs || (ours !== undefined && theirs.arrives > ours)) return 'later';
  // A day closes an hour after its end.
  return theirs.leaves >= closes - 60 ? 'laterDay' : 'earlier';
}
