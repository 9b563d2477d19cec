import type { Pool } from 'pg';
import type { SearchFlightsInput } from '../../../shared/flight.ts';
import { type Feed, type FeedEntry, PositionLost } from '../../platform/feed/feed.ts';
import type { LogRecord } from '../../platform/feed/log-record.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import type { Lease } from '../../platform/redis/lease.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { flightViewOf, readFlights } from '../inventory/flight-rows.ts';
import { availableOf, type SeatTruth } from '../inventory/seat-truth.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import type { Found, ProjectedSearch } from './projected-search.ts';
import { type Market, marketOf } from './projection.keys.ts';
import type { FlightRecord, RedisProjection } from './redis-projection.ts';

/** From so many pairs of airports on, Postgres is asked: one statement instead of a hundred commands. */
const marketsMax = 16;
/**
 * Cabins that wait are told once a second, each with its newest truth, those of at most so many flights: what is left
 * to sell comes from the gate anyway, so a sale in a storm costs Redis nothing more here.
 */
const tellEveryMs = 1_000;
const toldMax = 500;
const waitingMax = 20_000;
/** Flights that are written at once. */
const pageSize = 100;
/** At the start so many days are read beforehand; others when they are searched. */
const rebuildDays = 3;
const rebuildLeaseMs = 60_000;

const isOfFlights = (type: string): boolean => type.startsWith('flight') || type === 'timetable.imported';

interface Options {
  redis: RedisProjection;
  pool: Pool;
  clock: Clock;
  report: ErrorReporter;
}

/**
 * Flights and their searches in Redis, for processes without a timetable or while it is being read. Postgres is the
 * truth; a market and day that is not whole here is answered by Postgres and read in for the next one.
 *
 * - State: cabins that this process changed are told once a second, the newest of each.
 * - Log: flights that were made, edited or taken away are read again. Every process does it; the same twice is once.
 * - Whatever could not be written, or may have been missed, makes everything doubtful: nothing is whole any more until
 *   it has been read again. What dies with its process is healed when the mark ends, within a quarter of an hour.
 */
