import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { Complaint } from '../command-line.ts';

/** Flights of some days, as planners of public transport take them. Their seconds begin at `from`, a minute of UTC. */
export interface PlannerFeed {
  from: number;
  flights: FlightRecord[];
}

/** Minutes of UTC. */
export interface Arrival {
  leaves: number;
  arrives: number;
}

/** A public planner that holds a feed. */
export interface Planner {
  name: string;
  version: string;
  /** The earliest arrival with at most two changes, of whoever is at the origin at that minute. */
  earliest(origin: string, destination: string, from: number): Arrival | undefined;
  /** Journeys for each departure of the 24 hours from then on: how many, however often they change. */
  wholeDay?(origin: string, destination: string, from: number): number;
}

const packages = { 'raptor-journey-planner': '2.2.3', minotor: '1.0.7' };
const installMs = 180_000;
/** Both are told the same for all airports, and our engine with them. */
export const changeMinutes = 60;
const changesMax = 2;

/**
 * Both planners, from npm's registry into a temporary directory.
 *
 * @throws Complaint when they cannot be had.
 */
export async function installPlanners(closing: Closing): Promise<((feed: PlannerFeed) => Planner)[]> {
  const dir = await mkdtemp(join(tmpdir(), 'airside-peers-'));
  closing.push('peers', () => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'package.json'), '{ "private": true }');
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  try {
    await promisify(execFile)('npm', ['install', '--prefix', dir, ...quiet, ...patience, ...wanted], {
      cwd: dir,
      timeout: installMs,
    });
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    const reason = /npm error (?:code )?(E[A-Z_]+)/.exec(stderr)?.[1] ?? code ?? 'no answer';
    throw new Complaint(`the peers need npm's registry, and npm could not install ${wanted.join(' and ')} (${reason})`);
  }
  const load = (file: string) => import(pathToFileURL(join(dir, 'node_modules', file)).href);
  const raptor = (await load('raptor-journey-planner/dist/src/index.js')) as RaptorPackage;
  const minotor = (await load('minotor/dist/router.esm.js')) as MinotorPackage;
  return [(feed) => openRaptor(raptor, feed), (feed) => openMinotor(minotor, feed)];
}

// ---- raptor-journey-planner ------------------------------------------------------------------------------------------

interface RaptorStopTime {
  stop: string;
  arrivalTime: number;
  departureTime: number;
  pickUp: boolean;
  dropOff: boolean;
}
interface RaptorJourney {
  legs: unknown[];
  departureTime: number;
  arrivalTime: number;
}
interface RaptorQuery {
  plan(origin: string, destination: string, date: Date, time: number, endTime?: number): RaptorJourney[];
}
interface RaptorPackage {
  RaptorAlgorithmFactory: {
    create(trips: object[], transfers: object, interchange: Record<string, number>): object;
  };
  JourneyFactory: new () => object;
  DepartAfterQuery: new (raptor: object, results: object, daysMax: number) => RaptorQuery;
  RangeQuery: new (raptor: object, results: object, daysMax: number) => RaptorQuery;
}

function openRaptor(raptor: RaptorPackage, { from: base, flights }: PlannerFeed): Planner {
  const seconds = (minute: number) => (minute - base) * 60;
  // All of it is one service of one day, with times beyond midnight.
  const service = { runsOn: () => true };
  const trips = flights.map((flight) => {
    const at = (stop: string, minute: number): RaptorStopTime => ({
      stop,
      arrivalTime: seconds(minute),
      departureTime: seconds(minute),
      pickUp: true,
      dropOff: true,
    });
    const stopTimes = [at(flight.origin, flight.departs), at(flight.destination, flight.departs + flight.minutes)];
    return { tripId: flight.id, serviceId: 'all', service, stopTimes };
  });
  const airports = new Set(flights.flatMap(({ origin, destination }) => [origin, destination]));
  const interchange = Object.fromEntries([...airports].map((code) => [code, changeMinutes * 60]));
  const algorithm = raptor.RaptorAlgorithmFactory.create(trips, {}, interchange);
  const factory = new raptor.JourneyFactory();
  const once = new raptor.DepartAfterQuery(algorithm, factory, 1);
  const range = new raptor.RangeQuery(algorithm, factory, 1);
  return {
    name: 'raptor-journey-planner',
    version: packages['raptor-journey-planner'],
    earliest: (origin, destination, from) => {
      let best: RaptorJourney | undefined;
      for (const journey of once.plan(origin, destination, new Date(0), seconds(from)))
        if (journey.legs.length <= changesMax + 1 && !(best && best.arrivalTime <= journey.arrivalTime)) best = journey;
      return best && { leaves: base + best.departureTime / 60, arrives: base + best.arrivalTime / 60 };
    },
    wholeDay: (origin, destination, from) =>
      range.plan(origin, destination, new Date(0), seconds(from), seconds(from + 1_440)).length,
  };
}

