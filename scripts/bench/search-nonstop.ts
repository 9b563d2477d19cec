import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { flightViewOf } from '../../server/domain/inventory/flight-rows.ts';
import { findFlights } from '../../server/domain/search/find-flights.ts';
import type { FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import { wallAt } from '../../server/domain/timetable/flight-view.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { cabinClasses, type FlightView } from '../../shared/flight.ts';
import type { PartOutcome, SearchSetting } from './search-part.ts';
import { timetableOf } from './search-questions.ts';
import { randomOf, type World } from './search-world.ts';
import { ratioOf, ratioText, timeInTurn, timesHead, timesLine } from './times-of.ts';

/** The cheapest flights of one market and local date. */
interface Question {
  origin: string;
  destination: string;
  date: string;
}

const top = 20;

/**
 * The cheapest 20 nonstop flights with prices and seats: `search.flights` from the timetable in memory, and Redis by the
 * book: a sorted set a market and date, a hash a flight, read in one pipeline. Both make the views that a client gets.
 */
export async function benchNonstop({
  world: drawn,
  queries,
  timed,
  closing,
  say,
}: SearchSetting): Promise<PartOutcome> {
  const world = drawn();
  const questions = drawNonstop(world, Math.max(queries, timed));
  const redis = await openRedis(closing, say);
  say('filling Redis');
  const loaded = await fillRedis(redis, world, questions);
  const { writer } = timetableOf(world);
  const inRedis = (question: Question) => askRedis(redis, question);
  const nowMs = nowOf(world);
  const inMemory = ({ origin, destination, date }: Question): FlightView[] =>
    findFlights(
      { live: writer, clock: { now: () => nowMs } },
      [origin],
      [destination],
      { date, cabin: undefined, seats: 1, sort: 'price' },
      undefined,
      top,
    ).flights;
  const differ: string[] = [];
  let found = 0;
  for (const question of questions.slice(0, queries)) {
    const [theirs, ours] = [await inRedis(question), inMemory(question)];
    found += ours.length;
    if (JSON.stringify(theirs) !== JSON.stringify(ours))
      differ.push(`${JSON.stringify(question)}: ${ours.length} against ${theirs.length}`);
  }
  say('timing nonstop flights');
  const times = await timeInTurn(questions.slice(0, timed), { redis: inRedis, engine: inMemory });
  const ratio = ratioOf(times.redis, times.engine);
  const text = [
    `answers compared: ${queries}, ${found} flights, differ: ${differ.length}; in Redis: the ${loaded} flights of the questions' markets and dates`,
    ...differ.slice(0, 10),
    timesHead(`the cheapest ${top} nonstop, ms`),
    timesLine('Redis, ZRANGE and pipelined HGETALL', times.redis),
    timesLine('engine, in memory', times.engine),
    `  Redis ÷ engine: ${ratioText(ratio)}`,
  ].join('\n');
  return { text, report: { compared: queries, found, differ, loaded, ...times, ratio }, ok: differ.length === 0 };
}

/** Before all of its flights, so that none has departed. */
const nowOf = (world: World): number => (world.firstDay - 1) * 86_400_000;

/** Markets and dates as often as they have flights. */
function drawNonstop({ flights }: World, count: number): Question[] {
  const random = randomOf(13);
  return Array.from({ length: count }, () => {
    const flight = flights[Math.floor(random() * flights.length)] as FlightRecord;
    return { origin: flight.origin, destination: flight.destination, date: dateOf(flight) };
  });
}

const dateOf = (flight: FlightRecord): string => wallAt(flight.departs, flight.departsOffset).slice(0, 10);

async function openRedis(closing: Closing, say: (line: string) => void): Promise<Redis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-search-'));
  closing.push('data directory', () => rm(dataDir, { recursive: true, force: true }));
  say('starting Redis');
  const engine = await startEmbeddedRedis({ dataDir, durable: false });
  closing.push('redis', engine.stop);
  const redis = new Redis(engine.url);
  closing.push('redis client', async () => redis.disconnect());
  return redis;
}

const searchKey = ({ origin, destination, date }: Question): string => `search:${origin}:${destination}:${date}:price`;

/** Redis orders equal scores by their members: the departure in front makes that our order. */
const memberOf = (flight: FlightRecord): string => `${flight.departs}:${flight.id}`;
const flightKey = (member: string): string => `flight:${member.slice(member.indexOf(':') + 1)}`;

/** Writes what the questions ask for, which is in Redis' favour. Answers how many flights that were. */
async function fillRedis(redis: Redis, world: World, questions: Question[]): Promise<number> {
  const wanted = new Set(questions.map(searchKey));
  const nowMs = nowOf(world);
  let pipeline = redis.pipeline();
  let loaded = 0;
  for (const flight of world.flights) {
    const key = searchKey({ ...flight, date: dateOf(flight) });
    const prices = flight.cabins.filter(({ available }) => available > 0).map(({ price }) => price);
    if (!wanted.has(key) || prices.length === 0) continue;
    const { cabins, ...bare } = viewOf(flight, nowMs);
    const fields = [...cabins.map((each) => [each.cabin, JSON.stringify(each)]), ['flight', JSON.stringify(bare)]];
    const member = memberOf(flight);
    pipeline.zadd(key, Math.min(...prices), member).hset(flightKey(member), Object.fromEntries(fields));
    if (++loaded % 1_000 > 0) continue;
    await pipeline.exec();
    pipeline = redis.pipeline();
  }
  await pipeline.exec();
  return loaded;
}

/** As the record's rows make it, not the timetable. */
const viewOf = (flight: FlightRecord, nowMs: number): FlightView =>
  flightViewOf(
    {
      ...flight,
      state: 'open',
      departsAt: wallAt(flight.departs, flight.departsOffset),
      arrivesAt: wallAt(flight.departs + flight.minutes, flight.arrivesOffset),
      departsAtMs: flight.departs * 60_000,
      arrivesAtMs: (flight.departs + flight.minutes) * 60_000,
    },
    flight.cabins.map((each, cabinId) => ({
      ...each,
      cabinId,
      flightId: flight.id,
      state: 'open',
      targetCapacity: each.capacity,
      held: each.capacity - each.available,
      sold: 0,
      priceAmount: each.price,
      priceCurrency: each.currency,
    })),
    nowMs,
  );

async function askRedis(redis: Redis, question: Question): Promise<FlightView[]> {
  const members = await redis.zrange(searchKey(question), '0', String(top - 1));
  const pipeline = redis.pipeline();
  for (const member of members) pipeline.hgetall(flightKey(member));
  const hashes = (await pipeline.exec()) ?? [];
  return hashes.map(([error, hash]): FlightView => {
    if (error) throw error;
    const fields = hash as Record<string, string>;
    const bare = JSON.parse(fields.flight as string) as Omit<FlightView, 'cabins'>;
    const cabins = cabinClasses.flatMap((cabin) => (fields[cabin] ? [JSON.parse(fields[cabin])] : []));
    return { ...bare, cabins };
  });
}