export class FlightProjection implements ProjectedSearch {
  readonly #options: Options;
  readonly #stopping = new AbortController();
  #waiting = new Map<number, SeatTruth>();
  #telling: Promise<void> | undefined;
  /** Something was lost; Redis must be told before anything is believed. */
  #isDoubtful = false;
  #following: Promise<void> = Promise.resolve();
  readonly #filling = new Map<string, Promise<void>>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Follows the log, and reads the next days in, if nobody else does. */
  async start(feed: Feed, record: LogRecord, lease: Lease): Promise<void> {
    const from = await record.newestPosition();
    this.#following = Promise.all([
      this.#follow(feed, record, from),
      lease('flight projection', rebuildLeaseMs, () => this.#rebuild()).catch((error) => this.#lost(error)),
    ]).then(() => undefined);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#telling, this.#following, ...this.#filling.values()]);
  }

  /** Never fails, and nobody waits for Redis. */
  offer(truths: SeatTruth[]): void {
    for (const truth of truths) {
      const known = this.#waiting.get(truth.cabinId);
      if (!known || known.version <= truth.version) this.#waiting.set(truth.cabinId, truth);
    }
    if (this.#waiting.size > waitingMax) {
      this.#waiting.clear();
      this.#isDoubtful = true;
    }
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
  }

  async #tell(): Promise<void> {
    const { clock, redis } = this.#options;
    while (this.#waiting.size > 0 || this.#isDoubtful) {
      await clock.sleep(tellEveryMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#settleDoubt();
        const flights = Map.groupBy(this.#waiting.values(), (truth) => truth.flightId);
        const told = [...flights.values()].slice(0, toldMax);
        for (const { cabinId } of told.flat()) this.#waiting.delete(cabinId);
        for (const page of pagesOf(told)) await redis.put(page.map((cabins) => ({ cabins })));
      } catch (error) {
        this.#lost(error);
      }
    }
  }

  async #settleDoubt(): Promise<void> {
    if (!this.#isDoubtful) return;
    await this.#options.redis.doubtAll();
    this.#isDoubtful = false;
  }

  /** That Redis is away is no news; anything else is. */
  #lost(error: unknown): void {
    this.#isDoubtful = true;
    if (!this.#options.redis.isAway() && !(error instanceof PositionLost)) this.#options.report(error as Error);
    if (!this.#stopping.signal.aborted) this.offer([]);
  }

  async search(
    origins: string[],
    destinations: string[],
    input: Pick<SearchFlightsInput, 'date' | 'cabin' | 'seats' | 'sort'>,
    after: readonly [number, number, string] | undefined,
    limit: number,
  ): Promise<Found[] | undefined> {
    const markets = origins.flatMap((from) => destinations.map((to) => marketOf(from, to, input.date)));
    if (markets.length > marketsMax) return undefined;
    try {
      // What this process could not write, nobody may believe.
      if (this.#isDoubtful) return undefined;
      return await this.#find(markets, input, after, limit);
    } catch (error) {
      if (!this.#options.redis.isAway()) this.#options.report(error as Error);
      return undefined;
    }
  }

  async #find(
    markets: Market[],
    { cabin, seats, sort }: Pick<SearchFlightsInput, 'cabin' | 'seats' | 'sort'>,
    after: readonly [number, number, string] | undefined,
    limit: number,
  ): Promise<Found[] | undefined> {
    const { redis, clock } = this.#options;
    const ranked = await redis.ranked(markets, sort);
    if (!ranked) {
      this.fill(markets).catch((error) => this.#lost(error));
      return undefined;
    }
    const found: Found[] = [];
    for (let from = 0; from < ranked.length; from += limit) {
      // A score is the least that a party can pay, so whoever is beyond it comes later.
      const least = (ranked[from] as { score: number }).score;
      if (found.filter(({ place }) => place[0] < least).length >= limit) break;
      const records = await redis.read(ranked.slice(from, from + limit).map(({ id }) => id));
      if (records.includes(undefined)) {
        await redis.doubt(markets);
        return undefined;
      }
      for (const { row, cabins } of records as FlightRecord[]) {
        const isHere = markets.includes(marketOf(row.origin, row.destination, row.departsAt.slice(0, 10)));
        const prices = cabins
          .filter((each) => (!cabin || each.cabin === cabin) && availableOf(each) >= seats)
          .map((each) => each.priceAmount);
        if (!isHere || row.state !== 'open' || prices.length === 0) continue;
        const duration = row.arrivesAtMs - row.departsAtMs;
        const key = sort === 'price' ? Math.min(...prices) : sort === 'fastest' ? duration : row.departsAtMs;
        const place: Found['place'] = [key, row.departsAtMs, row.id];
        if (after && order(place, after) <= 0) continue;
        found.push({ flight: flightViewOf(row, cabins, clock.now()), place });
      }
    }
    return found.sort((a, b) => order(a.place, b.place)).slice(0, limit);
  }

  /** Reads markets from Postgres; the same one once at a time. */
  async fill(markets: Market[]): Promise<void> {
    const name = markets.join();
    const running = this.#filling.get(name);
    if (running) return running;
    const filling = this.#fill(markets).finally(() => this.#filling.delete(name));
    this.#filling.set(name, filling);
    return filling;
  }

  async #fill(markets: Market[]): Promise<void> {
    const { redis, pool } = this.#options;
    await this.#settleDoubt();
    const generation = await redis.generation();
    const { rows } = await pool.query<{ id: string }>(
      `select f.id from unnest($1::text[]) m (market)
       join flight f on f.origin = split_part(m.market, ':', 1) and f.destination = split_part(m.market, ':', 2)
         and f.departure_date = split_part(m.market, ':', 3)`,
      [markets],
    );
    const members = (await Promise.all(markets.map((market) => redis.membersOf(market)))).flat();
    const ids = [...new Set([...rows.map((row) => row.id), ...members])];
    await this.#read(ids, markets);
    await redis.declareWhole(markets, generation);
  }

  /**
   * Brings flights here as Postgres has them, and takes away those that it has no more. It is asked for those again
   * afterwards: one that was taken away meanwhile must not come back by an older reading.
   */
  async #read(ids: string[], markets: Market[] = []): Promise<void> {
    const { redis, pool } = this.#options;
    for (const page of pagesOf(ids)) {
      const records = await readFlights(pool, page);
      await redis.put([...records.values()]);
      const { rows } = await pool.query<{ id: string }>('select id from flight where id = any($1::uuid[])', [page]);
      const there = new Set(rows.map((row) => row.id));
      await redis.drop(
        page.filter((id) => !there.has(id)),
        markets,
      );
    }
  }

  /** The next days, day by day. */
  async #rebuild(): Promise<void> {
    const { pool, clock } = this.#options;
    const today = dayOfDate(isoNow(clock).slice(0, 10));
    for (let day = 0; day < rebuildDays && !this.#stopping.signal.aborted; day++) {
      const { rows } = await pool.query<{ origin: string; destination: string; date: string }>(
        'select distinct origin, destination, departure_date as date from flight where departure_date = $1',
        [dateOfDay(today + day)],
      );
      const markets = rows.map((row) => marketOf(row.origin, row.destination, row.date));
      for (const page of pagesOf(markets)) {
        if (this.#stopping.signal.aborted) return;
        await this.#fill(page);
      }
    }
  }

  async #follow(feed: Feed, record: LogRecord, from: string): Promise<void> {
    const { signal } = this.#stopping;
    let position = from;
    while (!signal.aborted) {
      try {
        for await (const entry of feed.followRare(position, signal)) {
          if (isOfFlights(entry.type)) await this.#hear(entry);
        }
      } catch (error) {
        if (signal.aborted) return;
        position = await whenAvailable(this.#options.clock, signal, () => record.newestPosition());
        this.#lost(error);
      }
    }
  }

  async #hear({ subject, data }: FeedEntry): Promise<void> {
    const ids = subject ? [subject] : ((data.ids ?? []) as string[]);
    try {
      // An import that names nobody may have changed anything.
      if (ids.length === 0) await this.#options.redis.doubtAll();
      else await this.#read(ids);
    } catch (error) {
      this.#lost(error);
    }
  }
}

function* pagesOf<T>(items: T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += pageSize) yield items.slice(from, from + pageSize);
}

function order(a: readonly [number, number, string], b: readonly [number, number, string]): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0);
}
