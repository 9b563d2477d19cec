import { type FlightSort, flightSorts } from '../../../shared/flight.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { openScript } from '../../platform/redis/script.ts';
import type { FlightRow } from '../inventory/flight-rows.ts';
import { seatGateKey } from '../inventory/seat-gate.keys.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import { flightKey, generationKey, type Market, marketOf, searchKey, seenKey, wholeKey } from './projection.keys.ts';

/** A flight with its cabins, as Postgres or Redis has it. */
export interface FlightRecord {
  row: FlightRow;
  cabins: SeatTruth[];
}

/** What a search finds in Redis: ids with their scores, lowest first. */
export interface Ranked {
  id: string;
  score: number;
}

/** Nobody searches a market and day that was not touched for so long; then it leaves Redis. */
const lifeMs = 3_600_000;
/** A write that was lost with its process is healed by reading the market again, at the latest after this. */
const wholeMs = 900_000;

/** The flights and searches in Redis. Every call rejects while Redis is away. */
export interface RedisProjection {
  /** Takes what is newer of each. A record without row tells cabins only. */
  put(records: { row?: FlightRow; cabins: SeatTruth[] }[]): Promise<void>;
  /** `markets`: where they may stand besides those that are known here. */
  drop(flightIds: string[], markets: Market[]): Promise<void>;
  isAway(): boolean;
  /** Undefined where the market is not whole: ask Postgres. */
  ranked(markets: Market[], sort: FlightSort): Promise<Ranked[] | undefined>;
  /** Flights as they are known here, seats by the gate's word where that is newer. Undefined: not here. */
  read(flightIds: string[]): Promise<(FlightRecord | undefined)[]>;
  /** Ids in any search of the market. */
  membersOf(market: Market): Promise<string[]>;
  /** To be asked before Postgres is read, and given to `declareWhole` afterwards. */
  generation(): Promise<string>;
  declareWhole(markets: Market[], generation: string): Promise<void>;
  /** Something may be missing or wrong: everything is read anew when it is searched. */
  doubtAll(): Promise<void>;
  doubt(markets: Market[]): Promise<void>;
}

export function openRedisProjection(options: {
  redis: RedisConnections;
  keys: Keyspace;
  epoch: number;
}): RedisProjection {
  const { redis, keys, epoch } = options;
  const { commands } = redis;
  const putFlight = openScript(redis, new URL('./put-flight-1.lua', import.meta.url));
  const rankFlight = openScript(redis, new URL('./rank-flight-4.lua', import.meta.url));

  const rank = async (market: Market, id: string, seq: string, scores: number[]): Promise<void> => {
    const sets = flightSorts.map((sort) => searchKey(keys, market, sort));
    await rankFlight([...sets, seenKey(keys, market)], [id, seq, lifeMs, ...scores]);
  };

  const putOne = async ({ row, cabins }: { row?: FlightRow; cabins: SeatTruth[] }): Promise<void> => {
    const id = row?.id ?? (cabins[0] as SeatTruth).flightId;
    const market = row ? marketOf(row.origin, row.destination, row.departsAt.slice(0, 10)) : '';
    const reply = (await putFlight(
      [flightKey(keys, id)],
      [
        epoch,
        lifeMs,
        row?.version ?? 0,
        row ? JSON.stringify(row) : '',
        market,
        ...cabins.map((each) => JSON.stringify(each)),
      ],
    )) as [seq: string, row: string, market: Market, cheapest: string, before: Market] | null;
    if (!reply) return;
    const [seq, text, now, cheapest, before] = reply;
    const known = JSON.parse(text) as FlightRow;
    if (before !== now) await rank(before, id, seq, []);
    const isOffered = known.state === 'open' && Number(cheapest) >= 0;
    const scores = [Number(cheapest), known.arrivesAtMs - known.departsAtMs, known.departsAtMs];
    await rank(now, id, seq, isOffered ? scores : []);
  };

  const dropOne = async (id: string, markets: Market[]): Promise<void> => {
    const key = flightKey(keys, id);
    const market = await commands.hget(key, 'market');
    await commands.del(key);
    const places = new Set(market ? [...markets, market] : markets);
    const sets = [...places].flatMap((each) => flightSorts.map((sort) => searchKey(keys, each, sort)));
    await Promise.all(sets.map((set) => commands.zrem(set, id)));
  };

  const wholeMark = (generation: string): string => `${epoch}:${generation}`;
  const readGeneration = async (): Promise<string> => (await commands.get(generationKey(keys))) ?? '0';

  /** The gate's count, where it has heard of the same cabin since. */
  const withGate = async (truth: SeatTruth): Promise<SeatTruth> => {
    const [gateEpoch, version, free] = await commands.hmget(
      seatGateKey(keys, truth.cabinId),
      'epoch',
      'version',
      'truth',
    );
    if (Number(gateEpoch) !== epoch || !(Number(version) > truth.version)) return truth;
    // What is free is all that the gate knows; which part of the rest is sold matters to nobody here.
    const taken = Math.max(0, truth.targetCapacity - Number(free));
    return {
      ...truth,
      held: Math.max(0, taken - truth.sold),
      sold: Math.min(truth.sold, taken),
      version: Number(version),
    };
  };

  const readOne = async (id: string): Promise<FlightRecord | undefined> => {
    const {
      epoch: knownEpoch,
      row,
      version: _,
      market: __,
      seq: ___,
      ...cabins
    } = await commands.hgetall(flightKey(keys, id));
    if (!row || Number(knownEpoch) !== epoch) return undefined;
    const truths = Object.values(cabins).map((text) => JSON.parse(text) as SeatTruth);
    return { row: JSON.parse(row) as FlightRow, cabins: await Promise.all(truths.map(withGate)) };
  };

  return {
    // Calls of one turn of the event loop travel together, to whichever node of a cluster has the key.
    put: async (records) => {
      await Promise.all(records.map(putOne));
    },
    drop: async (ids, markets) => {
      await Promise.all(ids.map((id) => dropOne(id, markets)));
    },
    isAway: () => commands.status !== 'ready',
    ranked: async (markets, sort) => {
      const [generation, marks, sets] = await Promise.all([
        readGeneration(),
        Promise.all(markets.map((market) => commands.get(wholeKey(keys, market)))),
        Promise.all(markets.map((market) => commands.zrange(searchKey(keys, market, sort), '0', '-1', 'WITHSCORES'))),
      ]);
      if (marks.some((mark) => mark !== wholeMark(generation))) return undefined;
      return sets
        .flatMap((flat) =>
          Array.from({ length: flat.length / 2 }, (_, at) => ({
            id: flat[2 * at] as string,
            score: Number(flat[2 * at + 1]),
          })),
        )
        .sort((a, b) => a.score - b.score);
    },
    read: (ids) => Promise.all(ids.map(readOne)),
    membersOf: (market) => commands.zrange(searchKey(keys, market, 'departure'), '0', '-1'),
    generation: readGeneration,
    declareWhole: async (markets, generation) => {
      const mark = wholeMark(generation);
      await Promise.all(markets.map((market) => commands.set(wholeKey(keys, market), mark, 'PX', wholeMs)));
    },
    doubtAll: async () => {
      await commands.incr(generationKey(keys));
    },
    doubt: async (markets) => {
      await Promise.all(markets.map((market) => commands.del(wholeKey(keys, market))));
    },
  };
}