// ---- minotor ---------------------------------------------------------------------------------------------------------

interface MinotorTime {
  toSeconds(): number;
}
interface MinotorQueryBuilder {
  from(stop: string): MinotorQueryBuilder;
  to(stop: string): MinotorQueryBuilder;
  departureTime(time: MinotorTime): MinotorQueryBuilder;
  maxTransfers(count: number): MinotorQueryBuilder;
  build(): object;
}
interface MinotorPackage {
  Time: { fromSeconds(seconds: number): MinotorTime };
  Timetable: new (stops: Map<string, object>, routes: Map<string, object>, services: Map<string, object>) => object;
  StopsIndex: new (stops: Map<string, object>) => object;
  Router: new (
    timetable: object,
    stops: object,
  ) => {
    route(query: object): {
      bestRoute(): { departureTime(): MinotorTime; arrivalTime(): MinotorTime } | undefined;
    };
  };
  Query: { Builder: new () => MinotorQueryBuilder };
}

function openMinotor(minotor: MinotorPackage, { from: base, flights }: PlannerFeed): Planner {
  const time = (minute: number) => minotor.Time.fromSeconds((minute - base) * 60);
  const stops = new Map<string, { transfers: never[]; routes: string[] }>();
  const stopAt = (code: string) => {
    const stop = stops.get(code) ?? { transfers: [], routes: [] };
    stops.set(code, stop);
    return stop;
  };
  const usual = { pickUpType: 'REGULAR', dropOffType: 'REGULAR' };
  // On a route nobody overtakes: flights of a market that take equally long.
  const routes = new Map<string, object>();
  const alike = Map.groupBy(flights, ({ origin, destination, minutes }) => `${origin} ${destination} ${minutes}`);
  for (const [name, trips] of alike) {
    const { origin, destination } = trips[0] as FlightRecord;
    routes.set(name, {
      stops: [origin, destination],
      stopIndices: new Map([
        [origin, 0],
        [destination, 1],
      ]),
      serviceRouteId: 'flights',
      // It knows no time for changing where one stays: whoever arrives is told to be there that much later.
      stopTimes: trips
        .sort((a, b) => a.departs - b.departs)
        .flatMap(({ departs, minutes }) => [
          { arrival: time(departs), departure: time(departs), ...usual },
          { arrival: time(departs + minutes + changeMinutes), departure: time(departs + minutes), ...usual },
        ]),
    });
    stopAt(origin).routes.push(name);
    stopAt(destination).routes.push(name);
  }
  const services = new Map([['flights', { type: 'RAIL', name: 'flights' }]]);
  const places = [...stops.keys()].map((id) => [id, { id, name: id, children: [], locationType: 'STATION' }] as const);
  const router = new minotor.Router(
    new minotor.Timetable(stops, routes, services),
    new minotor.StopsIndex(new Map(places)),
  );
  return {
    name: 'minotor',
    version: packages.minotor,
    earliest: (origin, destination, from) => {
      const query = new minotor.Query.Builder().from(origin).to(destination).departureTime(time(from));
      const route = router.route(query.maxTransfers(changesMax).build()).bestRoute();
      return (
        route && {
          leaves: base + route.departureTime().toSeconds() / 60,
          arrives: base + route.arrivalTime().toSeconds() / 60 - changeMinutes,
        }
      );
    },
  };
}
